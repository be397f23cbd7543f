"""What stops a change, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from eval.gate import blocks
from eval.nulls import times_blocked
from eval.suite import Threshold
from service.core.errors import InvalidSuite
from tests.runs import record, shares

GOOD = [1.0] * 90 + [0.0] * 10
METRIC = "recall@5"
BASELINE = record(shares(METRIC, GOOD))


def test_a_worse_change_is_stopped():
    """A deterministic metric that is worse blocks, and the reason names it with its figures."""
    found = blocks(BASELINE, record(shares(METRIC, [1.0] * 50 + [0.0] * 50)))
    assert found.blocked
    assert "recall@5 is worse: 0.9 became 0.5" in found.reasons[0]


def test_a_better_change_passes():
    """An improvement is no reason to stop."""
    assert not blocks(record(shares(METRIC, [1.0] * 50 + [0.0] * 50)), BASELINE).blocked


def test_slower_is_advice():
    """Time never blocks: machines are noisy."""
    base = record({name: {"total_ms": 10.0 + int(name)} for name in map(str, range(50))})
    slower = record({name: {"total_ms": 90.0 + int(name)} for name in map(str, range(50))})
    found = blocks(base, slower)
    assert (found.blocked, found.reasons) == (False, ())
    assert any("total_ms is worse" in each for each in found.advice)


def test_a_floor_blocks_and_an_aim_does_not():
    """Below its floor a run is stopped even where nothing got worse; an aim that is missed is named."""
    floor = blocks(BASELINE, BASELINE, {METRIC: Threshold(floor=0.95)})
    assert floor.blocked
    assert "its floor 0.95" in floor.reasons[0]
    aim = blocks(BASELINE, BASELINE, {METRIC: Threshold(floor=0.8, aim=0.95)})
    assert (aim.blocked, len(aim.advice)) == (False, 1)
    assert "its aim 0.95" in aim.advice[0]


def test_a_metric_that_was_not_measured_reaches_no_floor():
    """A run without the figures of a metric that has a floor is stopped."""
    assert blocks(BASELINE, BASELINE, {"abstention_f1": Threshold(floor=0.1)}).blocked


def test_cases_that_fail_cannot_raise_a_mean():
    """New failures, new skips and cases that are gone block, although the mean of the others is higher."""
    kept = {name: each for name, each in BASELINE.scores.items() if each[METRIC] == 1.0}
    gone = [name for name in BASELINE.scores if name not in kept]
    failed = replace(BASELINE, scores=kept, failed=dict.fromkeys(gone, "internal"))
    skipped = replace(BASELINE, scores=kept, skipped=dict.fromkeys(gone, "too hard"))
    missing = replace(BASELINE, scores=kept)
    for candidate, word in ((failed, "failed"), (skipped, "skipped"), (missing, "missing")):
        found = blocks(BASELINE, candidate)
        assert found.blocked
        assert word in found.reasons[0]
    assert not blocks(failed, failed).blocked


def test_a_run_without_a_score_is_stopped():
    """A product that fails at everything has nothing that is worse, and does not pass."""
    assert blocks(BASELINE, replace(BASELINE, scores={}, failed={"0": "internal"})).blocked


def test_a_metric_that_disappears_is_stopped():
    """A run whose answers no longer carry what a metric needs does not pass for want of figures."""
    found = blocks(BASELINE, record(shares("document@1", GOOD)))
    assert any("is in the baseline and not in this run" in each for each in found.reasons)


def test_what_cannot_be_compared_is_stopped():
    """A baseline of another corpus vouches for nothing."""
    found = blocks(BASELINE, record(shares(METRIC, GOOD), corpus="other"))
    assert found.blocked
    assert found.reasons[0].startswith("not comparable")


def test_a_threshold_for_nothing_is_refused():
    """A misspelt metric would have a threshold that nothing checks."""
    with pytest.raises(InvalidSuite, match="recal@5"):
        blocks(BASELINE, BASELINE, {"recal@5": Threshold(floor=0.1)})


def test_the_same_product_is_never_stopped():
    """Twenty repeats with other resamples and another order of cases: none blocks."""
    assert times_blocked(BASELINE, BASELINE, {METRIC: Threshold(floor=0.5)}) == 0


def test_noise_is_rarely_stopped():
    """Of 50 pairs of runs that differ by chance alone, the gate stops at most the promised share and a margin."""
    random = np.random.default_rng(6)

    def noisy() -> dict[str, dict[str, float]]:
        return {
            str(each): {name: float(random.random() < 0.7) for name in (METRIC, "answer_accepted")}
            for each in range(100)
        }

    assert sum(blocks(record(noisy()), record(noisy())).blocked for _ in range(50)) <= 6


def test_a_case_that_must_pass_and_does_not_is_enough() -> None:
    """One such case stops a change whatever the shares are, also one that failed, is gone, or failed before as well."""
    accepted = shares("answer_accepted", [1.0] * 99 + [0.0])
    run = record(accepted)
    first, last = "0", "99"
    assert not blocks(run, run, must_pass=[first]).blocked
    found = blocks(run, run, must_pass=[first, last])
    assert (found.blocked, found.reasons) == (True, (f"{last} must pass and does not",))
    gone = replace(run, scores={name: each for name, each in accepted.items() if name != first})
    assert blocks(gone, gone, must_pass=[first]).reasons == (f"{first} must pass and does not",)
