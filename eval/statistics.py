"""A mean never stands alone: it comes with its interval and the number of cases behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap

RESAMPLES = 2_000


@dataclass(frozen=True)
class Estimate:
    """A statistic of `n` values with its 95% interval; all None when there is no value."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def mean(values: Sequence[float]) -> Estimate:
    """The mean with its percentile bootstrap interval (Efron and Tibshirani, 1993), 2,000 resamples, seed 0."""
    if not values:
        return Estimate(None, None, None, 0)
    sample = np.asarray(values, dtype=float)
    if len(set(values)) == 1:  # every resample is the same
        return Estimate(float(sample[0]), float(sample[0]), float(sample[0]), len(sample))
    found = bootstrap((sample,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(0))
    low, high = (round(float(each), 4) for each in found.confidence_interval)
    return Estimate(round(float(sample.mean()), 4), low, high, len(sample))


def f1(truth: Sequence[bool], said: Sequence[bool]) -> Estimate:
    """F1 of a yes-or-no judgement, resampled by cases like `mean`."""
    pairs = np.asarray([truth, said], dtype=bool)
    if not pairs.size:
        return Estimate(None, None, None, 0)
    picks = np.random.default_rng(0).integers(0, pairs.shape[1], (RESAMPLES, pairs.shape[1]))
    low, high = np.quantile([_f1(pairs[:, each]) for each in picks], (0.025, 0.975))
    return Estimate(round(_f1(pairs), 4), round(float(low), 4), round(float(high), 4), pairs.shape[1])


def _f1(pairs: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    both, either = int((pairs[0] & pairs[1]).sum()), int(pairs[0].sum() + pairs[1].sum())
    return 2 * both / either if either else 0.0
