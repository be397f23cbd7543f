"""Does a change make answers worse? Compares a run with the baseline in the repository, and says whether to stop.

Stopped by: a deterministic metric that is worse, a metric below its floor in suite.toml, a case that must pass and does
not, more failed or skipped cases than the baseline has, a null control of the run that failed, a baseline that cannot
be compared. Latency is advice, because
machines are noisy. An aim that is missed is named and stops nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.compare import Comparison, compare
from eval.measures import METRICS, estimates, passes
from eval.record import Record
from eval.suite import Threshold
from service.core.errors import InvalidSuite
from service.core.settings import Settings


@dataclass(frozen=True)
class Gate:
    """What the gate found. `reasons` stop the change, `advice` does not; both are sentences."""

    blocked: bool
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    comparison: Comparison


def blocks(
    baseline: Record,
    candidate: Record,
    thresholds: Mapping[str, Threshold] | None = None,
    must_pass: Sequence[str] = (),
    seed: int = 0,
) -> Gate:
    """Whether `candidate` must not go out, given the baseline and what the suite demands. Raises InvalidSuite.

    `must_pass` are ids of cases; `seed` draws the resamples.
    """
    compared = compare(baseline, candidate, seed)
    floors, aims = _measured(candidate, thresholds or {})
    reasons = [f"not comparable: {each}" for each in compared.why]
    reasons += _worse(compared, blocking=True) + _lost(baseline, candidate) + floors
    reasons += [f"{each} must pass and does not" for each in must_pass if not passes(candidate.scores.get(each, {}))]
    advice = _worse(compared, blocking=False) + aims + _not_checked(candidate)
    return Gate(bool(reasons), tuple(reasons), tuple(advice), compared)


def enforced(settings: Settings) -> bool:
    """Whether what the gate blocks is stopped; with the control `gate` off it is only reported."""
    return "gate" not in settings.controls_off


def checked_thresholds(thresholds: Mapping[str, Threshold]) -> None:
    """Refuse a threshold for a metric that is not there, which nothing would ever check. Raises InvalidSuite."""
    names = [metric.name for metric in METRICS]
    if unknown := [name for name in thresholds if name not in names]:
        raise InvalidSuite(f"There is no metric {unknown[0]!r} to have a threshold.", f"Metrics: {', '.join(names)}.")


def misses(name: str, value: float | None, wanted: float | None) -> bool:
    """Whether a metric does not reach what is wanted of it; one that was not measured reaches nothing."""
    if wanted is None or value is None:
        return wanted is not None
    higher = next(metric.higher_is_better for metric in METRICS if metric.name == name)
    return value < wanted if higher else value > wanted


def _worse(compared: Comparison, blocking: bool) -> list[str]:
    found = []
    for metric in METRICS:
        each = compared.metrics.get(metric.name)
        if each is None or metric.blocks is not blocking:
            continue
        if each.verdict == "worse":
            found.append(
                f"{metric.name} is worse: {each.baseline} became {each.candidate}, a difference of {each.delta} "
                f"({each.low} to {each.high}, n {each.n})"
            )
        if blocking and compared.comparable and each.verdict == "not run" and each.baseline is not None:
            found.append(f"{metric.name} is in the baseline and not in this run")
    return found


def _lost(baseline: Record, candidate: Record) -> list[str]:
    """Cases that the candidate failed or left out and the baseline did not: leaving out the hard ones raises a mean."""
    if not candidate.scores:
        return ["no case was scored"]
    known = {*candidate.scores, *candidate.failed, *candidate.skipped}
    lost = {
        "failed, and did not in the baseline": set(candidate.failed) - set(baseline.failed),
        "skipped, and not in the baseline": set(candidate.skipped) - set(baseline.skipped),
        "of the baseline missing": set(baseline.scores) - known,
    }
    return [f"cases {what}: {len(each)} ({', '.join(sorted(each)[:5])})" for what, each in lost.items() if each]


def _not_checked(candidate: Record) -> list[str]:
    checks = candidate.config.get("nulls", ())
    unknown = [f"{each['name']} ({each['why']})" for each in checks if each["state"] == "could not check"]
    return [f"null controls that could not be checked: {'; '.join(unknown)}"] if unknown else []


def _measured(candidate: Record, thresholds: Mapping[str, Threshold]) -> tuple[list[str], list[str]]:
    """The floors and the aims that the candidate does not reach."""
    checked_thresholds(thresholds)
    found = estimates(list(candidate.scores.values()))
    floors, aims = [], []
    for name, wanted in thresholds.items():
        value = found[name].value if name in found else None
        shown = "not measured" if value is None else f"{value} (n {found[name].n})"
        if misses(name, value, wanted.floor):
            floors.append(f"{name} is {shown}, its floor {wanted.floor}")
        if misses(name, value, wanted.aim):
            aims.append(f"{name} is {shown}, its aim {wanted.aim}")
    return floors, aims
