"""What one case scores."""

import pytest

from eval.metrics import accepted, average_precision, ndcg, recall, reciprocal_rank
from eval.suite import Case

GRADES = {"a": 1, "b": 1, "c": 0}


def case(*parts: tuple[str, ...]) -> Case:
    return Case("1", "?", answerable=True, parts=parts, relevant=(), spaces=("public",), tags=(), split="tune")


@pytest.mark.parametrize(
    ("answer", "right"),
    [("It lasts **24 months**.", True), ("It lasts 124 months.", False), ("two years", True), ("It lasts.", False)],
)
def test_an_answer_must_hold_one_variant(answer: str, right: bool):
    """Any variant makes an answer right, on word boundaries, markup and case aside."""
    assert accepted(case(("24 months", "Two years")), answer) is right


def test_every_part_must_be_there():
    """Half an answer to a question of two parts is not right."""
    both = case(("24 months",), ("€ 89", "89 euros"))
    assert accepted(both, "24 months, and it costs 89 euros")
    assert not accepted(both, "24 months")


def test_a_case_without_parts_is_never_right():
    """An unanswerable case has nothing that an answer could hold."""
    assert not accepted(case(), "anything")


def test_a_perfect_ranking_scores_one():
    """With every relevant document first, each measure is 1."""
    ranked = ["b", "a", "c"]
    assert ndcg(ranked, GRADES, 10) == recall(ranked, GRADES, 2) == reciprocal_rank(ranked, GRADES, 10) == 1.0
    assert average_precision(ranked, GRADES) == 1.0


def test_places_count():
    """A relevant document in the second place gives the textbook's values."""
    ranked = ["c", "a", "x"]
    assert ndcg(ranked, GRADES, 10) == pytest.approx(0.63093 / 1.63093, abs=1e-5)
    assert reciprocal_rank(ranked, GRADES, 10) == 0.5
    assert reciprocal_rank(ranked, GRADES, 1) == 0.0
    assert recall(ranked, GRADES, 10) == 0.5
    assert average_precision(ranked, GRADES) == 0.25


def test_nothing_found_scores_nothing():
    """An empty ranking scores 0 in every measure."""
    assert ndcg([], GRADES, 10) == recall([], GRADES, 10) == average_precision([], GRADES) == 0.0
