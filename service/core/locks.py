"""File locks: many readers or one writer of a data folder, across processes on one machine.

Chroma in process is not made for several processes of which one writes, so the embedded default takes such a lock.
The operating system drops it when a process dies, even by kill -9.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.core.errors import DataFolderInUse, StorageFull

_POLL_SECONDS = 0.05
_PROCESS = re.compile(r"\(process (\d+)\)$")


@contextmanager
def file_lock(path: Path, *, wait_seconds: float, shared: bool = False, holder: str = "ragready") -> Iterator[None]:
    """Hold the lock file at `path`, alone or shared.

    Raises DataFolderInUse naming who has it after `wait_seconds`, StorageFull when the file cannot be written.
    """
    with _opened(path) as file:
        _wait_for(file, path, wait_seconds, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        _sign(file, path, f"{holder} (process {os.getpid()})", _holders(file) if shared else [])
        yield


def held_by(path: Path) -> str:
    """Who holds the lock file alone, as it signed; empty where nobody does. Raises StorageFull."""
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return " and ".join(_holders(file))
    return ""


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise _not_written(path, error) from error


def _sign(file: IO[str], path: Path, holder: str, others: list[str]) -> None:
    try:
        file.seek(0)
        file.truncate()
        file.write("\n".join([*others, holder]))
        file.flush()
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> StorageFull:
    return StorageFull(f"{path} cannot be written: {error.strerror}.", "Free some space, or name another folder.")


def _wait_for(file: IO[str], path: Path, wait_seconds: float, mode: int) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, mode | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise DataFolderInUse(
                    f"{path.parent} is in use by {' and '.join(_holders(file)) or 'another process'}.",
                    "Wait for it to end or stop it, or name another folder with --data. A service that has it takes "
                    "files by `ragready upload`.",
                ) from None
        time.sleep(_POLL_SECONDS)


def _holders(file: IO[str]) -> list[str]:
    """Who wrote its name into the lock file and still runs; readers come and go without waiting for each other."""
    file.seek(0)
    return [line for line in file.read().splitlines() if (found := _PROCESS.search(line)) and runs(int(found[1]))]


def runs(process: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True
