"""An OTLP/HTTP collector as a process of its own: it decodes what it gets and appends it to a file, a line a request.

`python collector.py PORT FILE`. Only the standard library and the protocol's own messages; it understands no more of a
trace than the protocol says.
"""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from eval.servers import free_port
from tests.processes import stop, wait_until


@dataclass(frozen=True)
class Collector:
    """A running collector: where it listens, and what it has written."""

    url: str
    file: Path

    @property
    def text(self) -> str:
        """Everything that it was sent."""
        return self.file.read_text() if self.file.exists() else ""

    def requests(self) -> list[dict[str, Any]]:
        """Each request that it was sent."""
        return [json.loads(line) for line in self.text.splitlines()]

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace, in the order in which they began; ids are hexadecimal, attributes a dictionary."""
        found = [
            {**span, "attributes": _plain(span), "scope": scope}
            for request in self.requests()
            for resource in request["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
            if span["traceId"] == trace_id
        ]
        return sorted(found, key=lambda span: int(span["startTimeUnixNano"]))


@contextmanager
def collecting(folder: Path, port: int | None = None) -> Iterator[Collector]:
    """A collector that takes everything, until the end of the block."""
    port, file = port or free_port(), folder / "collected.jsonl"
    file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.collector", str(port), str(file)], cwd=Path(__file__).parent.parent
    )
    try:
        wait_until(lambda: file.exists() or process.poll() is not None)
        assert process.poll() is None
        yield Collector(f"http://127.0.0.1:{port}", file)
    finally:
        stop(process)


def _plain(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span.get("attributes", [])}


def _decoded(body: bytes) -> dict[str, Any]:
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    return json.loads(json.dumps(MessageToDict(request)), object_hook=_with_readable_ids)


def _with_readable_ids(part: dict[str, Any]) -> dict[str, Any]:
    """JSON of protobuf has bytes in base64; ids are read in hexadecimal."""
    names = ("traceId", "spanId", "parentSpanId")
    return {**part, **{name: b64decode(part[name]).hex() for name in names if name in part}}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        assert self.headers["Content-Type"] == "application/x-protobuf"
        body = _decoded(self.rfile.read(int(self.headers["Content-Length"])))
        with Path(sys.argv[2]).open("a") as file:
            file.write(json.dumps(body) + "\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        Path(sys.argv[2]).touch()
        server.serve_forever()
