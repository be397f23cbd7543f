"""Which cases of a run became worse, worst first, with both answers where both are there. Nothing is tested for chance.

A case alone proves nothing: whether a metric is worse is eval.compare's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from eval.measures import METRICS, Metric
from eval.record import Record
from eval.statistics import average

Line: TypeAlias = Mapping[str, Any]
LIMIT = 10
_PER_CASE = tuple(metric for metric in METRICS if metric.blocks and metric.statistic is average)
_JUDGED_TOO = (*_PER_CASE, *(metric for metric in METRICS if metric.judged))


@dataclass(frozen=True)
class Fall:
    """A figure of a case that became worse, and why it is not full; `after` is None where the case failed."""

    figure: str
    before: float
    after: float | None
    reason: str = ""


@dataclass(frozen=True)
class Regression:
    """A case with the figures that fell; a line is None where the run is a baseline file, which holds no text."""

    id: str
    falls: tuple[Fall, ...]
    before: Line | None
    after: Line | None


def worst(
    baseline: Record, candidate: Record, lines: tuple[Sequence[Line], Sequence[Line]], limit: int = LIMIT
) -> list[Regression]:
    """The cases whose figures fell the most in sum, among those that the baseline scored; ties by id."""
    before, after = ({line["id"]: line for line in each} for each in lines)
    found = []
    for case, scores in baseline.scores.items():
        fell = _falls(scores, candidate.scores.get(case), case in candidate.failed, after.get(case))
        if fell:
            found.append(Regression(case, fell, before.get(case), after.get(case)))
    return sorted(found, key=lambda each: (-sum(_size(fall) for fall in each.falls), each.id))[:limit]


def weakest(lines: Sequence[Line], limit: int = LIMIT) -> list[Line]:
    """The scored cases with the most missing from their figures in sum, a judge's among them; full ones left out."""
    missing = {
        line["id"]: sum(1.0 - line["scores"][metric.name] for metric in _JUDGED_TOO if metric.name in line["scores"])
        for line in lines
        if line["type"] == "scored"
    }
    known = {line["id"]: line for line in lines}
    return [known[case] for case in sorted(missing, key=lambda case: (-missing[case], case)) if missing[case]][:limit]


def _falls(
    before: Mapping[str, float], after: Mapping[str, float] | None, failed: bool, line: Line | None
) -> tuple[Fall, ...]:
    figures = [metric for metric in _PER_CASE if metric.name in before]
    if failed:
        return tuple(Fall(metric.name, before[metric.name], None) for metric in figures)
    if after is None:
        return ()
    why = line.get("reasons", {}) if line else {}
    return tuple(
        Fall(metric.name, before[metric.name], after[metric.name], why.get(metric.name, ""))
        for metric in figures
        if metric.name in after and _worse(metric, before[metric.name], after[metric.name])
    )


def _worse(metric: Metric, before: float, after: float) -> bool:
    return after < before if metric.higher_is_better else after > before


def _size(fall: Fall) -> float:
    return 1.0 if fall.after is None else abs(fall.after - fall.before)
