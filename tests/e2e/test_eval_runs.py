"""Runs that are interrupted, that ask several questions at a time, and the page of each."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from eval.measures import LATENCY
from eval.record import read_record
from tests.processes import Ragready, stop, wait_until
from tests.suites import unanswerable, write_suite

CASES = 60


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite that takes long enough to be interrupted."""
    return write_suite(
        tmp_path / "suite",
        *(unanswerable(f"more-{each}", f"How long is the warranty of part {each}?") for each in range(CASES)),
    )


def timeless(folder: str) -> dict[str, dict[str, float]]:
    """The figures of each case but for time, in the order that they are kept in."""
    kept = read_record(Path(folder)).scores
    return {case: {name: value for name, value in each.items() if name not in LATENCY} for case, each in kept.items()}


def partials(ragready: Ragready) -> list[Path]:
    return list(ragready.data.glob("runs/.*.partial"))


def lines(ragready: Ragready) -> int:
    """How many cases the interrupted run got through."""
    return sum(len(each.read_bytes().splitlines()) for each in ragready.data.glob("runs/.*.partial/cases.jsonl"))


def interrupted(ragready: Ragready, suite: Path, how: signal.Signals) -> subprocess.Popen[str]:
    """A run that is ended after some of its cases."""
    process = ragready.start("eval", "run", "--no-ragas", suite)
    try:
        wait_until(lambda: lines(ragready) >= CASES // 3)
        process.send_signal(how)
        process.communicate(timeout=60)
    finally:
        stop(process)
    return process


def test_a_run_that_was_killed_goes_on(ragready: Ragready, suite: Path) -> None:
    """Killed at about half, and resumed, a run has the figures of one that nobody disturbed, in the same order."""
    interrupted(ragready, suite, signal.SIGKILL)
    done = lines(ragready)
    assert CASES // 3 <= done < CASES
    assert ragready.within("eval", "gate", suite).error["code"] == "path-missing"
    assert ragready.within("eval", "compare", *partials(ragready) * 2).error["code"] == "invalid-run"

    body = ragready.within("eval", "run", "--no-ragas", suite, "--resume", "last").body
    assert body["resumed"] == done
    assert partials(ragready) == []
    whole = ragready.within("eval", "run", "--no-ragas", suite).body
    assert whole["resumed"] == 0
    assert list(timeless(body["folder"]).items()) == list(timeless(whole["folder"]).items())
    assert {name: body["metrics"][name] for name in set(body["metrics"]) - LATENCY} == {
        name: whole["metrics"][name] for name in set(whole["metrics"]) - LATENCY
    }
    verdicts = ragready.within("eval", "compare", whole["folder"], body["folder"]).body["metrics"]
    assert {each["verdict"] for name, each in verdicts.items() if name not in LATENCY} == {"cannot tell"}


def test_ctrl_c_says_how_to_go_on(ragready: Ragready, suite: Path) -> None:
    """Interrupted by hand, a run ends with 130 and says how to go on; another command's cases are not taken for it."""
    process = interrupted(ragready, suite, signal.SIGINT)
    assert process.returncode == 130
    folder = partials(ragready)[0]
    other = ragready.within("eval", "run", "--no-ragas", suite, "--set", "hits=3", "--resume", folder).error
    assert (other["code"], "another settings" in other["detail"]) == ("invalid-run", True)
    assert (
        ragready.within("eval", "run", "--no-ragas", suite, "--set", "hits=3", "--resume", "last").error["code"]
        == "path-missing"
    )
    assert ragready.within("eval", "run", "--no-ragas", suite, "--resume", folder).body["resumed"] == lines_of(folder)


def lines_of(partial: Path) -> int:
    """How many cases an interrupted run had, as the run that it became says."""
    run = partial.with_name(partial.name.removeprefix(".").removesuffix(".partial"))
    config: dict[str, Any] = json.loads((run / "config.json").read_text())
    return int(config["resumed"][0]["cases"])


def test_several_questions_at_a_time_score_the_same(ragready: Ragready, suite: Path) -> None:
    """Asked three at a time, every case scores as one by one; the times of the two runs are not compared."""
    one = ragready.within("eval", "run", "--no-ragas", suite).body
    three = ragready.within("eval", "run", "--no-ragas", suite, "--concurrency", "3").body
    assert (one["concurrency"], three["concurrency"]) == (1, 3)
    assert list(timeless(one["folder"]).items()) == list(timeless(three["folder"]).items())
    verdicts = ragready.within("eval", "compare", one["folder"], three["folder"]).body["metrics"]
    assert verdicts["total_ms"]["verdict"] == "not comparable"
    assert "3 questions" in verdicts["total_ms"]["why"]


def test_every_run_has_a_page(ragready: Ragready, suite: Path, tmp_path: Path) -> None:
    """`eval run` writes the page of a run, and `eval report` one beside a baseline, where it is told to."""
    first = ragready.within("eval", "run", "--no-ragas", suite).body
    second = ragready.within("eval", "run", "--no-ragas", suite, "--set", "hits=1").body
    plain = (Path(first["folder"]) / "report.html").read_text()
    assert [name for name in first["metrics"] if name not in plain] == []
    assert "Against the baseline" not in plain
    target = tmp_path / "page.html"
    body = ragready.within("eval", "report", second["folder"], "--beside", first["folder"], "--out", target).body
    assert body == {"report": str(target)}
    assert "settings.hits" in target.read_text().partition("Against the baseline")[2]
