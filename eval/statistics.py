"""A figure never stands alone: it comes with its 95% interval and the number of cases behind it.

Intervals of shares (values that are all 0 or 1) are Wilson's (1927); those of any other statistic are percentile
bootstraps over cases (Efron and Tibshirani, 1993). Two runs over the same cases are compared by a paired bootstrap of
the difference, and tested by swapping the two runs' figures case by case (a paired permutation test, exact for shares);
several metrics share one error rate by Holm's step-down (1979). Cases count as independent of each other.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, binomtest, bootstrap, norm

RESAMPLES = 2_000
_AT_ONCE = 10_000_000  # values of resamples that are held at a time
PERMUTATIONS = 10_000
ALPHA = 0.05
POWER = 0.8
CONFIDENCE_BINS = 10

Column: TypeAlias = NDArray[np.float64]


class Statistic(Protocol):
    """One number of one or more columns that have a value for each case, along `axis`."""

    def __call__(self, *columns: Column, axis: int = -1) -> Column:
        """The statistic."""


@dataclass(frozen=True)
class Estimate:
    """A statistic of `n` cases with its 95% interval; None where there is no value, or no interval of a single one."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Difference:
    """Candidate less baseline on the same `n` cases, with its 95% interval and the p of the permutation test.

    `detectable` is the smallest difference that such a test would find with 80% power; None when that is unknown.
    """

    delta: float
    low: float
    high: float
    p: float
    detectable: float | None
    n: int


def average(*columns: Column, axis: int = -1) -> Column:
    """The mean."""
    return np.asarray(columns[0].mean(axis=axis))


def middle(*columns: Column, axis: int = -1) -> Column:
    """The median."""
    return np.asarray(np.median(columns[0], axis=axis))


def percentile_95(*columns: Column, axis: int = -1) -> Column:
    """The value that 95% stay below."""
    return np.asarray(np.quantile(columns[0], 0.95, axis=axis))


def f1(*columns: Column, axis: int = -1) -> Column:
    """F1 of a yes-or-no judgement: columns are the truth and what was said, as 0 or 1. 0 where neither ever says 1."""
    truth, said = columns
    return _share(2 * (truth * said).sum(axis=axis), truth.sum(axis=axis) + said.sum(axis=axis))


def skill(*columns: Column, axis: int = -1) -> Column:
    """Hit rate less false alarm rate of a yes-or-no judgement, -1 to 1: 0 for one that always says the same.

    Peirce (1884), also known as Youden's J.
    """
    truth, said = columns
    hits = _share((truth * said).sum(axis=axis), truth.sum(axis=axis))
    return np.asarray(hits - _share(((1 - truth) * said).sum(axis=axis), (1 - truth).sum(axis=axis)))


