"""The time that goes into what probes share, which is no probe's own: the first one to need it would pay for all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Longer than any machine that this is meant for takes; what takes longer hangs.
MOST_SECONDS = 1_200.0


class Preparation:
    """A clock that runs while something shared is made, and stops at 20 minutes. Read from another thread."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """How long everything shared took so far."""
        since = self._since
        return min(MOST_SECONDS, self._before + (time.monotonic() - since if since is not None else 0.0))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of this block."""
        self._since = started = time.monotonic()
        try:
            yield
        finally:
            self._before += time.monotonic() - started
            self._since = None
