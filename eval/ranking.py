"""Statistics of a detector's scores, each for columns of the truth, as 0 or 1, and of the score, along an axis."""

import numpy as np
from scipy.stats import rankdata

from eval.statistics import Column

FALSE_ALARMS = 0.01


def auc(*columns: Column, axis: int = -1) -> Column:
    """Chance that a positive scores above a negative; ties count half."""
    truth, score = columns
    ranks = rankdata(score, axis=axis)
    positive, every = truth.sum(axis=axis), truth.shape[axis]
    above = (ranks * truth).sum(axis=axis) - positive * (positive + 1) / 2
    return np.asarray(above / np.maximum(positive * (every - positive), 1))


def average_precision(*columns: Column, axis: int = -1) -> Column:
    """Mean over the positives of the precision at each one's place; ties in the order of the cases."""
    truth = _best_first(*columns, axis=axis)
    precision = truth.cumsum(axis=-1) / np.arange(1, truth.shape[-1] + 1)
    return np.asarray((precision * truth).sum(axis=-1) / np.maximum(truth.sum(axis=-1), 1))


def detected_at_one_percent(*columns: Column, axis: int = -1) -> Column:
    """Share of the positives above the score that at most 1% of the negatives exceed."""
    truth = _best_first(*columns, axis=axis)
    negatives = np.maximum((1 - truth).sum(axis=-1, keepdims=True), 1)
    allowed = (1 - truth).cumsum(axis=-1) <= FALSE_ALARMS * negatives
    return np.asarray((truth * allowed).sum(axis=-1) / np.maximum(truth.sum(axis=-1), 1))


def precision(*columns: Column, axis: int = -1) -> Column:
    """Of what was said to be positive, the share that is: columns are the truth and what was said, as 0 or 1."""
    truth, said = columns
    return np.asarray((truth * said).sum(axis=axis) / np.maximum(said.sum(axis=axis), 1))


def _best_first(*columns: Column, axis: int) -> Column:
    truth, score = (np.moveaxis(each, axis, -1) for each in columns)
    order = np.argsort(-score, axis=-1, kind="stable")
    ordered: Column = np.take_along_axis(truth, order, axis=-1)
    return ordered
