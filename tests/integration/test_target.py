"""What is asked: the product in this process, and servers that answer otherwise than documented."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from eval.servers import free_port
from eval.target import Http, InProcess
from ingestion import pipeline
from service.core.answers import Caller
from service.core.app import App
from service.core.errors import CacheUnavailable, RateLimited, TargetUnavailable, UnknownSpace
from tests.corpus import QUESTION, WORDS, write_corpus


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """A server that gives every request the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str) -> object:
    with Http(url, "key") as service:
        return asyncio.run(service.ask("How long?"))


def test_an_answer_in_process_is_seen_whole(app: App, tmp_path: Path) -> None:
    """What a target shows of an answer has its text, its citations, the text of its hits, its times and its trace."""
    pipeline.run(app, [write_corpus(tmp_path / "public")], "public")
    seen = asyncio.run(InProcess(app).ask(QUESTION))
    assert WORDS in seen.text
    assert (seen.abstained, seen.reason_code, seen.cached) == (False, None, False)
    assert seen.citations[0].source == seen.hits[0].source == "public/warranty.md"
    assert WORDS in (seen.hits[0].text or "")
    assert seen.timings_ms["total"] > 0
    assert seen.trace_id
    assert {each.name for each in seen.controls} >= {"access", "abstention"}
    assert asyncio.run(InProcess(app).ask(QUESTION)).cached


def test_another_caller_is_asked_as(app: App, tmp_path: Path) -> None:
    """A target asks as whoever it is told to: a stranger to the tenant sees none of its spaces."""
    pipeline.run(app, [write_corpus(tmp_path / "public")], "public")
    stranger = Caller("elsewhere", "stranger")
    assert asyncio.run(InProcess(app).ask(QUESTION, caller=stranger)).reason_code == "no-documents"
    with pytest.raises(UnknownSpace):
        asyncio.run(InProcess(app).ask(QUESTION, ("public",), stranger))
    reader = InProcess(app).reader_of(("public",))
    assert asyncio.run(InProcess(app).ask(QUESTION, ("public",), reader)).citations


def test_a_problem_over_http_is_the_error_that_it_names() -> None:
    """A problem document becomes the error of its code, with what it says."""
    problem = {"code": "rate-limited", "detail": "Too many.", "remedy": "Wait."}
    with answering(429, json.dumps(problem)) as url, pytest.raises(RateLimited, match="Too many"):
        ask(url)


def test_an_error_that_asks_for_more_is_made_too() -> None:
    """The code decides, also where the error's constructor wants what a problem document does not say."""
    problem = {"code": "cache-unavailable", "detail": "Gone.", "remedy": "Wait."}
    with answering(503, json.dumps(problem)) as url, pytest.raises(CacheUnavailable, match="Gone"):
        ask(url)


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (200, "no JSON", "and no JSON"),
        (200, "[]", "status 200"),
        (200, "{}", "not as documented"),
        (200, '{"answer": 1, "timings_ms": {}}', "not as documented"),
        (500, '{"code": "made-up", "detail": "strange"}', "made-up"),
        (502, "<html>", "and no JSON"),
    ],
)
def test_what_is_no_answer_is_named(status: int, body: str, named: str) -> None:
    """A server that answers otherwise than documented is unavailable as a target; nothing is guessed."""
    with answering(status, body) as url, pytest.raises(TargetUnavailable, match=named):
        ask(url)


def test_a_server_that_is_not_there_is_named() -> None:
    """Where nothing listens, the error says where."""
    port = free_port()
    with pytest.raises(TargetUnavailable, match=str(port)):
        ask(f"http://127.0.0.1:{port}")


def test_no_caller_is_told_over_http() -> None:
    """Over HTTP a key says who asks; to name a caller there is a mistake that must not go unseen."""
    with Http("http://127.0.0.1:1", "key") as service, pytest.raises(TypeError, match="with_key"):
        asyncio.run(service.ask("How long?", caller=Caller("default", "somebody")))
