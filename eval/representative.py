"""Do the golden questions look like the questions that are asked? A classifier has to tell the two apart.

A logistic regression on the encoder's vectors is trained on some questions and scores the others, in five parts (the
classifier two-sample test: Lopez-Paz and Oquab, 2017). An AUC of .5 is chance: nothing tells them apart, or there are
too few to tell. Where live questions lie that no golden case is near is said by topic. Whether golden answers are right
is not looked at.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, norm
from sklearn.cluster import AgglomerativeClustering
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from eval.statistics import ALPHA, POWER, RESAMPLES, Estimate, mean
from service.core.embedder import Embedder, mean_pooled
from service.core.settings import Settings
from service.core.types import Vector

FOLDS = 5
# Fewer on one side leave a fold with hardly a question.
LEAST_QUESTIONS = 20
# A live question is far from the golden ones when fewer than this share of them stand as far from all the others.
FAR_SHARE = 0.05
# Members of a topic, and how close they are to each other on average (cosine distance).
_TOPIC_LEAST, _TOPIC_SHARE, _TOPIC_DISTANCE = 3, 0.01, 0.65
_SHOWN = 3
Verdict: TypeAlias = Literal["differ", "cannot tell", "too few"]


@dataclass(frozen=True)
class Topic:
    """Live questions close to each other and far from every golden one: their share, and the most central ones."""

    share: Estimate
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Representation:
    """How far golden and live questions can be told apart. `detectable` is the AUC that such numbers would show."""

    auc: Estimate
    verdict: Verdict
    detectable: float | None
    golden: int
    live: int
    far: Estimate
    topics: tuple[Topic, ...]


def representation(golden: Sequence[str], live: Sequence[str], encoder: Embedder, seed: int = 0) -> Representation:
    """Compare two sets of questions; one that is asked several times counts once."""
    golden, live = unique(golden), unique(live)
    ours, theirs = vectors(encoder, golden), vectors(encoder, live)
    few = min(len(golden), len(live)) < LEAST_QUESTIONS
    auc = Estimate(None, None, None, len(golden) + len(live)) if few else told_apart(ours, theirs, seed)
    away = far(ours, theirs)
    return Representation(
        auc=auc,
        verdict="too few" if few else judged(auc),
        detectable=None if few else detectable(len(golden), len(live)),
        golden=len(golden),
        live=len(live),
        far=mean([float(each) for each in away]),
        topics=topics([question for question, each in zip(live, away, strict=True) if each], theirs[away], len(live)),
    )


def told_apart(golden: Vector, live: Vector, seed: int = 0) -> Estimate:
    """The AUC with which a classifier that did not see a question tells which set it is from, with its 95% interval.

    The interval is the percentile bootstrap over the questions of both sets; the classifiers stay as they are. Where
    nothing tells the sets apart the AUC lies a little below .5, since a question is missing from where it is looked for.
    """
    rows = np.concatenate([golden, live])
    truth = np.concatenate([np.zeros(len(golden)), np.ones(len(live))])
    scores = np.empty(len(rows))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, truth):
        model = LogisticRegression(class_weight="balanced", max_iter=1_000).fit(rows[train], truth[train])
        made = model.decision_function(rows[test])
        # ranks within a fold, so that classifiers of different scale can stand in one list
        scores[test] = np.argsort(np.argsort(made)) / len(made)

    def auc(negative: NDArray[np.float64], positive: NDArray[np.float64]) -> float:
        both = np.concatenate([np.zeros(len(negative)), np.ones(len(positive))])
        found: float = roc_auc_score(both, np.concatenate([negative, positive]))
        return found

    ours, theirs = scores[truth == 0], scores[truth == 1]
    drawn = bootstrap(
        (ours, theirs),
        auc,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    low, high = (float(each) for each in drawn.confidence_interval)
    return Estimate(round(auc(ours, theirs), 4), round(low, 4), round(high, 4), len(rows))


def judged(auc: Estimate) -> Verdict:
    """They differ when the interval lies above chance."""
    return "differ" if auc.low is not None and auc.low > 0.5 else "cannot tell"


def detectable(golden: int, live: int) -> float:
    """The smallest AUC that four of five such comparisons would find: Mann and Whitney's standard error at chance."""
    error = math.sqrt((golden + live + 1) / (12 * golden * live))
    return round(min(1.0, 0.5 + float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER)) * error), 3)


def far(golden: Vector, live: Vector) -> NDArray[np.bool_]:
    """Which live questions are further from every golden one than nearly all golden ones are from each other."""
    own = golden @ golden.T
    np.fill_diagonal(own, -1.0)
    if len(golden) < 2:
        return np.zeros(len(live), dtype=bool)
    border = float(np.quantile(own.max(axis=1), FAR_SHARE))
    return np.asarray((live @ golden.T).max(axis=1) < border)


def topics(questions: Sequence[str], rows: Vector, live: int) -> tuple[Topic, ...]:
    """Groups of far questions, the largest first; those that stand alone or in pairs are no topic."""
    least = max(_TOPIC_LEAST, round(_TOPIC_SHARE * live))
    if len(questions) < least:
        return ()
    grouping = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=_TOPIC_DISTANCE
    )
    names = grouping.fit_predict(rows)
    found = []
    for name in range(int(names.max()) + 1):
        members = np.flatnonzero(names == name)
        if len(members) < least:
            continue
        central = members[np.argsort(-(rows[members] @ rows[members].mean(axis=0)), kind="stable")[:_SHOWN]]
        share = mean([1.0] * len(members) + [0.0] * (live - len(members)))
        found.append(Topic(share, tuple(questions[int(at)] for at in central)))
    return tuple(sorted(found, key=lambda each: -(each.share.value or 0)))


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
