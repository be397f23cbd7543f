"""Do the golden questions look like the questions that are asked? A classifier has to tell the two apart.

A logistic regression on the encoder's vectors is trained on some questions and scores the others, in five parts (the
classifier two-sample test: Lopez-Paz and Oquab, 2017). An AUC of .5 is chance: nothing tells them apart, or there are
too few to tell. Topics that live questions have and golden ones lack are told as well. Whether golden answers are right
is not looked at.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.cluster import AgglomerativeClustering
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from eval.statistics import ALPHA, POWER, RESAMPLES, Estimate, mean
from service.core.embedder import Embedder, mean_pooled
from service.core.settings import Settings
from service.core.types import Vector

FOLDS = 5
# A bootstrap that does not train anew is too narrow: it told 15 of 200 pairs of sets of one kind apart, not 5.
_WIDER = 1.4
# Fewer on one side leave a fold with hardly a question.
LEAST_QUESTIONS = 20
# Live questions that the classifier ranks above so many of the golden ones are gathered into topics, by their average
# cosine distance to each other; fewer than three are no topic.
_ABOVE_GOLDEN, _TOPIC_DISTANCE, _TOPIC_LEAST = 0.9, 0.7, 3
Verdict: TypeAlias = Literal["differ", "cannot tell", "too few"]


@dataclass(frozen=True)
class Topic:
    """Live questions that are close to each other and least like the golden ones, the most central first."""

    share: Estimate
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Ranks:
    """Where a classifier that did not see them ranks the questions between golden (0) and live (1)."""

    golden: NDArray[np.float64]
    live: NDArray[np.float64]


@dataclass(frozen=True)
class Representation:
    """How far golden and live questions can be told apart. `detectable` is the AUC that such numbers would show."""

    auc: Estimate
    verdict: Verdict
    detectable: float | None
    golden: int
    live: int
    topics: tuple[Topic, ...]


def representation(golden: Sequence[str], live: Sequence[str], encoder: Embedder, seed: int = 0) -> Representation:
    """Compare two sets of questions; one that is asked several times counts once."""
    golden, live = unique(golden), unique(live)
    if min(len(golden), len(live)) < LEAST_QUESTIONS:
        unknown = Estimate(None, None, None, len(golden) + len(live))
        return Representation(unknown, "too few", None, len(golden), len(live), ())
    ours, theirs = vectors(encoder, golden), vectors(encoder, live)
    ranks = ranked(ours, theirs, seed)
    auc = told_apart(ranks, seed)
    return Representation(
        auc=auc,
        verdict=judged(auc),
        detectable=detectable(len(golden), len(live)),
        golden=len(golden),
        live=len(live),
        topics=topics(ranks, theirs, live) if judged(auc) == "differ" else (),
    )


def ranked(golden: Vector, live: Vector, seed: int = 0) -> Ranks:
    """Each question's rank by a classifier that was trained on the other four parts."""
    rows = np.concatenate([golden, live])
    truth = np.concatenate([np.zeros(len(golden)), np.ones(len(live))])
    scores = np.empty(len(rows))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, truth):
        model = LogisticRegression(class_weight="balanced", max_iter=1_000).fit(rows[train], truth[train])
        made = model.decision_function(rows[test])
        # ranks within a part, so that classifiers of different scale can stand in one list
        scores[test] = np.argsort(np.argsort(made)) / len(made)
    return Ranks(scores[truth == 0], scores[truth == 1])


def told_apart(ranks: Ranks, seed: int = 0) -> Estimate:
    """The AUC with which the classifier tells which set a question is from, with its 95% interval.

    The interval is the percentile bootstrap over the questions of both sets, widened for the classifiers, which stay as
    they are. Where
    nothing tells the sets apart the AUC lies a little below .5: a question is missing from where it is looked for.
    """
    live = ranks.live[:, None]
    wins = (live > ranks.golden) + 0.5 * (live == ranks.golden)
    found = float(wins.mean())
    low, high = (found + _WIDER * (float(each) - found) for each in np.percentile(_resampled(wins, seed), [2.5, 97.5]))
    return Estimate(round(found, 4), round(max(0.0, low), 4), round(min(1.0, high), 4), sum(wins.shape))


def _resampled(wins: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The AUC of resamples of both sets, from which live question (row) was ranked above which golden one (column)."""
    live, golden = wins.shape
    draw = np.random.default_rng(seed)
    times_live = draw.multinomial(live, np.full(live, 1 / live), size=RESAMPLES)
    times_golden = draw.multinomial(golden, np.full(golden, 1 / golden), size=RESAMPLES)
    return np.asarray(((times_live @ wins) * times_golden).sum(axis=1) / (live * golden))


def judged(auc: Estimate) -> Verdict:
    """They differ when the interval lies above chance."""
    return "differ" if auc.low is not None and auc.low > 0.5 else "cannot tell"


def detectable(golden: int, live: int) -> float:
    """The smallest AUC that four of five such comparisons would find: Mann and Whitney's standard error at chance."""
    error = math.sqrt((golden + live + 1) / (12 * golden * live))
    return round(min(1.0, 0.5 + float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER)) * error), 3)


def topics(ranks: Ranks, rows: Vector, questions: Sequence[str]) -> tuple[Topic, ...]:
    """The topics of the live questions that look least like golden ones, the largest first."""
    apart = np.flatnonzero(ranks.live > np.quantile(ranks.golden, _ABOVE_GOLDEN))
    if len(apart) < _TOPIC_LEAST:
        return ()
    grouping = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=_TOPIC_DISTANCE
    )
    names = grouping.fit_predict(rows[apart])
    found = []
    for name in range(int(names.max()) + 1):
        members = apart[names == name]
        if len(members) >= _TOPIC_LEAST:
            central = members[np.argsort(-(rows[members] @ rows[members].mean(axis=0)), kind="stable")]
            share = mean([1.0] * len(members) + [0.0] * (len(questions) - len(members)))
            found.append(Topic(share, tuple(questions[int(at)] for at in central)))
    return tuple(sorted(found, key=lambda each: -len(each.questions)))


def enforced(settings: Settings) -> bool:
    """Whether a difference stops anything; with the control `representativeness` off it is only told."""
    return "representativeness" not in settings.controls_off


def unique(questions: Sequence[str]) -> list[str]:
    """Each question once, whatever its capitals and marks, in order."""
    return list({re.sub(r"\W+", " ", each).strip().lower(): each for each in questions if each.strip()}.values())


def vectors(encoder: Embedder, texts: Sequence[str]) -> Vector:
    """A unit vector a text, in order."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    made = {
        at: mean_pooled(states)
        for at, (states, _) in zip(order, encoder.token_states([texts[at] for at in order]), strict=True)
    }
    return np.stack([made[at] for at in range(len(texts))])
