"""What a judge wrote becomes a rating or a failure, and never a zero."""

import pytest

from eval.judgement import Judgement, NoRating, Rating, rating
from service.core.errors import JudgementUnusable

RIGHT, WRONG = Rating(1, "It says so."), Rating(0, "It does not.")
FAILED = NoRating("model-timeout", "too slow")


@pytest.mark.parametrize("fence", ["{}", "```\n{}\n```", "```json\n{}\n```", "  {}\n"])
def test_a_rating_is_one_object(fence: str) -> None:
    """The object that was asked for is read, bare or in a code fence."""
    written = '{"reason": " It says so. ", "score": 1}'
    assert rating(fence.replace("{}", written)) == RIGHT


@pytest.mark.parametrize(
    "written",
    [
        "I would call this right.",
        "1",
        "[1]",
        "",
        '{"reason": "x", "score": NaN}',
        '{"reason": "x", "score": Infinity}',
        '{"reason": "x", "score": 2}',
        '{"reason": "x", "score": -1}',
        '{"reason": "x", "score": 0.5}',
        '{"reason": "x", "score": "1"}',
        '{"reason": "x", "score": true}',
        '{"reason": "x", "score": null}',
        '{"reason": "", "score": 1}',
        '{"reason": "x"}',
        '{"score": 1}',
        '{"reason": "x", "score": 1, "score": 0}',
        '{"reason": "x", "score": 1, "confidence": 0.2}',
        'Here it is: {"reason": "x", "score": 1}',
        '{"reason": "x", "score": 1} {"reason": "y", "score": 0}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_rating(written: str) -> None:
    """Prose, NaN, a score off the scale or of another type, no reason, two scores: each is refused, and quoted."""
    with pytest.raises(JudgementUnusable) as refused:
        rating(written)
    assert written[:20] in refused.value.detail


def test_the_score_is_that_of_most_times() -> None:
    """Of three ratings the middle one counts, of two that differ the lower, with the first reason given for it."""
    assert Judgement("correctness", (RIGHT, WRONG, Rating(1, "again"))).score == 1
    assert Judgement("correctness", (RIGHT, WRONG, Rating(1, "again"))).reason == "It says so."
    assert Judgement("correctness", (RIGHT, WRONG)).score == 0


def test_failures_are_no_zeros() -> None:
    """A time that failed is in no score; where half of the times failed there is none, and the error says why."""
    assert Judgement("correctness", (RIGHT, FAILED, RIGHT)).score == 1
    assert Judgement("correctness", (RIGHT, FAILED, RIGHT)).failures == [FAILED]
    lost = Judgement("correctness", (RIGHT, FAILED))
    assert (lost.score, lost.reason) == (None, "model-timeout: too slow")