def calibration_error(*columns: Column, axis: int = -1) -> Column:
    """Expected calibration error of confidences in answers: above zero where the answer was right, below where not.

    Ten bins of equal width, each weighed by its cases (Guo et al., "On Calibration of Modern Neural Networks", 2017).
    """
    signed = np.moveaxis(columns[0], axis, -1)
    said, right = np.abs(signed), (signed > 0).astype(float)
    place = np.minimum((said * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    gaps = [np.abs(np.where(place == each, right - said, 0.0).sum(axis=-1)) for each in range(CONFIDENCE_BINS)]
    return np.asarray(sum(gaps) / signed.shape[-1])


def value(statistic: Statistic, columns: Sequence[ArrayLike]) -> float | None:
    """A statistic without its interval; None of no case."""
    data = [np.asarray(column, dtype=float) for column in columns]
    return round(float(statistic(*data)), 4) if len(data[0]) else None


def mean(values: Sequence[float]) -> Estimate:
    """The mean of some values."""
    return estimate(average, [values])


def estimate(statistic: Statistic, columns: Sequence[ArrayLike], seed: int = 0) -> Estimate:
    """A statistic of columns that all have a value for each case, with its interval."""
    data = [np.asarray(column, dtype=float) for column in columns]
    n = len(data[0])
    if not n:
        return Estimate(None, None, None, 0)
    found = float(statistic(*data))
    if statistic is average and set(np.unique(data[0])) <= {0.0, 1.0}:
        return _rounded(found, *wilson(found, n), n)
    if n == 1:
        return Estimate(round(found, 4), None, None, 1)
    return _rounded(found, *_bootstrap(statistic, data, seed).interval, n)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of a share of n cases, without continuity correction."""
    found = binomtest(round(share * n), n).proportion_ci(1 - ALPHA, method="wilson")
    return float(found.low), float(found.high)


def difference(
    statistic: Statistic,
    shared: Sequence[ArrayLike],
    runs: tuple[ArrayLike, ArrayLike],
    seed: int = 0,
    tests: int = 1,
) -> Difference:
    """How a statistic differs between two runs, baseline and candidate, over the same cases in the same order.

    `shared` columns come before a run's own in the statistic. `tests` is how many metrics share the error rate, which
    `detectable` takes into account.
    """
    base, candidate = (np.asarray(run, dtype=float) for run in runs)
    truth = [np.asarray(column, dtype=float) for column in shared]

    def change(*columns: Column, axis: int = -1) -> Column:
        *same, first, second = columns
        return np.asarray(statistic(*same, second, axis=axis) - statistic(*same, first, axis=axis))

    delta, n = float(change(*truth, base, candidate)), len(base)
    if n > 1 and not np.array_equal(base, candidate):
        drawn = _bootstrap(change, [*truth, base, candidate], seed)
        interval, error = drawn.interval, drawn.standard_error
    else:
        interval, error = (delta, delta), 0.0
    return Difference(
        delta=round(delta, 4),
        low=round(interval[0], 4),
        high=round(interval[1], 4),
        p=_permuted(statistic, truth, (base, candidate), seed),
        detectable=_detectable_share(n, int((base != candidate).sum()), tests)
        if statistic is average and _is_share(base, candidate)
        else _detectable(error, _smallest_class(truth, n), np.concatenate([base, candidate]), tests),
        n=n,
    )


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """The p values of several tests, each raised so that one threshold holds for all of them together."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    for done, name in enumerate(sorted(values, key=lambda each: values[each])):
        highest = max(highest, min(1.0, (len(values) - done) * values[name]))
        adjusted[name] = highest
    return adjusted


@dataclass(frozen=True)
class _Drawn:
    interval: tuple[float, float]
    standard_error: float


def _bootstrap(statistic: Statistic, columns: Sequence[Column], seed: int) -> _Drawn:
    if all(len(np.unique(column)) == 1 for column in columns):  # every resample is the same
        constant = float(statistic(*columns))
        return _Drawn((constant, constant), 0.0)
    found = bootstrap(
        columns,
        statistic,
        n_resamples=RESAMPLES,
        batch=max(1, _AT_ONCE // len(columns[0])),
        paired=True,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    low, high = (float(each) for each in found.confidence_interval)
    return _Drawn((low, high), float(found.standard_error))


def _permuted(statistic: Statistic, shared: Sequence[Column], runs: tuple[Column, Column], seed: int) -> float:
    """Two-sided p: how often runs whose figures are swapped at random, case by case, differ as much as these do.

    For shares the swaps need not be drawn: of the cases that changed, as many gained as lost (the exact sign test).
    """
    base, candidate = runs
    moved = (candidate - base)[candidate != base]
    if not moved.size:
        return 1.0
    if statistic is average and set(np.abs(moved)) == {1.0}:
        return float(binomtest(int((moved > 0).sum()), moved.size).pvalue)
    swap = np.random.default_rng(seed).random((PERMUTATIONS, len(base))) < 0.5
    same = [np.broadcast_to(column, swap.shape) for column in shared]
    first, second = np.where(swap, candidate, base), np.where(swap, base, candidate)
    drawn = np.abs(statistic(*same, second) - statistic(*same, first))
    seen = abs(float(statistic(*shared, candidate) - statistic(*shared, base)))
    return float((1 + (drawn >= seen - 1e-12).sum()) / (PERMUTATIONS + 1))


def _detectable(error: float, n: int, values: Column, tests: int) -> float | None:
    """The larger of what the spread of the differences allows and, for figures from 0 to 1, what the test can reach.

    The test needs k cases that all change the same way, 2 * 0.5**k < alpha / tests, before it can say anything.
    """
    z = float(norm.ppf(1 - ALPHA / tests / 2) + norm.ppf(POWER))
    if values.min() >= 0 and values.max() <= 1:
        return round(max(z * error, min(1.0, math.ceil(math.log2(2 * tests / ALPHA)) / n)), 4)
    return round(z * error, 4) if error else None


def _is_share(*columns: Column) -> bool:
    return all(set(np.unique(column)) <= {0.0, 1.0} for column in columns)


@lru_cache(maxsize=4_096)
def _detectable_share(n: int, moved: int, tests: int) -> float:
    """The smallest difference of a share that the exact sign test finds with the promised power; 1 where none is.

    The share of cases that move is the one that was seen, or the difference itself where that is larger: how many move,
    and how many of these for the worse, is drawn (the unconditional power of McNemar's exact test, Connor, 1987).
    """
    cases = np.arange(n + 1)
    # how many of the moved cases may at most move the other way
    fewest = binom.ppf(ALPHA / tests / 2, cases, 0.5)
    fewest -= 2 * binom.cdf(fewest, cases, 0.5) >= ALPHA / tests

    def power(delta: float) -> float:
        moving = max(moved / n, delta)
        other = (moving - delta) / (2 * moving)
        return float((binom.pmf(cases, n, moving) * binom.cdf(fewest, cases, other)).sum())

    steps = range(1, 10 * n + 1)  # tenths of a case
    place = bisect_left(steps, POWER, key=lambda step: power(step / (10 * n)))
    return round((place + 1) / (10 * n), 4) if place < len(steps) else 1.0


def _smallest_class(shared: Sequence[Column], n: int) -> int:
    """The number of cases that a change has to happen in: those of the rarer class where there are two."""
    return max(1, min(n, *(int(min(column.sum(), n - column.sum())) for column in shared))) if shared else n


def _share(part: Column, whole: Column) -> Column:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(np.asarray(part, dtype=float)), where=whole != 0))


def _rounded(found: float, low: float, high: float, n: int) -> Estimate:
    return Estimate(round(found, 4), round(low, 4), round(high, 4), n)
