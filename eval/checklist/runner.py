"""Runs probes on both paths, one after the other: latency is measured, so two at once would measure each other.

A probe runs on a daemon thread with an event loop of its own. One that crashes could not run, and neither could one
that takes too long: it is cancelled at its time limit, and left behind when it blocks, since a thread cannot be killed.
A process could be, but each would have to load the encoder and open the sample corpus anew.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import get_args

import structlog

from eval.checklist.evidence import Observation, Result
from eval.checklist.lab import Lab, Off
from eval.checklist.lines import Line
from eval.checklist.preparing import Preparation
from eval.checklist.probe import Probe, probe_of
from eval.checklist.states import Finding, PathName

LIMIT_SECONDS = 180.0
_GRACE_SECONDS, _LOOK_SECONDS = 2.0, 0.1
_ALLOWED = ("pass", "fail", "cannot tell", "could not run")
_PLANTS = Finding("could not run", says="It plants documents or faults, which is not done to a running service.")
_log = structlog.get_logger("ragready.check")


def run(
    lab: Lab,
    lines: Sequence[Line],
    off: Off = frozenset(),
    limit_seconds: float = LIMIT_SECONDS,
    load: Callable[[Line], Probe] = probe_of,
) -> Iterator[Result]:
    """The result of each line, as soon as it stands. No probe's failure stops the others."""
    for line in lines:
        demo, production = (_observed(lab, line, path, off, limit_seconds, load) for path in get_args(PathName))
        yield Result(line, demo, production)


def _observed(
    lab: Lab, line: Line, path: PathName, off: Off, limit_seconds: float, load: Callable[[Line], Probe]
) -> Observation:
    if not line.probe:
        return Observation("not run", says=line.missing)
    if lab.url is not None and path == "demo":
        return Observation("not run", says="A check by URL asks the service, not the demo.")
    at, started = datetime.now(UTC), time.perf_counter()
    found = finding(lambda: _measured(lab, line, path, off, load), limit_seconds, lab.preparation)
    if found is _PLANTS:
        return Observation(found.state, says=found.says)
    seconds = round(time.perf_counter() - started, 2)
    return Observation(found.state, found.figures, found.says, found.failed, at, seconds)


async def _measured(lab: Lab, line: Line, path: PathName, off: Off, load: Callable[[Line], Probe]) -> Finding:
    probe = load(line)
    if lab.url is not None and not probe.over_url:
        return _PLANTS
    return await probe.measure(lab, path, off)


def finding(
    measure: Callable[[], Awaitable[Finding]], limit_seconds: float, preparation: Preparation | None = None
) -> Finding:
    """What a measurement finds within the limit; that it could not run, and why, when it crashes or does not end.

    The time in which `preparation` runs does not count.
    """
    clock = preparation or Preparation()
    attempt, prepared, started = _Attempt(measure), clock.seconds, time.monotonic()
    thread = threading.Thread(target=attempt.run, daemon=True, name="probe")
    thread.start()
    while thread.is_alive() and time.monotonic() - started - (clock.seconds - prepared) < limit_seconds:
        thread.join(_LOOK_SECONDS)
    if thread.is_alive():
        attempt.cancel()
        thread.join(_GRACE_SECONDS)
    if attempt.found is None or thread.is_alive():
        blocks = ", and blocks" if thread.is_alive() else ""
        return _could_not(f"It did not end within {limit_seconds:g} seconds{blocks}.")
    return attempt.found


def left_behind() -> bool:
    """Whether a probe of this process still blocks. The interpreter would wait for its worker threads at exit."""
    return any(each.name == "probe" and each.is_alive() for each in threading.enumerate())


class _Attempt:
    """One measurement on a thread of its own, which another thread may cancel; `found` None until it has ended."""

    def __init__(self, measure: Callable[[], Awaitable[Finding]]) -> None:
        self._measure = measure
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Finding]] | None = None
        self._cancelled = False
        self.found: Finding | None = None

    def run(self) -> None:
        """Measure to the end, whatever that is."""
        try:
            self.found = _checked(asyncio.run(self._measured()))
        # whatever a probe dies of, sys.exit too, this line could not be checked, and the other lines can be
        except BaseException as error:  # noqa: BLE001  # see above
            if self._cancelled:
                return  # whoever cancelled it says so
            _log.warning("a probe crashed", exc_info=error)
            self.found = _could_not(f"{type(error).__name__}: {error}")

    def cancel(self) -> None:
        """Ask it to end; one that blocks does not hear it."""
        self._cancelled = True
        if self._running is not None:
            loop, task = self._running
            with suppress(RuntimeError):  # the loop closes at this very moment, so the probe has ended
                loop.call_soon_threadsafe(task.cancel)

    async def _measured(self) -> Finding:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine that runs is a task's
        self._running = (asyncio.get_running_loop(), task)
        return await self._measure()


def _checked(found: object) -> Finding:
    if isinstance(found, Finding) and found.state in _ALLOWED:
        return found
    said = f"{type(found).__name__} {getattr(found, 'state', '')}".strip()
    return _could_not(f"It returned {said}, which no probe may.")


def _could_not(reason: str) -> Finding:
    return Finding("could not run", says=reason)
