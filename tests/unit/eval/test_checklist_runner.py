"""Probes that behave, and probes that do not: none of them stops the others."""

import asyncio
import inspect
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.checklist.commands import check
from eval.checklist.lab import Lab, Off
from eval.checklist.lines import Line, lines
from eval.checklist.probe import Probe
from eval.checklist.runner import LIMIT_SECONDS, run
from eval.checklist.states import Finding, PathName, share
from service.core.settings import Settings

MEASURED = [line for line in lines() if line.probe]
BAD, GOOD = MEASURED[:2]
FOUND = Finding("pass", {"found": share(3, 3)}, "Three of three.")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab that nothing is ingested in."""
    with Lab(Settings(data_folder=tmp_path)) as made:
        yield made


async def good(*_: object) -> Finding:
    """Passes."""
    return FOUND


async def null(*_: object) -> Finding:
    """Fails, as it should."""
    return Finding("fail")


def loading(bad: object):
    """A loader that gives BAD the measurement `bad`, and every other line a good one."""
    return lambda line: Probe(bad if line is BAD else good, null, over_url=line is GOOD)


async def crashes(_lab: Lab, path: PathName, _off: Off) -> Finding:
    """Dies of the demo only."""
    if path == "demo":
        raise ZeroDivisionError("no case")
    return FOUND


async def waits(*_: object) -> Finding:
    """Never ends, and can be cancelled."""
    await asyncio.sleep(3_600)
    return FOUND


async def nonsense(*_: object) -> Finding:
    """Says what only the runner may say."""
    return Finding("not run")


async def exits(*_: object) -> Finding:
    """Tries to end the process."""
    raise SystemExit(0)


async def cancels(*_: object) -> Finding:
    """Ends as if somebody else had ended it."""
    raise asyncio.CancelledError


def test_a_probe_is_run_on_both_paths(lab: Lab) -> None:
    """A result holds what was found on each path, when, and how long that took."""
    (seen,) = run(lab, [GOOD], load=loading(None))
    assert seen.demo.state == seen.production.state == "pass"
    assert seen.production.figures == FOUND.figures
    assert seen.demo.at
    assert seen.production.at >= seen.demo.at


def test_a_probe_is_told_what_is_switched_off(lab: Lab) -> None:
    """The controls to switch off reach the probe on the production path, with the path's name."""
    told: list[tuple[PathName, Off]] = []

    async def listens(_lab: Lab, path: PathName, off: Off) -> Finding:
        told.append((path, off))
        return FOUND

    list(run(lab, [BAD], frozenset({"hybrid"}), load=loading(listens)))
    assert told == [("demo", frozenset({"hybrid"})), ("production", frozenset({"hybrid"}))]


def test_a_line_without_a_probe_is_not_run(lab: Lab) -> None:
    """It says what is missing, and has no time."""
    line = next(line for line in lines() if not line.probe)
    (seen,) = run(lab, [line])
    assert (seen.production.state, seen.production.says, seen.production.at) == ("not run", line.missing, None)


def test_a_crash_is_could_not_run_and_the_others_go_on(lab: Lab) -> None:
    """The path that crashed says what it died of; the other path and the other line pass."""
    bad, other = run(lab, [BAD, GOOD], load=loading(crashes))
    assert (bad.demo.state, bad.demo.says) == ("could not run", "ZeroDivisionError: no case")
    assert bad.production.state == other.production.state == "pass"


def test_a_probe_that_cannot_be_loaded_could_not_run(lab: Lab) -> None:
    """A module that is not there is named, and the other line passes."""

    def load(line: Line) -> Probe:
        if line is BAD:
            raise ModuleNotFoundError("No module named 'gone'")
        return Probe(good, null)

    bad, other = run(lab, [BAD, GOOD], load=load)
    assert (bad.production.state, bad.production.says) == (
        "could not run",
        "ModuleNotFoundError: No module named 'gone'",
    )
    assert other.production.state == "pass"


def test_a_probe_that_waits_for_ever_is_cancelled(lab: Lab) -> None:
    """It could not run within its limit, and the other line passes."""
    bad, other = run(lab, [BAD, GOOD], limit_seconds=0.05, load=loading(waits))
    assert (bad.production.state, bad.production.says) == ("could not run", "It did not end within 0.05 seconds.")
    assert other.production.state == "pass"


def test_what_probes_share_is_made_in_nobodys_time(lab: Lab) -> None:
    """The first probe to need the sample corpus has its whole limit left when the corpus is there."""

    async def prepares(lab: Lab, *_: object) -> Finding:
        with lab.preparation.running():
            await asyncio.sleep(0.5)
        return FOUND

    bad, _ = run(lab, [BAD, GOOD], limit_seconds=0.2, load=loading(prepares))
    assert (bad.demo.state, bad.production.state) == ("pass", "pass")


def test_a_probe_that_blocks_is_left_behind(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that never lets go does not hold the others up."""
    monkeypatch.setattr("eval.checklist.runner._GRACE_SECONDS", 0.05)
    release = threading.Event()

    async def blocks(*_: object) -> Finding:
        release.wait(60)
        return FOUND

    started = time.perf_counter()
    bad, other = run(lab, [BAD, GOOD], limit_seconds=0.05, load=loading(blocks))
    elapsed = time.perf_counter() - started
    release.set()
    assert (bad.production.state, bad.production.says) == (
        "could not run",
        "It did not end within 0.05 seconds, and blocks.",
    )
    assert other.production.state == "pass"
    assert elapsed < 30


@pytest.mark.parametrize("bad", [nonsense, exits, cancels])
def test_a_probe_that_finds_nothing_could_not_run(lab: Lab, bad: object) -> None:
    """A state that no probe may give, and a probe that ends its thread, are no pass."""
    seen, other = run(lab, [BAD, GOOD], load=loading(bad))
    assert (seen.production.state, other.production.state) == ("could not run", "pass")
    assert "did not end" not in seen.production.says


def test_over_a_url_only_probes_that_plant_nothing_run(tmp_path: Path) -> None:
    """The others could not run and say why, without a time; the demo is not asked."""
    with Lab(Settings(data_folder=tmp_path), url="http://127.0.0.1:9", key="k") as lab:
        planting, asking = run(lab, [BAD, GOOD], load=loading(good))
    assert (planting.production.state, planting.production.at) == ("could not run", None)
    assert "plants" in planting.production.says
    assert (asking.production.state, asking.demo.state) == ("pass", "not run")


def test_the_command_and_the_runner_have_one_limit() -> None:
    """`ragready check` without --limit gives a probe the runner's time."""
    assert inspect.signature(check).parameters["limit"].default == LIMIT_SECONDS
