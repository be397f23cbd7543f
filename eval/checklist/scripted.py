"""An OpenAI-compatible server on loopback that does what it is scripted to, one script a request: bad days of one.

For tests, and for probes that need a model behind HTTP; it is no model, and whatever rests on it has to say so.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

# Writes the answer to one request.
Script: TypeAlias = Callable[["Exchange"], None]


@dataclass
class Scripted:
    """The server's address, its scripts (the last one again and again), what it was asked, and who hung up on it."""

    url: str = ""
    scripts: list[Script] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    wrote: int = 0


@dataclass(frozen=True)
class Exchange:
    """One request while it is answered: its body, and ways to answer."""

    server: Scripted
    handler: BaseHTTPRequestHandler
    body: Mapping[str, Any]

    def refuse(self, status: int, **headers: str) -> None:
        """An error in OpenAI's shape."""
        body = json.dumps({"error": {"message": "a scripted refusal", "type": "server_error", "code": "x"}}).encode()
        self.handler.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def begin(self) -> None:
        """The head of a stream."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()

    def data(self, text: str) -> None:
        """A piece of the stream as it stands."""
        self.handler.wfile.write(f"data: {text}\n\n".encode())
        self.handler.wfile.flush()
        self.server.wrote += 1

    def say(self, text: str | None, finish: str | None = None) -> None:
        """A piece of the answer."""
        delta = {} if text is None else {"content": text}
        self.data(_chunk([{"index": 0, "delta": delta, "finish_reason": finish}]))

    def end(self, finish: str = "stop", usage: dict[str, int] | None = None) -> None:
        """The end of the stream, with what was counted if anything was."""
        self.say(None, finish)
        if usage:
            self.data(_chunk([], usage))
        self.data("[DONE]")


def saying(*pieces: str, finish: str = "stop", usage: dict[str, int] | None = None, pause: float = 0.0) -> Script:
    """Streams these pieces, with a pause before each, and ends."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        for piece in pieces:
            time.sleep(pause)
            exchange.say(piece)
        exchange.end(finish, usage)

    return script


def refusing(status: int, **headers: str) -> Script:
    """Answers with this status."""
    return lambda exchange: exchange.refuse(status, **headers)


def endless(exchange: Exchange) -> None:
    """Goes on until somebody hangs up, and notes that."""
    exchange.begin()
    try:
        for _ in range(100_000):
            exchange.say("word and ")
            time.sleep(0.0005)
    except OSError:
        exchange.server.hung_up.set()


@contextmanager
def scripted() -> Iterator[Scripted]:
    """The server, until the block ends."""
    server = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script = server.scripts[min(len(server.asked), len(server.scripts) - 1)]
            server.asked.append(body)
            try:
                script(Exchange(server, self, body))
            except OSError:
                server.hung_up.set()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_port}/v1"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _chunk(choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> str:
    head = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": choices}
    return json.dumps(head if usage is None else {**head, "usage": usage})
