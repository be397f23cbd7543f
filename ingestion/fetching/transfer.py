"""One request over HTTP: to a checked address, in bounded time, with a bounded answer. It follows no redirect.

Proxies named in the environment are not used: a proxy looks names up itself, and then nothing here was checked.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from ingestion.fetching.addresses import Reach, shown
from service.core.errors import FetchFailed, FileTooLarge

# A host may have dozens of addresses; a browser gives up after a few, too.
MAX_ADDRESSES_TRIED = 4
_GZIP = 31  # zlib's word for "with the header of gzip"


@dataclass(frozen=True)
class Answer:
    """What a server said. `headers` have lower-case names; `body` is unpacked, and empty unless the status is 200."""

    url: httpx.URL
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Ask:
    """One request. `expect` looks at the answer's headers before its body is read, and may raise.

    A body of more than `max_bytes` raises FileTooLarge, or is cut off there if `cut`.
    """

    url: httpx.URL
    headers: Mapping[str, str]
    max_bytes: int
    expect: Callable[[Answer], object] = lambda answer: answer
    cut: bool = False


def get(ask: Ask, reach: Reach, seconds: float) -> Answer:
    """Send the request. Raises FetchFailed, AddressNotAllowed, FileTooLarge, and what `ask.expect` raises."""
    network = _Network(reach, time.monotonic() + seconds)
    headers = {"Host": ask.url.netloc.decode("ascii"), "Accept-Encoding": "gzip", **ask.headers}
    with (
        _translated(ask.url, seconds),
        httpcore.ConnectionPool(_trusted(), max_keepalive_connections=0, network_backend=network) as pool,
        pool.stream("GET", str(ask.url), headers=list(headers.items())) as response,
    ):
        answer = Answer(ask.url, response.status, _headers(response.headers), b"")
        if response.status != 200:
            return answer
        ask.expect(answer)
        _check_announced(ask, answer)
        body = _unpacked(ask, answer.headers.get("content-encoding", ""), response.iter_stream())
        return Answer(answer.url, answer.status, answer.headers, body)


class _Network(httpcore.NetworkBackend):
    """Connects to the addresses that were checked and to no other, and ends everything at the deadline."""

    def __init__(self, reach: Reach, deadline: float) -> None:
        self._reach = reach
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:  # noqa: ARG002  # the time-out is ours
        error: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._reach.addresses(host, port)[:MAX_ADDRESSES_TRIED]:
            try:
                stream = self._sockets.connect_tcp(address, port, _left(self._deadline), socket_options=[])
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
            else:
                return _Stream(stream, self._deadline)
        raise error or httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline: a server may send one byte a second for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # the time-out is ours
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # the time-out is ours
        self._stream.write(buffer, _left(self._deadline))

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the time-out is ours
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


@cache
def _trusted() -> SSLContext:
    """The certificates that are trusted: SSL_CERT_FILE, or those that come with certifi."""
    return httpx.create_ssl_context()


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in pairs}


@contextmanager
def _translated(url: httpx.URL, seconds: float) -> Iterator[None]:
    """What the HTTP library raises, as a stated problem of the page."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FetchFailed(
            f"{shown(str(url))} did not come to an end within {seconds:.0f} s.",
            "The next run tries it again; RAGREADY_FETCH_TIMEOUT_SECONDS sets the time.",
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise FetchFailed(
            f"{shown(str(url))} cannot be fetched: {error or type(error).__name__}.", "The next run tries it again."
        ) from error


def _check_announced(ask: Ask, answer: Answer) -> None:
    length = answer.headers.get("content-length", "")
    if not ask.cut and length.isdecimal() and int(length) > ask.max_bytes:
        raise _too_large(ask)


def _unpacked(ask: Ask, encoding: str, chunks: Iterable[bytes]) -> bytes:
    """The body, unpacked piece by piece so that a small one cannot fill the memory."""
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchFailed(
            f"{shown(str(ask.url))} came packed as {encoding[:40]!r}, which was not asked for.",
            "Tell whoever runs the server.",
        )
    try:
        return _collected(ask, gunzipped(chunks, ask.max_bytes) if "gzip" in encoding else chunks)
    except (zlib.error, EOFError) as error:
        raise FetchFailed(f"{shown(str(ask.url))} broke off: {error}.", "The next run tries it again.") from error


def _collected(ask: Ask, chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > ask.max_bytes:
            if ask.cut:
                return bytes(body[: ask.max_bytes])
            raise _too_large(ask)
    return bytes(body)


def gunzipped(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """The content of gzip data as far as a byte more than `max_bytes`; no more packed bytes than that are read either.

    Raises zlib.error for what is no gzip data, EOFError for what breaks off.
    """
    inflate = zlib.decompressobj(_GZIP)
    read, left = 0, max_bytes + 1
    for chunk in chunks:
        read += len(chunk)
        if read > max_bytes:
            raise zlib.error(f"more than {max_bytes} packed bytes")
        packed = chunk
        while packed:
            piece = inflate.decompress(packed, left)
            yield piece
            left -= len(piece)
            if not left:  # zlib would take 0 for no limit
                return
            packed = inflate.unconsumed_tail or inflate.unused_data
            if inflate.eof and packed:  # several members follow each other
                inflate = zlib.decompressobj(_GZIP)
    if not inflate.eof:
        raise EOFError("the packed data has no end")


def _too_large(ask: Ask) -> FileTooLarge:
    return FileTooLarge(
        f"{shown(str(ask.url))} has more than {ask.max_bytes / 2**20:.1f} MiB.",
        "Leave it out, or raise RAGREADY_MAX_FILE_MEBIBYTES.",
    )
