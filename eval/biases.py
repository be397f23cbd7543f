"""What sways a judge that should sway nobody: the order in which it is shown things, its own model's hand, length.

Each is a difference between shares of answers that the judge calls good, at equal labels: that people call one group's
answers better moves nothing. It is found where its 95% interval lies beyond what is tolerated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eval.answer_labels import Labelled
from eval.judgement import Judgement, NoRating, Rating
from eval.statistics import Column, Estimate, estimate, mean

TOLERATED = 0.1
LEAST_GROUP = 10
"""Answers of each group, below which nothing is told."""
Found: TypeAlias = Literal["found", "none", "cannot tell"]


@dataclass(frozen=True)
class Rated:
    """A labelled answer with the judgement of it, and a rating of the same shown in another order."""

    answer: Labelled
    judgement: Judgement
    turned: Rating | NoRating


@dataclass(frozen=True)
class Bias:
    """A difference of shares, whether it is a bias, and the figures or what is missing in words."""

    difference: Estimate
    verdict: Found
    says: str


@dataclass(frozen=True)
class Biases:
    """The three that are looked for."""

    position: Bias
    own: Bias
    length: Bias


def biases_of(model: str, rated: Sequence[Rated]) -> Biases:
    """What sways a judge of this model. Whether an answer is its own is told by the model's name that the label has."""
    lengths = [len(each.answer.submission.answer) for each in rated]
    middle = float(np.median(lengths)) if lengths else 0.0
    known = [each for each in rated if each.answer.model]
    return Biases(
        position=_position(rated),
        own=_between(known, [_same_model(each.answer.model, model) for each in known], "answers of its own model"),
        length=_between(rated, [each > middle for each in lengths], "longer answers"),
    )


def _position(rated: Sequence[Rated]) -> Bias:
    """Share of ratings that differ in another order, less the share that differ when asked again in the same."""
    moved: list[float] = []
    for each in rated:
        first, again, *_ = [*each.judgement.ratings, None, None]
        if isinstance(first, Rating) and isinstance(again, Rating) and isinstance(each.turned, Rating):
            moved.append(float(each.turned.score != first.score) - float(again.score != first.score))
    found = mean(moved)
    if found.n < LEAST_GROUP:
        return Bias(found, "cannot tell", f"{found.n} answers were rated twice and in another order")
    return _bias(found, "ratings that change with the order and not by asking again")


def _between(rated: Sequence[Rated], inside: Sequence[bool], group: str) -> Bias:
    told = [
        (float(each.judgement.score), float(each.answer.label), float(kind))
        for each, kind in zip(rated, inside, strict=True)
        if each.judgement.score is not None
    ]
    within = int(sum(kind for *_, kind in told))
    if min(within, len(told) - within) < LEAST_GROUP:
        sizes = f"{group}: {within} beside {len(told) - within} others, and it takes {LEAST_GROUP} of each"
        return Bias(Estimate(None, None, None, len(told)), "cannot tell", sizes)
    return _bias(estimate(_at_equal_labels, list(zip(*told, strict=True))), f"{group}, at equal labels")


def _bias(found: Estimate, what: str) -> Bias:
    value, low, high = (float(each or 0.0) for each in (found.value, found.low, found.high))
    says = f"{what}: {value:+.2f} ({low:+.2f} to {high:+.2f}, n {found.n})"
    if low > TOLERATED or high < -TOLERATED:
        return Bias(found, "found", says)
    return Bias(found, "none" if low >= -TOLERATED and high <= TOLERATED else "cannot tell", says)


def _at_equal_labels(*columns: Column, axis: int = -1) -> Column:
    """Share called good in one group less that in the other, among answers of each label, weighed by their number.

    Columns are the ratings, the labels and who is in the group, as 0 or 1. A label that one group lacks says nothing.
    """
    ratings, labels, inside = columns
    total, weights = np.zeros(()), np.zeros(())
    for alike in (labels, 1 - labels):
        ours, others = (alike * inside).sum(axis=axis), (alike * (1 - inside)).sum(axis=axis)
        gap = (ratings * alike * inside).sum(axis=axis) / np.maximum(ours, 1)
        gap = gap - (ratings * alike * (1 - inside)).sum(axis=axis) / np.maximum(others, 1)
        weight = np.where((ours > 0) & (others > 0), ours + others, 0.0)
        total, weights = total + weight * gap, weights + weight
    return np.asarray(total / np.maximum(weights, 1))


def _same_model(written: str, judge: str) -> bool:
    """Whether two names mean one model, whatever provider it is reached through."""
    return written == judge or written.partition(":")[2] == judge.partition(":")[2] != ""
