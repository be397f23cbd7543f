"""Which cases became worse."""

from dataclasses import replace

from eval.case_lines import written
from eval.outcome import Failed, Scored
from eval.regressions import weakest, worst
from tests.runs import case, record, seen

BASELINE = record({name: {"recall@5": 1.0, "answer_accepted": 1.0, "total_ms": 5.0} for name in "abcd"})


def test_what_fell_most_comes_first():
    """A case that failed and one that lost both figures come before one that lost half of one; gains are left out."""
    candidate = record(
        {
            "a": {"recall@5": 0.5, "answer_accepted": 1.0, "total_ms": 900.0},
            "b": {"recall@5": 0.0, "answer_accepted": 0.0},
            "d": {"recall@5": 1.0, "answer_accepted": 1.0},
        }
    )
    found = worst(BASELINE, replace(candidate, failed={"c": "internal"}), ((), ()))
    assert [each.id for each in found] == ["b", "c", "a"]
    assert [(fall.figure, fall.before, fall.after) for fall in found[2].falls] == [("recall@5", 1.0, 0.5)]
    assert {fall.after for fall in found[1].falls} == {None}
    assert [each.id for each in worst(BASELINE, candidate, ((), ()), limit=1)] == ["b"]


def test_both_answers_stand_side_by_side():
    """Where both runs have the case's line, both come with it, and the reason of the one that fell."""
    before = written(Scored(case("a"), seen(), {"recall@5": 1.0}))
    after = written(Scored(case("a"), seen("No idea."), {"recall@5": 0.0}, {"recall@5": "It is gone."}))
    found = worst(record({"a": {"recall@5": 1.0}}), record({"a": {"recall@5": 0.0}}), ([before], [after]))[0]
    assert (found.before, found.after, found.falls[0].reason) == (before, after, "It is gone.")


def test_the_weakest_cases_are_those_that_miss_most():
    """Cases in order of what is missing; full ones and failures are not among them."""
    lines = [
        written(each)
        for each in (
            Scored(case("full"), seen(), {"recall@5": 1.0}),
            Scored(case("half"), seen(), {"recall@5": 0.5}),
            Scored(case("none"), seen(), {"recall@5": 0.0}),
            Failed(case("failed"), "internal", "no"),
        )
    ]
    assert [line["id"] for line in weakest(lines)] == ["none", "half"]
