"""Runs side by side, and whether the simpler one is good enough."""

from eval.table import good_enough, markdown, row
from tests.runs import record, shares

GOOD = [1.0] * 90 + [0.0] * 10
BAD = [1.0] * 50 + [0.0] * 50


def run(strategy: str, values: list[float], metric: str = "recall@5", **config: object):
    """A run of a strategy with one figure."""
    return record(shares(metric, values), strategy=strategy, **config)


def test_what_is_told_to_be_worse_is_not_good_enough():
    """The metric that says so stands there with its interval."""
    found = good_enough(run("naive", BAD), run("hybrid", GOOD))
    assert (found.strategy, found.beside, found.answer) == ("naive", "hybrid", "no")
    assert found.says.startswith("better: recall@5 +0.400 (")


def test_what_cannot_be_told_is_not_called_good_enough():
    """The smallest difference that would have been seen stands beside it."""
    found = good_enough(run("naive", GOOD), run("hybrid", GOOD))
    assert found.answer == "cannot tell"
    assert "would have been seen" in found.says


def test_what_is_better_is_good_enough():
    """A simpler system that beats the other one can take its place."""
    assert good_enough(run("naive", GOOD), run("hybrid", BAD)).answer == "yes"


def test_other_cases_are_not_compared():
    """Runs of two suites say nothing about each other."""
    found = good_enough(run("naive", GOOD), run("hybrid", GOOD, suite_fingerprint="other"))
    assert (found.answer, "the cases differ" in found.says) == ("not comparable", True)


def test_a_figure_that_no_case_has_is_a_dash():
    """And no zero."""
    rows = [row(run("demo", GOOD))]
    text = markdown(rows, [])
    assert "| demo | 100 | 0 | 0.900 (0.826 to 0.945) | – |" in text
