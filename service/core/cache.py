"""Where answers are kept between questions: in this process, or in Redis for all replicas.

Bytes under a key, for a while. What goes into a key and what may be kept is decided in service.rag.cache.
"""

from typing import Protocol


class Cache(Protocol):
    """What the answer path needs of a cache. All methods block; they raise CacheUnavailable."""

    def get(self, key: str) -> bytes | None:
        """What is kept under a key, or None."""

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Keep a value for at most `ttl_seconds`."""

    def ping(self) -> None:
        """Raise CacheUnavailable unless the cache answers."""

    def close(self) -> None:
        """Let go of connections."""


class InProcessCache:
    """Answers in this process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """What is kept."""
        return self._kept.get(key)

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Keep."""
        self._kept[key] = value

    def ping(self) -> None:
        """Always answers."""

    def close(self) -> None:
        """Holds nothing."""
