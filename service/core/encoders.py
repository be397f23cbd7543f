"""Encoders of generations that another one than the configured encoder made, each opened at its first use and kept."""

from collections.abc import Callable
from threading import Lock

from service.core.embedder import Encoder


class Encoders:
    """Encoders by their name in the settings."""

    def __init__(self, opener: Callable[[str], Encoder]) -> None:
        self._open = opener
        self._opened: dict[str, Encoder] = {}
        self._opening = Lock()

    def named(self, name: str) -> Encoder:
        """The encoder of this name. Raises EncoderMissing, StorageFull."""
        with self._opening:
            if name not in self._opened:
                self._opened[name] = self._open(name)
            return self._opened[name]
