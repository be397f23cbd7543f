"""What a benchmark says of some measurements: the median with its interval, and the 95th percentile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.statistics import estimate, middle, percentile_95


@dataclass(frozen=True)
class Percentiles:
    """A median with its 95% bootstrap interval and the 95th percentile of n measurements, in their unit."""

    p50: float
    low: float | None
    high: float | None
    p95: float
    n: int


def figure(values: Sequence[float]) -> Percentiles:
    """The figure of some measurements. Raises ValueError without one."""
    if not values:
        raise ValueError("percentiles of nothing")
    found = estimate(middle, [values])
    sample = np.asarray(values, dtype=float)
    return Percentiles(
        round(float(np.median(sample)), 3), found.low, found.high, round(float(percentile_95(sample)), 3), len(values)
    )
