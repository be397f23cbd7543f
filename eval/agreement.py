"""How far people agree on the golden cases: Krippendorff's alpha with a bootstrap interval, and where they differ.

Alpha is 1 for full agreement and 0 for what chance would give. Krippendorff (2004) draws tentative conclusions from
.667 and others from .8. It cannot be had when every label is the same: then nobody knows whether anything was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import krippendorff
import numpy as np
from numpy.typing import NDArray

from eval.labels import ADJUDICATED, JUDGEMENTS, Judgement, annotators, labels_of
from eval.statistics import RESAMPLES, Estimate, mean
from eval.suite import Case
from service.core.settings import Settings

LEAST_ALPHA = 0.667
# Below so many cases with two labels the interval says next to nothing.
LEAST_CASES = 20
Verdict: TypeAlias = Literal["agree", "cannot tell", "do not agree", "not labelled twice", "undefined"]
Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Disagreement:
    """A case on which annotators differ: what each said, and what was decided, if anything."""

    case: str
    labels: Mapping[str, Judgement]
    decided: Judgement | None


@dataclass(frozen=True)
class Agreement:
    """What annotators' labels have in common, over the cases that two or more of them labelled."""

    annotators: tuple[str, ...]
    alpha: Estimate
    same: Estimate
    verdict: Verdict
    disagreements: tuple[Disagreement, ...]


def agreement(suite: Path, cases: Sequence[Case]) -> Agreement:
    """The agreement on some cases of a suite. Raises InvalidSuite for a file of labels that cannot be read."""
    people = annotators(suite)
    by_person = {name: {case: each.label for case, each in labels_of(suite, name, cases).items()} for name in people}
    decided = {case: each.label for case, each in labels_of(suite, ADJUDICATED, cases).items()}
    return compared(by_person, decided)


def compared(
    by_person: Mapping[str, Mapping[str, Judgement]], decided: Mapping[str, Judgement] | None = None
) -> Agreement:
    """The agreement of labels by annotator and case."""
    units = sorted({case for labels in by_person.values() for case in labels})
    given = {case: {name: labels[case] for name, labels in by_person.items() if case in labels} for case in units}
    twice = {case: labels for case, labels in given.items() if len(labels) > 1}
    differ = [case for case, labels in twice.items() if len(set(labels.values())) > 1]
    found = alpha(counted(by_person))
    return Agreement(
        annotators=tuple(by_person),
        alpha=found,
        same=mean([float(case not in differ) for case in twice]),
        verdict=judged(found),
        disagreements=tuple(Disagreement(case, twice[case], (decided or {}).get(case)) for case in differ),
    )


def counted(by_person: Mapping[str, Mapping[str, Judgement]]) -> Counts:
    """How often each case that several people labelled (row) got each label (column)."""
    units = sorted({case for labels in by_person.values() for case in labels})
    given = [[labels[case] for labels in by_person.values() if case in labels] for case in units]
    rows = [[labels.count(each) for each in JUDGEMENTS] for labels in given if len(labels) > 1]
    return np.array(rows, dtype=np.int64).reshape(-1, len(JUDGEMENTS))


def alpha(counts: Counts, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Krippendorff's alpha for nominal labels, from how often each case (row) got each label (column).

    The interval is the percentile bootstrap over cases; a resample in which every label is the same has no alpha and is
    left out. None where alpha is not defined.
    """
    n = len(counts)
    found = _alpha(counts)
    if found is None:
        return Estimate(None, None, None, n)
    draw = np.random.default_rng(seed)
    drawn = [_alpha(counts[draw.integers(0, n, n)]) for _ in range(resamples)]
    values = [each for each in drawn if each is not None]
    low, high = np.percentile(values, [2.5, 97.5])
    return Estimate(round(found, 4), round(float(low), 4), round(float(high), 4), n)


def judged(found: Estimate) -> Verdict:
    """Whether people agree, by the value; the interval decides whether they do not, or whether nobody can tell."""
    if not found.n:
        return "not labelled twice"
    if found.value is None or found.high is None:
        return "undefined"
    if found.n < LEAST_CASES:
        return "cannot tell"
    if found.value >= LEAST_ALPHA:
        return "agree"
    return "cannot tell" if found.high >= LEAST_ALPHA else "do not agree"


def enforced(settings: Settings) -> bool:
    """Whether labels that people do not share keep cases out; with the control `agreement` off they are only told."""
    return "agreement" not in settings.controls_off


def _alpha(counts: Counts) -> float | None:
    if len(counts) < 2 or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
