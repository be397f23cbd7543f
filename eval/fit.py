"""Fits a head: a logistic regression whose features may only push the way they are said to, and its calibration.

A feature that pushes the other way would have learnt how the questions of one set are written. Nothing is read or
written here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from eval.statistics import Column
from service.rag.heads import Scale, sigmoid

RIDGE = 0.003
FOLDS = 6


@dataclass(frozen=True)
class Example:
    """The features of one case, whether it is a positive, and how much it counts. `group` keeps cases in one fold."""

    features: Mapping[str, float]
    positive: bool
    weight: float = 1.0
    group: str = ""


@dataclass(frozen=True)
class Line:
    """A bias and a weight a feature."""

    bias: float
    weights: dict[str, float]

    def score(self, features: Mapping[str, float]) -> float:
        """The weighted sum."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())


def line(examples: Sequence[Example], signs: Mapping[str, int]) -> Line:
    """The logistic regression with an L2 penalty on standardised features, each weight on the side of its sign."""
    rows = np.asarray([[each.features[name] for name in signs] for each in examples], dtype=float)
    share = np.asarray([each.weight for each in examples]) / sum(each.weight for each in examples)
    side = np.asarray([1.0 if each.positive else -1.0 for each in examples])
    mean = share @ rows
    spread = np.sqrt(share @ (rows - mean) ** 2) + 1e-9
    scaled = (rows - mean) / spread

    def loss(guess: Column) -> tuple[float, Column]:
        margin = side * (guess[0] + scaled @ guess[1:])
        pull = -share * side / (1.0 + np.exp(np.clip(margin, -60, 60)))
        value = float(share @ np.logaddexp(0.0, -margin) + RIDGE * (guess[1:] ** 2).sum())
        return value, np.concatenate([[pull.sum()], scaled.T @ pull + 2 * RIDGE * guess[1:]])

    low = [-np.inf, *(0.0 if sign > 0 else -np.inf for sign in signs.values())]
    high = [np.inf, *(np.inf if sign > 0 else 0.0 for sign in signs.values())]
    found = minimize(loss, np.zeros(len(signs) + 1), jac=True, bounds=Bounds(low, high), method="L-BFGS-B").x
    weights = found[1:] / spread
    bias = float(found[0] - weights @ mean)
    return Line(round(bias, 4), {name: round(float(each), 4) for name, each in zip(signs, weights, strict=True)})


def out_of_fold(
    examples: Sequence[Example], also: Sequence[Example], fitted: Callable[[Sequence[Example]], Line], seed: int = 0
) -> NDArray[np.float64]:
    """The score of each example by a line that was fitted without its group, and with all of `also`."""
    groups = sorted({each.group for each in examples})
    np.random.default_rng(seed).shuffle(groups)
    fold = {group: place % FOLDS for place, group in enumerate(groups)}
    lines = [fitted([*(one for one in examples if fold[one.group] != number), *also]) for number in range(FOLDS)]
    return np.asarray([lines[fold[each.group]].score(each.features) for each in examples])


def scale(scores: Sequence[float], positive: Sequence[bool], *, balanced: bool = False) -> Scale:
    """Platt's scaling of some scores; `balanced` counts both classes alike, as if half of the cases were positive."""
    counts = np.asarray(positive, dtype=bool)
    weight = (
        np.where(counts, 1 / max(counts.sum(), 1), 1 / max((~counts).sum(), 1)) if balanced else np.ones(len(counts))
    )
    cases = [Example({"score": s}, bool(p), float(w)) for s, p, w in zip(scores, counts, weight, strict=True)]
    found = line(cases, {"score": 1})
    return Scale(found.weights["score"], found.bias)


def probabilities(scores: Sequence[float], by: Scale) -> list[float]:
    """What a scale makes of some scores."""
    return [sigmoid(by.slope * each + by.offset) for each in scores]


def out_of_fold_probabilities(scores: Sequence[float], positive: Sequence[bool], seed: int = 0) -> list[float]:
    """What scales make of some scores, each fitted without the scores that it is applied to."""
    folds = np.random.default_rng(seed).permutation(len(scores)) % FOLDS
    given, truth = np.asarray(scores), np.asarray(positive, dtype=bool)
    made = np.zeros(len(given))
    for number in set(folds.tolist()):
        kept, left = folds != number, folds == number
        made[left] = probabilities(given[left].tolist(), scale(given[kept].tolist(), truth[kept].tolist()))
    return made.tolist()
