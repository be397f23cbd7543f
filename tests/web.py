"""A web site on loopback for the tests: a real HTTP server whose pages are set and changed by the test."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Page:
    """An answer: status, body, headers."""

    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


# A page, or what writes an answer by itself.
Served: TypeAlias = Page | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """Pages by path, and the requests that came: (path, headers in lower case)."""

    url: str
    pages: dict[str, Served] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(each == path for each, _ in self.requests)


def html(text: str, title: str = "A page", **headers: str) -> Page:
    """A page of HTML with one paragraph."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Page(body, {"Content-Type": "text/html; charset=utf-8", **headers})


def redirect(location: str, status: int = 302) -> Page:
    """A page that leads elsewhere."""
    return Page(headers={"Location": location}, status=status)


@contextmanager
def web_site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that answers until the block ends. A page with an ETag is answered with 304 to who has it."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            _serve(self, site.pages.get(self.path, Page(status=404)))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is none of the test's business."""


def write_certificate(host: str, key_file: Path, certificate_file: Path) -> None:
    """A key, and a certificate for one host that is signed with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate_file.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _serve(handler: BaseHTTPRequestHandler, page: Served) -> None:
    try:
        if not isinstance(page, Page):
            page(handler)
            return
        unchanged = page.headers.get("ETag", "") == handler.headers.get("If-None-Match")
        body = page.body.encode() if isinstance(page.body, str) else page.body
        handler.send_response(304 if unchanged else page.status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        if not unchanged:
            handler.send_header("Content-Length", page.headers.get("Content-Length", str(len(body))))
        handler.end_headers()
        if not unchanged:
            handler.wfile.write(body)
    except (BrokenPipeError, ConnectionResetError):
        """The client has what it wanted."""
