"""How often one key may ask: counted in this process, or in Redis for all replicas.

A moving window: never more than the allowed requests in any 60 seconds. What a refusal looks like is not decided here.
"""

import math
import time
from dataclasses import dataclass, replace
from typing import Protocol

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from service.core.errors import CacheUnavailable
from service.core.redis_server import RedisServer

WINDOW_SECONDS = 60
PREFIX = "ragready:limit"


@dataclass(frozen=True)
class Allowance:
    """Whether a request is taken; if not, in how many seconds the next one is.

    `shared` False: Redis did not answer, so this process counted alone.
    """

    allowed: bool
    retry_after_seconds: int
    shared: bool = True


class Limiter(Protocol):
    """What the API needs of a limiter. Never raises for a store that is gone, but counts in process then."""

    @property
    def blocks(self) -> bool:
        """Whether a call waits for something outside the process, and so belongs on a thread."""

    def take(self, caller_id: str) -> Allowance:
        """Count one request of a caller."""


class InProcessLimiter:
    """At most `requests` of one caller in any `window_seconds`, counted in this process. Thread-safe."""

    blocks = False

    def __init__(self, requests: int, window_seconds: int = WINDOW_SECONDS) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerSecond(requests, window_seconds)

    def take(self, caller_id: str) -> Allowance:
        return _taken(self._window, self._limit, caller_id)


class RedisLimiter:
    """The same, counted in Redis for every process that uses it; in this process while Redis does not answer.

    Each process then allows the full number.
    """

    blocks = True

    def __init__(self, server: RedisServer, requests: int, window_seconds: int = WINDOW_SECONDS) -> None:
        storage = RedisStorage("redis://", connection_pool=server.client.connection_pool, key_prefix=PREFIX)
        self._server = server
        self._window = MovingWindowRateLimiter(storage)
        self._limit = RateLimitItemPerSecond(requests, window_seconds)
        self._alone = InProcessLimiter(requests, window_seconds)

    def take(self, caller_id: str) -> Allowance:
        try:
            return self._server.call(_taken, self._window, self._limit, caller_id)
        except CacheUnavailable:
            return replace(self._alone.take(caller_id), shared=False)


def _taken(window: MovingWindowRateLimiter, limit: RateLimitItemPerSecond, caller_id: str) -> Allowance:
    if window.hit(limit, caller_id):
        return Allowance(True, 0)
    reset = window.get_window_stats(limit, caller_id).reset_time
    return Allowance(False, max(1, math.ceil(reset - time.time())))
