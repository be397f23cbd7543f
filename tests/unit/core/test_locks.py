"""The lock of a data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.core.errors import DataFolderInUse
from service.core.locks import file_lock, held_by

HOLD = """
import sys, time
from pathlib import Path
from service.core.locks import file_lock
with file_lock(Path(sys.argv[1]), wait_seconds=0, holder="the other process"):
    print("held", flush=True)
    time.sleep(60)
"""


def refused(path: Path, *, wait_seconds: float = 0, shared: bool = False) -> DataFolderInUse:
    """The error that asking for the lock raises."""
    with pytest.raises(DataFolderInUse) as found, file_lock(path, wait_seconds=wait_seconds, shared=shared):
        pass
    return found.value


def test_readers_share_and_a_writer_is_alone(tmp_path: Path) -> None:
    """Two readers hold the lock at once; a writer gets it with neither, and nobody with a writer."""
    path = tmp_path / "lock"
    with file_lock(path, wait_seconds=0, shared=True), file_lock(path, wait_seconds=0, shared=True):
        assert refused(path)
    with file_lock(path, wait_seconds=0):
        assert refused(path)
        assert refused(path, shared=True)


def test_who_waits_in_vain_learns_who_holds_it(tmp_path: Path) -> None:
    """The error names the folder, the holder and its process."""
    path = tmp_path / "lock"
    with file_lock(path, wait_seconds=0, holder="ragready ingest"):
        detail = refused(path, wait_seconds=0.1).detail
    assert f"{tmp_path} is in use by ragready ingest (process {os.getpid()})" in detail


def test_who_holds_it_alone_is_told(tmp_path: Path) -> None:
    """A writer by name; nobody while readers share it, nor after its end."""
    path = tmp_path / "lock"
    with file_lock(path, wait_seconds=0, holder="ragready up"):
        assert held_by(path) == f"ragready up (process {os.getpid()})"
    assert held_by(path) == ""
    with file_lock(path, wait_seconds=0, holder="ragready ask", shared=True):
        assert held_by(path) == ""


def test_a_failure_inside_releases_the_lock(tmp_path: Path) -> None:
    """The lock is free again when its block ends with an error."""
    path = tmp_path / "lock"
    with pytest.raises(RuntimeError), file_lock(path, wait_seconds=0):
        raise RuntimeError("failed")
    with file_lock(path, wait_seconds=0):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    """The operating system frees the lock of a process that kill -9 ends."""
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert f"the other process (process {other.pid})" in refused(path).detail
        other.kill()
    with file_lock(path, wait_seconds=5):
        pass
