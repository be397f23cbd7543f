"""Where the marks of a plot stand, in percent of its width and height. The template draws them; nothing is scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BINS = 24


@dataclass(frozen=True)
class Marks:
    """An interval on an axis from `start` to `end`; positions in percent, None where there is nothing to draw."""

    start: float
    end: float
    low: float | None
    high: float | None
    value: float | None
    ticks: Mapping[str, float]


@dataclass(frozen=True)
class Bar:
    """One bin of a histogram: where it stands, how high it is, and how many values it counts."""

    x: float
    width: float
    height: float
    count: int


@dataclass(frozen=True)
class Histogram:
    """Bars of each series over the same bins, from `start` to `end`; the last bin also holds what lies beyond."""

    name: str
    series: Mapping[str, Sequence[Bar]]
    counts: Mapping[str, int]
    start: float
    end: float
    beyond: bool


@dataclass(frozen=True)
class Parts:
    """Shares of the cases of a metric that score 0, something between, and 1, in percent."""

    name: str
    none: float
    some: float
    full: float
    n: int


def marks(
    axis: tuple[float, float],
    value: float | None,
    interval: tuple[float | None, float | None],
    ticks: Mapping[str, float | None],
) -> Marks:
    """An interval and named ticks on an axis; what lies beyond an end stands at that end."""
    start, end = axis

    def place(at: float | None) -> float | None:
        return None if at is None else round(100 * min(1.0, max(0.0, (at - start) / ((end - start) or 1.0))), 2)

    placed = {name: place(at) for name, at in ticks.items()}
    low, high = map(place, interval)
    return Marks(start, end, low, high, place(value), {name: at for name, at in placed.items() if at is not None})


def histogram(name: str, series: Mapping[str, Sequence[float]], end: float | None = None) -> Histogram | None:
    """Bars up to `end`; without one up to the 99th percentile of all values, so that no outlier presses the others.

    None of no values.
    """
    kept = {label: np.asarray(values, dtype=float) for label, values in series.items() if len(values)}
    if not kept:
        return None
    whole = np.concatenate(list(kept.values()))
    start = float(min(0.0, whole.min()))
    last = float(np.quantile(whole, 0.99)) if end is None else end
    last = last if last > start else start + 1.0
    edges = np.linspace(start, last, BINS + 1)
    counts = {label: np.histogram(np.minimum(values, last), edges)[0] for label, values in kept.items()}
    highest = max(float((each / each.sum()).max()) for each in counts.values())
    bars = {
        label: [
            Bar(100 * place / BINS, 100 / BINS, round(100 * float(count / each.sum()) / highest, 2), int(count))
            for place, count in enumerate(each)
        ]
        for label, each in counts.items()
    }
    sizes = {label: len(values) for label, values in kept.items()}
    return Histogram(name, bars, sizes, start, last, bool((whole > last).any()))


def parts(name: str, values: Sequence[float]) -> Parts:
    """How a figure from 0 to 1 spreads over its cases."""
    sample = np.asarray(values, dtype=float)
    none, full = (round(100 * float((sample == level).mean()), 2) for level in (0.0, 1.0))
    return Parts(name, none, round(100 - none - full, 2), full, len(values))
