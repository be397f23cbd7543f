"""What can be said of a line, and the figures that it rests on. Nothing is measured or judged here."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from eval.statistics import Estimate, wilson

State: TypeAlias = Literal["pass", "fail", "cannot tell", "could not run", "not run", "stale"]
PathName: TypeAlias = Literal["demo", "production"]
Unit: TypeAlias = Literal["share", "score", "difference", "ratio", "ms", "seconds", "count"]


@dataclass(frozen=True)
class Figure:
    """A number with the number of cases behind it, and its 95% interval where one makes sense.

    A count and a single measurement have no interval. What could not be measured is no figure: leave it out and say so.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    unit: Unit

    def __post_init__(self) -> None:
        numbers = [each for each in (self.value, self.low, self.high) if each is not None]
        if not all(map(math.isfinite, numbers)) or self.n < 1 or (self.low is None) != (self.high is None):
            raise ValueError(f"no figure: {self.value}, {self.low} to {self.high}, n {self.n}")


@dataclass(frozen=True)
class Finding:
    """What a probe says of one path: the state, the figures behind it, one sentence, and how many cases failed.

    A failed case is one that raised where it should have been measured; it is in no figure.
    """

    state: State
    figures: Mapping[str, Figure] = field(default_factory=dict)
    says: str = ""
    failed: int = 0


def share(hits: int, n: int) -> Figure:
    """The share of `n` cases that hit, with Wilson's 95% interval. Raises ValueError without a case."""
    if not n:
        raise ValueError("a share of no case is no figure")
    low, high = wilson(hits / n, n)
    return Figure(round(hits / n, 4), round(low, 4), round(high, 4), n, "share")


def share_of(cases: Iterable[bool]) -> Figure:
    """The share of the cases that are true, as `share`."""
    outcomes = list(cases)
    return share(sum(outcomes), len(outcomes))


def count(value: float, n: int) -> Figure:
    """How many, of `n` cases looked at."""
    return Figure(value, None, None, n, "count")


def figure(estimate: Estimate, unit: Unit) -> Figure:
    """An estimate of eval.statistics as a figure. Raises ValueError for an estimate of no case."""
    if estimate.value is None:
        raise ValueError("an estimate of no case is no figure")
    return Figure(estimate.value, estimate.low, estimate.high, estimate.n, unit)
