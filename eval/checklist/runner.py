"""Runs probes on both paths, one after the other: latency is measured, so two at once would measure each other.

A probe runs on a daemon thread with an event loop of its own. One that crashes could not run, and neither could one
that takes too long: it is cancelled at its time limit, and left behind when it blocks, since a thread cannot be killed.
A process could be, but each would have to load the encoder and open the sample corpus anew.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import get_args

import structlog

from eval.checklist.evidence import Observation, Result
from eval.checklist.lab import Lab, Off
from eval.checklist.lines import Line
from eval.checklist.probe import Probe, probe_of
from eval.checklist.states import Finding, PathName

LIMIT_SECONDS = 180.0
_GRACE_SECONDS = 2.0
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
    found = finding(lambda: _measured(lab, line, path, off, load), limit_seconds)
    if found is _PLANTS:
        return Observation(found.state, says=found.says)
    seconds = round(time.perf_counter() - started, 2)
    return Observation(found.state, found.figures, found.says, found.failed, at, seconds)


async def _measured(lab: Lab, line: Line, path: PathName, off: Off, load: Callable[[Line], Probe]) -> Finding:
    probe = load(line)
    if lab.url is not None and not probe.over_url:
        return _PLANTS
    return await probe.measure(lab, path, off)


def finding(measure: Callable[[], Awaitable[Finding]], limit_seconds: float) -> Finding:
    """What a measurement finds within the limit; that it could not run, and why, when it crashes or does not end."""
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.append(_run(measure, limit_seconds)), daemon=True, name="probe")
    thread.start()
    thread.join(limit_seconds + _GRACE_SECONDS)
    return found[0] if found else _could_not(f"It did not end within {limit_seconds:g} seconds, and blocks.")


def left_behind() -> bool:
    """Whether a probe of this process still blocks. The interpreter would wait for its worker threads at exit."""
    return any(each.name == "probe" and each.is_alive() for each in threading.enumerate())


def _run(measure: Callable[[], Awaitable[Finding]], limit_seconds: float) -> Finding:
    async def limited() -> Finding:
        async with asyncio.timeout(limit_seconds):
            return await measure()

    try:
        found = asyncio.run(limited())
    except TimeoutError:
        return _could_not(f"It did not end within {limit_seconds:g} seconds.")
    # whatever a probe dies of, sys.exit too, this line could not be checked, and the other lines can be
    except BaseException as error:  # noqa: BLE001  # see above
        _log.warning("a probe crashed", exc_info=error)
        return _could_not(f"{type(error).__name__}: {error}")
    if not isinstance(found, Finding) or found.state not in _ALLOWED:
        said = f"{type(found).__name__} {getattr(found, 'state', '')}".strip()
        return _could_not(f"It returned {said}, which no probe may.")
    return found


def _could_not(reason: str) -> Finding:
    return Finding("could not run", says=reason)
