"""Figures that say something, and the score that lines give."""

import math
from typing import Any, get_args

import pytest

from eval.checklist.evidence import Observation, Result
from eval.checklist.lines import lines
from eval.checklist.score import score, sentence
from eval.checklist.states import Figure, State, count, figure, share, share_of
from eval.statistics import Estimate

NOTHING = Observation("not run")


def result(line_id: str, state: State) -> Result:
    """A line whose production path is in this state."""
    return Result(next(line for line in lines() if line.id == line_id), NOTHING, Observation(state))


def test_a_share_has_wilsons_interval() -> None:
    """Ten of ten is no certainty: the lower end of the interval is below one (n / (n + z squared))."""
    seen = share(10, 10)
    assert (seen.value, seen.high, seen.n, seen.unit) == (1.0, 1.0, 10, "share")
    assert seen.low == pytest.approx(10 / (10 + 1.96**2), abs=1e-3)
    assert share_of([True, False]) == share(1, 2)


def test_an_estimate_becomes_a_figure() -> None:
    """An estimate keeps its interval and n; one of no case is no figure."""
    assert figure(Estimate(0.5, 0.4, 0.6, 20), "score") == Figure(0.5, 0.4, 0.6, 20, "score")
    with pytest.raises(ValueError, match="no case"):
        figure(Estimate(None, None, None, 0), "score")


@pytest.mark.parametrize(
    "values",
    [(math.nan, None, None, 1), (1.0, 0.5, None, 1), (1.0, None, None, 0), (1.0, 0.0, math.inf, 3)],
)
def test_what_is_no_number_is_no_figure(values: tuple[Any, ...]) -> None:
    """NaN, half an interval, and a figure of no case are refused."""
    with pytest.raises(ValueError, match="no figure"):
        Figure(*values, "share")


def test_a_share_of_nothing_is_refused() -> None:
    """Without a case there is no share; a count of no case is refused as well."""
    with pytest.raises(ValueError, match="no case"):
        share(0, 0)
    with pytest.raises(ValueError, match="no figure"):
        count(3, 0)


def test_only_a_pass_of_production_scores() -> None:
    """Every state but pass scores nothing, stale and cannot tell among them."""
    for state in get_args(State):
        assert score([result("trust-why", state)]).total == (1.0 if state == "pass" else 0.0)


def test_a_pass_of_the_demo_scores_nothing() -> None:
    """The demo may pass: that is no point for production."""
    line = lines()[0]
    assert score([Result(line, Observation("pass"), Observation("fail"))]).total == 0


def test_the_total_is_the_lowest_section() -> None:
    """A section scores its sum, and the total is the lowest section's, not the mean."""
    scored = score(
        [
            result("trust-why", "pass"),
            result("trust-citations", "pass"),
            result("data-labels", "pass"),
            result("data-freshness", "fail"),
        ]
    )
    assert scored.sections == {"data": 1.0, "trust": 2.0}
    assert (scored.total, scored.lowest) == (1.0, ["data"])
    assert scored.lines == {"data": 2, "trust": 2}


def test_the_sentence_counts_every_state() -> None:
    """One sentence says how many lines are in each state, those at none included."""
    said = sentence(score([result("trust-why", "pass"), result("data-labels", "not run")]))
    assert said == (
        "Of 2 lines on the production path 1 were proved by a command, 0 failed, 0 could not be told, "
        "0 could not be run, 1 were not run and 0 rest on stale evidence."
    )
