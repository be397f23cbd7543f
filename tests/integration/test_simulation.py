"""The promises of the gate, by simulation: how often it is wrong where nothing changed, how often it sees what did."""

from typing import TypeAlias

import numpy as np
import pytest

from eval.compare import compare
from eval.gate import blocks
from eval.statistics import ALPHA, POWER, average, difference
from tests.runs import record

Run: TypeAlias = dict[str, dict[str, float]]
RUNS = 1_000
CASES = 60
METRICS = ("recall@5", "answer_accepted", "document@5")


def pair(draw: np.random.Generator, lost: float, won: float) -> tuple[Run, Run]:
    """Two runs of the same cases: of all cases a share is lost and another won, in each metric by itself."""
    hard = draw.random(CASES)
    found = []
    for _ in METRICS:
        base = hard < 0.7
        moved = draw.random(CASES)
        found.append((base, np.where(base, moved >= lost / 0.7, moved < won / 0.3)))
    before, after = (
        {
            str(case): {name: float(each[run][case]) for name, each in zip(METRICS, found, strict=True)}
            for case in range(CASES)
        }
        for run in (0, 1)
    )
    return before, after


def test_the_gate_stops_noise_no_more_often_than_promised() -> None:
    """Of 1,000 pairs of runs that differ by chance alone, in three metrics, at most 5% are stopped.

    Nor is any metric called better or worse in more than 5% of them, give or take what 1,000 runs can tell.
    """
    draw = np.random.default_rng(7)
    stopped = told = 0
    for _ in range(RUNS):
        before, after = pair(draw, 0.1, 0.1)
        found = blocks(record(before), record(after))
        stopped += found.blocked
        told += any(each.verdict in {"better", "worse"} for each in found.comparison.metrics.values())
    assert stopped / RUNS <= ALPHA
    assert told / RUNS <= ALPHA + 1.645 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)


@pytest.mark.parametrize(("cases", "won", "tests"), [(60, 0.0, 1), (60, 0.03, 13), (140, 0.03, 1), (140, 0.08, 13)])
def test_what_is_called_detectable_is_found(cases: int, won: float, tests: int) -> None:
    """With a true difference of the size that comparisons call detectable, four of five find it, but for chance."""
    draw = np.random.default_rng(8)

    def runs(size: float) -> tuple[np.ndarray, np.ndarray]:
        base = np.where(draw.random(cases) < 0.5, 1.0, 0.0)
        moved = draw.random(cases)
        return base, np.where(base == 1.0, moved >= 2 * (won + size), moved < 2 * won).astype(float)

    def stated(size: float) -> float:
        return float(np.mean([difference(average, [], runs(size), tests=tests).detectable for _ in range(25)]))

    size = next(each for each in np.arange(0.04, 0.45, 0.02) if stated(float(each)) <= each)
    found = [difference(average, [], runs(float(size)), tests=tests) for _ in range(300)]
    seen = np.mean([each.p < ALPHA / tests and not each.low <= 0 <= each.high for each in found])
    assert POWER - 0.06 <= seen <= 0.95


def test_a_change_too_small_to_see_says_what_could_be_seen() -> None:
    """One case of sixty lost is `cannot tell`, and the difference that could have been told is larger than it."""
    before = {str(case): {"recall@5": 1.0} for case in range(CASES)}
    after = {**before, "0": {"recall@5": 0.0}}
    found = compare(record(before), record(after)).metrics["recall@5"]
    assert found.verdict == "cannot tell"
    assert found.delta is not None
    assert found.detectable is not None
    assert abs(found.delta) < found.detectable < 0.2
