"""File locks: many readers or one writer of a data folder, across processes on one machine.

Chroma in process is not made for several processes of which one writes, so the embedded default takes such a lock.
The operating system drops it when a process dies, even by kill -9.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.core.errors import DataFolderInUse

_POLL_SECONDS = 0.05


@contextmanager
def file_lock(path: Path, *, wait_seconds: float, shared: bool = False, holder: str = "ragready") -> Iterator[None]:
    """Hold the lock file at `path`, alone or shared. Raises DataFolderInUse naming who has it after `wait_seconds`."""
    with path.open("a+", encoding="utf-8") as file:
        _wait_for(file, path, wait_seconds, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        file.seek(0)
        file.truncate()
        file.write(f"{holder} (process {os.getpid()})")
        file.flush()
        yield


def _wait_for(file: IO[str], path: Path, wait_seconds: float, mode: int) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.seek(0)
                raise DataFolderInUse(
                    f"{path.parent} is in use by {file.read() or 'another process'}.",
                    "Wait for it to end or stop it, or name another folder with --data.",
                ) from None
        time.sleep(_POLL_SECONDS)
