"""A Redis server that may be slow, full, read-only or gone: every call ends in time, and its failure has one name.

Connects at the first call. After a failure to answer, the server is left alone for a while, so that a dead one does not
cost each question a timeout. What is asked of it stands in service.core.cache and service.core.limits.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import redis
import structlog

from service.core.errors import CacheUnavailable, InvalidSettings

P = ParamSpec("P")
T = TypeVar("T")

PAUSE_SECONDS = 1.0
_CALLS_AT_ONCE = 8
_log = structlog.get_logger("ragready.redis")


class RedisServer:
    """A client, and the only way to call it. Thread-safe.

    Calls run on threads of their own: a socket's timeout starts again with every byte, and a name that does not resolve
    has none at all, so only waiting for another thread ends in time whatever the server does.
    """

    def __init__(self, url: str, timeout_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare the client. Raises InvalidSettings when `url` is none of Redis."""
        self.name = _without_secrets(url)
        # Made from a URL, the client repeats nothing. The older protocol saves three round trips at each connection.
        self.client = redis.Redis.from_url(
            url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, protocol=2, driver_info=None
        )
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, "redis")
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._last_failure = ""

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns, within the timeout. Raises CacheUnavailable."""
        self._enter()
        future = self._threads.submit(function, *args, **kwargs)
        try:
            result = future.result(self._timeout_seconds)
        # it answers, and says no: full, read-only, not allowed, a value of another type
        except redis.ResponseError as error:
            self._resume()
            raise self._unavailable("refuses", type(error).__name__) from error
        # garbage makes the client raise whatever its parser stumbles over; no kind of failure may become an answer
        except Exception as error:
            future.cancel()
            self._pause(type(error).__name__)
            raise self._unavailable("does not answer", type(error).__name__) from error
        self._resume()
        return result

    def close(self) -> None:
        """Close every connection, which ends the calls that still wait."""
        self.client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                raise self._unavailable("is left alone for a moment after", self._last_failure)
            # after a pause one call tries; the others keep away until it is known how that went
            if self._paused_until:
                self._paused_until = now + max(PAUSE_SECONDS, self._timeout_seconds)

    def _pause(self, failure: str) -> None:
        with self._lock:
            self._paused_until = self._clock() + PAUSE_SECONDS
            self._last_failure = failure
        _log.warning("redis does not answer", server=self.name, failure=failure, pause_seconds=PAUSE_SECONDS)

    def _resume(self) -> None:
        with self._lock:
            self._paused_until = 0.0

    def _unavailable(self, what: str, failure: str) -> CacheUnavailable:
        return CacheUnavailable(
            f"Redis at {self.name} {what}: {failure}.",
            "Check that it runs, has memory left and takes writes, and that RAGREADY_REDIS_URL is right.",
            f"redis {what}: {failure}",
        )


def _without_secrets(url: str) -> str:
    """The URL without user, password and options."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise InvalidSettings(
            "RAGREADY_REDIS_URL is not a Redis URL.",
            "Write it as redis://USER:PASSWORD@HOST:PORT/0 (rediss:// for TLS), or leave it unset.",
        )
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
