"""Whether golden questions can be told from live ones."""

import numpy as np
import pytest

from eval.representative import Ranks, detectable, judged, ranked, representation, told_apart, topics, unique
from service.core.types import Vector
from tests.fakes import FakeEncoder

DIMENSION = 16


def drawn(n: int, seed: int, shift: float = 0.0) -> Vector:
    """Unit vectors around one place, moved along the first axis by `shift`."""
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSION))
    rows[:, 0] += shift
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_shift_is_told() -> None:
    """Questions around another place are told apart, with an interval above chance."""
    found = told_apart(ranked(drawn(100, 1), drawn(120, 2, shift=2.0)))
    assert found.low is not None
    assert 0.5 < found.low < found.value < found.high  # type: ignore[operator]
    assert (judged(found), found.n) == ("differ", 220)


def test_questions_of_one_kind_cannot_be_told() -> None:
    """Of 40 pairs of sets of one kind at most four are told apart: 2.5% are expected to be, by chance."""
    pairs = [told_apart(ranked(drawn(60, seed), drawn(60, 1_000 + seed), seed), seed) for seed in range(40)]
    assert sum(judged(each) == "differ" for each in pairs) <= 4


def test_topics_are_groups_of_the_least_golden_questions() -> None:
    """Live questions that the classifier ranks above golden ones are grouped, the largest group first."""
    rows = np.zeros((9, DIMENSION), dtype=np.float32)
    rows[0:4, 0] = rows[4:7, 1] = rows[7:9, 2] = 1.0
    ranks = Ranks(np.linspace(0.0, 0.5, 20), np.full(9, 0.9))
    found = topics(ranks, rows, [f"q{at}" for at in range(9)])
    assert [set(each.questions) for each in found] == [{"q0", "q1", "q2", "q3"}, {"q4", "q5", "q6"}]
    assert found[0].share.value == pytest.approx(4 / 9, abs=1e-4)
    assert topics(Ranks(ranks.golden, np.full(9, 0.1)), rows, [""] * 9) == ()


def test_few_questions_are_too_few() -> None:
    """Fewer than twenty questions on one side give no figure, and say so."""
    found = representation([f"word{at} here" for at in range(50)], ["one", "two"], FakeEncoder())
    assert (found.verdict, found.auc.value, found.detectable, found.live) == ("too few", None, None, 2)


def test_a_question_counts_once() -> None:
    """A question that is asked again and again, in other capitals, is one question."""
    assert len(unique(["Is it open?", "is it OPEN", "Is it shut?", " "])) == 2


def test_what_could_have_been_seen() -> None:
    """The smallest AUC that would be found shrinks with the number of questions."""
    assert 0.5 < detectable(500, 500) < detectable(50, 50) < 1.0
