"""Statistics of a detector's scores by scikit-learn, and their intervals by a bootstrap that keeps both classes.

Each statistic takes columns of the truth, as 0 or 1, and of the score, along an axis. Equal scores are one step of the
curves, so that a detector that says only yes or no is scored as the two points that it has.
"""

from collections.abc import Callable, Sequence

import numpy as np
import sklearn
from scipy.stats import bootstrap
from sklearn import metrics

from eval.statistics import Column, Estimate, Statistic, wilson

FALSE_ALARMS = 0.01
RESAMPLES = 1_000  # each costs a millisecond
_AT_ONCE = 5_000_000  # values that resamples may hold at a time


def auc(*columns: Column, axis: int = -1) -> Column:
    """Chance that a positive scores above a negative; ties count half."""
    return _row_by_row(lambda truth, score: metrics.auc(*_curve(truth, score)[:2]), columns, axis)


def average_precision(*columns: Column, axis: int = -1) -> Column:
    """Mean of the precision at each score, weighed by the recall that it adds."""
    return _row_by_row(metrics.average_precision_score, columns, axis)


def detected_at_one_percent(*columns: Column, axis: int = -1) -> Column:
    """Largest share of the positives that a threshold finds at which at most 1% of the negatives are found."""
    return _row_by_row(lambda truth, score: _strict(truth, score)[0], columns, axis)


def threshold_at_one_percent(truth: Sequence[float], score: Sequence[float]) -> float | None:
    """The threshold behind `detected_at_one_percent`; None where only one that nothing reaches is as strict."""
    found = _strict(np.asarray(truth, dtype=float), np.asarray(score, dtype=float))[1]
    return found if np.isfinite(found) else None


def estimate_by_class(statistic: Statistic, truth: Sequence[float], score: Sequence[float], seed: int = 0) -> Estimate:
    """A statistic of scores with its interval, positives and negatives drawn apart; None where one class is missing.

    Where no resample differs, as with perfect separation, the bootstrap knows no interval: it is Wilson's, of as many
    cases as the rarer class has.
    """
    truth_, score_ = np.asarray(truth, dtype=float), np.asarray(score, dtype=float)
    positives, negatives = score_[truth_ == 1], score_[truth_ == 0]
    rarer = min(len(positives), len(negatives))
    if not rarer:
        return Estimate(None, None, None, 0)

    def ranked(positive: Column, negative: Column, axis: int = -1) -> Column:
        both = np.concatenate([positive, negative], axis=axis)
        labels = np.concatenate([np.ones_like(positive), np.zeros_like(negative)], axis=axis)
        return statistic(labels, both, axis=axis)

    value = float(statistic(truth_, score_))
    if rarer == 1:  # no other case of its class can stand in for it
        return Estimate(round(value, 4), None, None, len(score_))
    found = bootstrap(
        (positives, negatives),
        ranked,
        n_resamples=RESAMPLES,
        batch=max(1, _AT_ONCE // len(score_)),
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    same = len(np.unique(found.bootstrap_distribution)) == 1
    low, high = wilson(value, rarer) if same else map(float, found.confidence_interval)
    return Estimate(round(value, 4), round(low, 4), round(high, 4), len(score_))


def _curve(truth: Column, score: Column) -> tuple[Column, Column, Column]:
    """False alarms, detections and thresholds, strictest first."""
    found: tuple[Column, Column, Column] = metrics.roc_curve(truth, score, drop_intermediate=False)
    return found


def _strict(truth: Column, score: Column) -> tuple[float, float]:
    """The detections at the last point of the curve with at most 1% false alarms, and its threshold."""
    false, found, thresholds = _curve(truth, score)
    place = int(np.searchsorted(false, FALSE_ALARMS + 1e-12, side="right")) - 1
    return float(found[place]), float(thresholds[place])


def _row_by_row(statistic: Callable[[Column, Column], float], columns: Sequence[Column], axis: int) -> Column:
    truth, score = (np.moveaxis(np.asarray(each), axis, -1) for each in columns)
    rows = zip(truth.reshape(-1, truth.shape[-1]), score.reshape(-1, score.shape[-1]), strict=True)
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        return np.asarray([statistic(*each) for each in rows]).reshape(truth.shape[:-1])
