"""The metrics of a ranking."""

import math

import pytest

from eval.ir_metrics import ranking_figures

GRADES = {"a": 1, "b": 1, "c": 0}


def figures(ranked: list[str], grades: dict[str, int] | None = None) -> dict[str, float]:
    return {name: values[0] for name, values in ranking_figures({"q": ranked}, {"q": grades or GRADES}).items()}


def test_every_metric_has_its_name() -> None:
    """The names are those that docs/evaluation.md promises."""
    recalls = [f"recall@{cut}" for cut in (1, 5, 10, 20, 50, 100)]
    assert sorted(figures(["a"])) == sorted(["ndcg@10", "mrr@10", "map", *recalls, "pass@5", "pass@10", "pass@20"])


def test_a_perfect_ranking_scores_one() -> None:
    """With every relevant document first, each metric is 1, but for recall@1 of two."""
    found = figures(["b", "a", "c"])
    assert found.pop("recall@1") == 0.5
    assert set(found.values()) == {1.0}


def test_places_count() -> None:
    """A relevant document in the second place, and another that is not found, give the textbook's values."""
    found = figures(["c", "a", "x"])
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert (found["mrr@10"], found["recall@1"], found["recall@5"], found["pass@5"]) == (0.5, 0.0, 0.5, 0.5)
    assert found["map"] == 0.25


def test_grades_count_as_they_are() -> None:
    """Grade 2 before 1 would be ideal: 2 + 1 / log2 3; in the other order it is 1 + 2 / log2 3. Below 1 is nothing."""
    found = figures(["b", "a"], {"a": 2, "b": 1, "c": 0, "d": -1})
    assert found["ndcg@10"] == pytest.approx((1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert figures(["d", "a"], {"a": 1, "d": -1})["ndcg@10"] == pytest.approx(1 / math.log2(3))
    assert figures(["c", "d", "a"], {"a": 2, "c": 0, "d": -1})["mrr@10"] == pytest.approx(1 / 3)


def test_only_the_first_ten_count_where_the_name_says_so() -> None:
    """A document in the eleventh place counts for recall@20 and map, and for nothing at 10."""
    found = figures([*map(str, range(10)), "a"], {"a": 1})
    assert (found["ndcg@10"], found["mrr@10"], found["recall@10"]) == (0.0, 0.0, 0.0)
    assert (found["recall@20"], found["pass@20"]) == (1.0, 1.0)
    assert found["map"] == pytest.approx(1 / 11)


def test_nothing_found_scores_nothing() -> None:
    """A query whose ranking is empty counts 0 in every metric; it is not left out of the mean."""
    assert set(figures([]).values()) == {0.0}


@pytest.mark.parametrize("ranked", [["z", "a"], ["a", "z"]])
def test_a_ranking_says_the_order(ranked: list[str]) -> None:
    """No name of a document decides its place: there are no ties to break."""
    assert figures(ranked, {"a": 1})["mrr@10"] == 1 / (1 + ranked.index("a"))


def test_queries_keep_their_order_and_only_those_ranked_count() -> None:
    """A query that could not be asked is in no ranking, and so in no figure, though it was judged."""
    grades = {"failed": {"a": 1}, "second": {"a": 1}, "first": {"b": 1}}
    assert ranking_figures({"first": ["b"], "second": ["b", "a"]}, grades)["mrr@10"] == [1.0, 0.5]
    assert ranking_figures({}, grades)["mrr@10"] == []
