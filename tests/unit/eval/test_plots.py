"""Where the marks of a plot stand."""

import pytest

from eval.plots import BINS, histogram, marks, parts


def test_an_interval_stands_where_it_is():
    """Ends, value and ticks are in percent of the axis; what lies beyond an end stands at that end."""
    found = marks((0.0, 2.0), 0.5, (0.25, 3.0), {"floor": 1.0, "aim": None})
    assert (found.low, found.value, found.high, found.ticks) == (12.5, 25.0, 100.0, {"floor": 50.0})


def test_what_has_no_interval_has_no_bar():
    """A single measurement is a mark without a bar."""
    found = marks((0.0, 1.0), 0.5, (None, None), {})
    assert (found.low, found.value, found.high) == (None, 50.0, None)


def test_a_histogram_counts_every_value_once():
    """One outlier of a thousand does not press the others together, and is counted in the last bin."""
    values = [float(each % 50) for each in range(1_000)] + [9_999.0]
    found = histogram("times", {"a": values, "none": []})
    assert found is not None
    assert list(found.series) == ["a"]
    assert len(found.series["a"]) == BINS
    assert sum(bar.count for bar in found.series["a"]) == found.counts["a"] == 1_001
    assert (found.end < 60, found.beyond) == (True, True)
    assert max(bar.height for bar in found.series["a"]) == 100.0


@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0]])
def test_values_that_do_not_differ_are_drawn(values: list[float]):
    """A histogram of one value has one bar, and one of no value is none."""
    found = histogram("times", {"a": values})
    assert found is not None
    assert [bar.count for bar in found.series["a"] if bar.count] == [len(values)]
    assert histogram("times", {"a": []}) is None


def test_shares_of_a_figure_make_a_whole():
    """The shares at 0, between and at 1 make 100%."""
    found = parts("recall@5", [0.0, 0.5, 1.0, 1.0])
    assert (found.none, found.some, found.full, found.n) == (25.0, 25.0, 50.0, 4)
