"""Where answers, and what explains them, are kept for a while: in this process, or in Redis for all replicas.

Bytes under a key. What goes into a key and what may be kept is decided in service.rag.cache and service.rag.remember.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from cachetools import TLRUCache

from service.core.errors import CacheUnavailable
from service.core.redis_server import RedisServer

PREFIX = "ragready:answer:"
_KEYS_AT_ONCE = 100


class Cache(Protocol):
    """What the answer path needs of a cache. `get`, `set` and `ping` raise CacheUnavailable."""

    @property
    def blocks(self) -> bool:
        """Whether a call waits for something outside the process, and so belongs on a thread."""

    def get(self, key: str) -> bytes | None:
        """What is kept under a key, or None."""

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Keep a value for at most `ttl_seconds`."""

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Everything that is kept, by key: what erasure looks through. May take long; raises CacheUnavailable."""

    def remove(self, keys: Collection[str]) -> None:
        """Forget what is kept under these keys. Raises CacheUnavailable."""

    def ping(self) -> None:
        """Raise CacheUnavailable unless the cache answers."""

    def close(self) -> None:
        """Let go of connections."""


def forget_naming(cache: Cache, identity: str) -> int:
    """Forget what names a document by its id; returns how many entries that were. Raises CacheUnavailable."""
    named = identity.encode()
    keys = [key for key, value in cache.entries() if named in value]
    cache.remove(keys)
    return len(keys)


@dataclass(frozen=True)
class _Entry:
    value: bytes
    ttl_seconds: int


class InProcessCache:
    """Up to `entries` values in this process; when full, what was not asked for longest goes first. Thread-safe."""

    blocks = False

    def __init__(self, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._entries: TLRUCache[str, _Entry] = TLRUCache(entries, lambda _, each, now: now + each.ttl_seconds, clock)

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get(key)
        return entry.value if entry else None

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        with self._lock:
            self._entries[key] = _Entry(value, ttl_seconds)

    def entries(self) -> Iterator[tuple[str, bytes]]:
        with self._lock:
            kept = [(key, entry.value) for key, entry in self._entries.items()]
        yield from kept

    def remove(self, keys: Collection[str]) -> None:
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)

    def ping(self) -> None:
        """Always answers."""

    def close(self) -> None:
        """Holds nothing that needs closing."""


class RedisCache:
    """Values in Redis, which lets go of them by itself when their time is over."""

    blocks = True

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def get(self, key: str) -> bytes | None:
        value = self._server.call(self._server.client.get, PREFIX + key)
        if value is None or isinstance(value, bytes):
            return value
        raise self._not_asked(value)

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        done = self._server.call(self._server.client.set, PREFIX + key, value, ex=ttl_seconds)
        if done is not True:
            raise self._not_asked(done)

    def entries(self) -> Iterator[tuple[str, bytes]]:
        cursor = None
        while cursor != 0:
            cursor, keys = self._server.call(self._server.client.scan, cursor or 0, f"{PREFIX}*", _KEYS_AT_ONCE)
            values = self._server.call(self._server.client.mget, keys) if keys else []
            for key, value in zip(keys, values, strict=True):
                if isinstance(value, bytes):
                    yield cast(bytes, key).decode().removeprefix(PREFIX), value

    def remove(self, keys: Collection[str]) -> None:
        for key in keys:
            self._server.call(self._server.client.delete, PREFIX + key)

    def ping(self) -> None:
        if (done := self._server.call(self._server.client.ping)) is not True:
            raise self._not_asked(done)

    def close(self) -> None:
        self._server.close()

    def _not_asked(self, value: object) -> CacheUnavailable:
        return CacheUnavailable(
            f"Redis at {self._server.name} answers what was not asked: {type(value).__name__}.",
            "Check that RAGREADY_REDIS_URL names a Redis server, without options that change its replies.",
            f"redis answers what was not asked: {type(value).__name__}",
        )
