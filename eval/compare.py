"""Two runs side by side. Each metric ends in one of five verdicts: better, worse, cannot tell, not comparable, not run.

Only cases that both runs scored are compared, pair by pair. A metric is better or worse when its interval leaves out
zero and its p value holds after Holm's correction over all metrics that may block; otherwise nobody can tell at this n,
and the smallest difference that could have been told stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from eval.measures import JUDGED, LATENCY, METRICS, OPTIONAL, Metric, having
from eval.record import Record, failed_nulls
from eval.statistics import ALPHA, Difference, difference, holm, value
from eval.worth import judges_apart, standing, told

Word: TypeAlias = Literal["better", "worse", "cannot tell", "not comparable", "not run"]
# What has to be the same in two runs: otherwise a difference would not be the change's.
_SAME = {
    "suite": "the suites",
    "suite_fingerprint": "the cases",
    "split": "the splits",
    "corpus": "the corpora",
    "judge": "the versions of the scoring",
}
_TIMES = "the machine's load during each run is in it"


@dataclass(frozen=True)
class Verdict:
    """One metric of two runs over the `n` cases that both scored; None where there is nothing to say."""

    verdict: Word
    baseline: float | None = None
    candidate: float | None = None
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None
    n: int = 0
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """Every metric's verdict; `why` names what keeps the runs from being comparable."""

    metrics: Mapping[str, Verdict]
    comparable: bool
    why: tuple[str, ...]


def compare(baseline: Record, candidate: Record, seed: int = 0) -> Comparison:
    """What `candidate` changed. `seed` draws the resamples, so that repeats can differ.

    Judged metrics may block where the candidate's judge is calibrated, and are left out where it is refused.
    """
    trusted, refused = (standing(candidate.config, each) for each in ("calibrated", "refused"))
    known = [each for each in METRICS if each.name not in refused]
    metrics = [replace(each, blocks=each.blocks or each.name in trusted) for each in known]
    if why := _differences(baseline, candidate):
        unlike = {metric.name: _apart(metric, baseline, candidate, why[0]) for metric in metrics}
        return Comparison(_present(unlike), False, why)
    apart = {metric.name: _metric_apart(metric, baseline, candidate) for metric in metrics}
    shared = {metric.name: [] if apart[metric.name] else _shared(metric, baseline, candidate) for metric in metrics}
    tests = sum(metric.blocks and bool(shared[metric.name]) for metric in metrics)
    found = {
        metric.name: _difference(metric, baseline, candidate, shared[metric.name], seed, tests)
        for metric in metrics
        if shared[metric.name]
    }
    blocking = {metric.name: found[metric.name].p for metric in metrics if metric.blocks and metric.name in found}
    adjusted = {**{name: each.p for name, each in found.items()}, **holm(blocking)}
    verdicts = {}
    for metric in metrics:
        if metric.name not in found:
            lacking = not _shared(metric, baseline, candidate)
            why_not = "no case has its figures in both runs" if lacking else apart[metric.name]
            verdicts[metric.name] = _apart(metric, baseline, candidate, why_not)
        else:
            values = _values(metric, baseline, candidate, shared[metric.name])
            verdict = _verdict(metric, found[metric.name], adjusted[metric.name], values)
            worth = told(candidate.config, metric.name)
            verdicts[metric.name] = replace(verdict, why=worth) if worth else verdict
    return Comparison(_present(verdicts), True, ())


def _verdict(metric: Metric, found: Difference, p: float, values: tuple[float | None, float | None]) -> Verdict:
    told = p < ALPHA and not found.low <= 0 <= found.high
    good = (found.delta > 0) == metric.higher_is_better
    word: Word = ("better" if good else "worse") if told else "cannot tell"
    return Verdict(
        verdict=word,
        baseline=values[0],
        candidate=values[1],
        delta=found.delta,
        low=found.low,
        high=found.high,
        p=round(p, 4),
        detectable=found.detectable,
        n=found.n,
        why=_TIMES if metric.name in LATENCY else "",
    )


def _difference(
    metric: Metric, baseline: Record, candidate: Record, cases: Sequence[str], seed: int, tests: int
) -> Difference:
    own = metric.figures[-1]
    shared = [[baseline.scores[case][figure] for case in cases] for figure in metric.shared]
    first, second = ([run.scores[case][own] for case in cases] for run in (baseline, candidate))
    return difference(metric.statistic, shared, (first, second), seed, tests if metric.blocks else 1)


def _apart(metric: Metric, baseline: Record, candidate: Record, why: str) -> Verdict:
    """What to say of a metric without comparing: not run where a run lacks it, not comparable otherwise."""
    first, second = having(metric, baseline.scores), having(metric, candidate.scores)
    before, after = _value(metric, baseline, first), _value(metric, candidate, second)
    if first and second:
        return Verdict("not comparable", before, after, why=why)
    lacking = "both runs" if not (first or second) else "the candidate" if first else "the baseline"
    return Verdict("not run", before, after, why=f"no case has its figures in {lacking}")


def _shared(metric: Metric, baseline: Record, candidate: Record) -> list[str]:
    able = set(having(metric, baseline.scores))
    return [case for case in having(metric, candidate.scores) if case in able]


def _values(
    metric: Metric, baseline: Record, candidate: Record, cases: Sequence[str]
) -> tuple[float | None, float | None]:
    return _value(metric, baseline, cases), _value(metric, candidate, cases)


def _value(metric: Metric, run: Record, cases: Sequence[str]) -> float | None:
    return value(metric.statistic, [[run.scores[case][each] for case in cases] for each in metric.figures])


def _differences(baseline: Record, candidate: Record) -> tuple[str, ...]:
    """What differs that must be the same, in words; a corpus that nobody knows differs from every other."""
    pairs = {name: (baseline.config.get(name), candidate.config.get(name)) for name in _SAME}
    found = [f"{_SAME[name]} differ: {a} and {b}" for name, (a, b) in pairs.items() if a != b]
    found += ["the corpora of both are unknown"] if pairs["corpus"] == (None, None) else []
    for name, run in (("baseline", baseline), ("candidate", candidate)):
        failed = failed_nulls(run.config)
        found += [f"null controls of the {name} failed: {', '.join(failed)}"] if failed else []
    return tuple(found)


def _metric_apart(metric: Metric, baseline: Record, candidate: Record) -> str:
    """Why one metric of two runs cannot be compared where others can; empty where it can."""
    if metric.name in LATENCY:
        return _times_apart(baseline, candidate)
    return judges_apart(baseline.config, candidate.config, metric.name) if metric.name in JUDGED else ""


def _times_apart(baseline: Record, candidate: Record) -> str:
    """Why the times of two runs cannot be compared; empty where they can."""
    if baseline.config["machine"] != candidate.config["machine"]:
        return "the machines differ"
    at_once = [run.config.get("concurrency", 1) for run in (baseline, candidate)]
    return "" if at_once[0] == at_once[1] else f"{at_once[0]} and {at_once[1]} questions were asked at a time"


def _present(verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """Without the optional metrics that neither run has."""
    return {
        name: each
        for name, each in verdicts.items()
        if name not in OPTIONAL or each.baseline is not None or each.candidate is not None
    }
