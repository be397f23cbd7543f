"""How much memory and processor time a process and its children take, read from /proc. Linux only."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import t

MEBIBYTE = 2**20
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
BLOCKS = 10


@dataclass(frozen=True)
class Slope:
    """By how much something grows over `over` of something else, with the 95% interval over blocks of samples."""

    value: float
    low: float
    high: float
    n: int


@dataclass
class Sampled:
    """Resident memory in MiB by process, its own first, with the seconds since the start of each sample."""

    seconds: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    children: list[float] = field(default_factory=list)


@contextmanager
def sampling(pid: int, every_seconds: float = 0.25) -> Iterator[Sampled]:
    """Sample the memory of a process, and of all its children together, until the block ends."""
    sampled, stop, started = Sampled(), threading.Event(), time.monotonic()

    def look() -> None:
        while not stop.wait(every_seconds):
            own = resident_mebibytes(pid)
            if own is not None:
                sampled.seconds.append(time.monotonic() - started)
                sampled.own.append(own)
                sampled.children.append(sum(resident_mebibytes(each) or 0.0 for each in children(pid)))

    thread = threading.Thread(target=look, name="memory", daemon=True)
    thread.start()
    try:
        yield sampled
    finally:
        stop.set()
        thread.join()


def children(pid: int) -> list[int]:
    """Processes that a process started and that are still there, with theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(each) for each in task.read_text().split()]
        except OSError:  # the thread ended
            continue
        found += [each for one in direct for each in (one, *children(one))]
    return found


def resident_mebibytes(pid: int) -> float | None:
    """Resident memory of a process, or None where it ended or there is no /proc."""
    fields = _read(pid, "statm").split()
    return int(fields[1]) * _PAGE / MEBIBYTE if fields else None


def processor_seconds(pid: int) -> float:
    """Processor time of a process and of the children that are still there."""
    return sum(filter(None, (_processor(each) for each in (pid, *children(pid)))))


def slope(values: Sequence[float], span: float) -> Slope:
    """The growth of evenly spaced values over `span`, by least squares through the means of ten blocks.

    Means of blocks, because neighbouring samples are not independent of each other. Raises ValueError for fewer samples
    than blocks.
    """
    if len(values) < BLOCKS:
        raise ValueError(f"{len(values)} samples are fewer than {BLOCKS} blocks")
    means = np.array([block.mean() for block in np.array_split(np.asarray(values, dtype=float), BLOCKS)])
    at = (np.arange(BLOCKS) + 0.5) / BLOCKS * span
    centred = at - at.mean()
    found = float(centred @ means / (centred @ centred))
    rest = means - means.mean() - found * centred
    error = float(np.sqrt(rest @ rest / (BLOCKS - 2) / (centred @ centred)))
    width = float(t.ppf(0.975, BLOCKS - 2)) * error
    return Slope(round(found, 3), round(found - width, 3), round(found + width, 3), len(values))


def _processor(pid: int) -> float | None:
    fields = _read(pid, "stat").rpartition(")")[2].split()  # after the name, which may hold spaces
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else None


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it ended
        return ""
