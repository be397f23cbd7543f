"""When a confidence counts as meaning what it says."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.checklist.probes.trust_confidence import constant, found, judged
from eval.checklist.states import Figure, State
from eval.metrics import scores
from eval.outcome import Scored

TOLD = Figure(0.8, 0.7, 0.9, 100, "score")


@pytest.mark.parametrize(
    ("error", "told", "state"),
    [
        (Figure(0.05, 0.02, 0.09, 100, "score"), TOLD, "pass"),
        (Figure(0.05, 0.02, 0.12, 100, "score"), TOLD, "cannot tell"),
        (Figure(0.11, 0.02, 0.2, 100, "score"), TOLD, "fail"),
        (Figure(0.05, 0.02, 0.09, 100, "score"), Figure(0.6, 0.45, 0.7, 100, "score"), "cannot tell"),
        (Figure(0.0, 0.0, 0.0, 100, "score"), Figure(0.5, 0.5, 0.5, 100, "score"), "fail"),
    ],
)
def test_the_error_has_to_be_small_and_the_confidence_of_use(error: Figure, told: Figure, state: State) -> None:
    """Both by their intervals; a confidence that tells nothing fails however well it is calibrated."""
    assert judged(error, told) == state


def test_one_confidence_for_all_is_flagged(scored_of: Callable[..., Scored]) -> None:
    """The share of right answers has no error of calibration, and fails; a confidence that knows passes."""
    run = [_sure(scored_of(f"a{place}"), 0.97) for place in range(60)]
    run += [_sure(scored_of(f"u{place}", "It is so.", answerable=False), 0.03) for place in range(40)]
    assert found(run).state == "pass"
    null = found(constant(run))
    assert (null.state, null.figures["calibration error"].value) == ("fail", 0.0)


def test_answers_without_a_confidence_fail(scored_of: Callable[..., Scored]) -> None:
    """A product that does not say how sure it is does not pass."""
    assert found([_sure(scored_of("a"), None)]).state == "fail"


def test_answers_that_are_all_right_tell_nothing(scored_of: Callable[..., Scored]) -> None:
    """Where no answer is wrong no confidence can tell wrong from right, and that is no failure."""
    assert found([_sure(scored_of(f"a{place}"), 0.9) for place in range(5)]).state == "cannot tell"


def _sure(outcome: Scored, confidence: float | None) -> Scored:
    seen = replace(outcome.seen, confidence=confidence)
    return Scored(outcome.case, seen, scores(outcome.case, seen))
