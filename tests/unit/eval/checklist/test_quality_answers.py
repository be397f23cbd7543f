"""When the sample cases' answers count as right."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.checklist.lab import Lab
from eval.checklist.probes.quality_answers import found, judged
from eval.checklist.states import Figure, State
from eval.metrics import scores
from eval.nulls import with_shuffled_answers
from eval.outcome import Outcome, Scored

FLOOR = 0.4


@pytest.mark.parametrize(
    ("accepted", "wrong", "state"),
    [
        (Figure(0.5, 0.45, 0.55, 300, "share"), [], "pass"),
        (Figure(0.5, 0.38, 0.62, 60, "share"), [], "cannot tell"),
        (Figure(0.3, 0.25, 0.35, 300, "share"), [], "fail"),
        (Figure(0.9, 0.85, 0.95, 300, "share"), ["public-008"], "fail"),
    ],
)
def test_the_floor_has_to_be_shown_and_what_must_pass_has_to_pass(
    accepted: Figure, wrong: list[str], state: State
) -> None:
    """The interval lies above the floor and no case that must pass is wrong; one that is wrong is enough to fail."""
    assert judged(accepted, FLOOR, wrong) == state


def test_right_answers_pass_and_shuffled_references_fail(lab: Lab, scored_of: Callable[..., Scored]) -> None:
    """Each answer holds its own reference and not another question's."""
    run = [_about(scored_of(f"c{place}", f"It is {place}00 grams."), f"{place}00 grams") for place in range(1, 40)]
    assert found(lab, run).state == "pass"
    assert found(lab, with_shuffled_answers(run)).state == "fail"


def test_an_answer_that_is_declined_counts_as_wrong(lab: Lab, scored_of: Callable[..., Scored]) -> None:
    """A case that must pass may not be declined."""
    right = [_about(scored_of(f"c{place}", "It is so."), "so") for place in range(40)]
    declined = _about(scored_of("declined", None), "so")
    finding = found(lab, [*right, declined])
    assert finding.state == "fail"
    assert "Must pass and does not: declined." in finding.says


def _about(outcome: Scored, answer: str) -> Outcome:
    """The outcome of a case that must pass and whose answer is this."""
    case = replace(outcome.case, parts=((answer,),), must_pass=True)
    return Scored(case, outcome.seen, scores(case, outcome.seen))
