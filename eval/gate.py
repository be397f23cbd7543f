"""Does a change make answers worse? Compares a run with the baseline in the repository, and says whether to stop.

Stopped by: a deterministic metric that is worse, a metric below its floor in suite.toml, a case that must pass and does
not, more failed or skipped cases than the baseline has, a null control of the run that failed, a baseline that cannot
be compared. Latency is advice, because machines are noisy, and so is a judged metric unless its judge is calibrated;
what a refused judge says is left out. An aim that is missed is named and stops nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from eval.compare import Comparison, compare
from eval.measures import JUDGED, METRICS, estimates, passes
from eval.record import Record
from eval.suite import Threshold
from eval.worth import standing, told
from service.core.errors import InvalidSuite
from service.core.settings import Settings


@dataclass(frozen=True)
class Gate:
    """What the gate found. `reasons` stop the change, `advice` does not; both are sentences.

    `trusted` are the judged metrics that may stop a change.
    """

    blocked: bool
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    comparison: Comparison
    trusted: frozenset[str] = frozenset()


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
    trusted, refused = (standing(candidate.config, each) for each in ("calibrated", "refused"))
    compared = compare(baseline, candidate, seed)
    wanted = {name: each for name, each in (thresholds or {}).items() if name not in refused}
    floors, aims = _measured(candidate, wanted, JUDGED - trusted)
    reasons = [f"not comparable: {each}" for each in compared.why]
    reasons += _worse(compared, trusted, blocking=True) + _lost(baseline, candidate) + floors
    reasons += [f"{each} must pass and does not" for each in must_pass if not passes(candidate.scores.get(each, {}))]
    advice = _worse(compared, trusted, blocking=False) + aims + _not_checked(candidate)
    apart = [each for each in sorted(trusted) if compared.comparable and _verdict(compared, each) == "not comparable"]
    advice += [f"{each} is not compared: {compared.metrics[each].why}" for each in apart]
    advice += [f"{each} is left out: {told(candidate.config, each)}" for each in sorted(refused)]
    return Gate(bool(reasons), tuple(reasons), tuple(advice), compared, trusted)


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


def _verdict(compared: Comparison, name: str) -> str | None:
    return compared.metrics[name].verdict if name in compared.metrics else None


def _worse(compared: Comparison, trusted: Collection[str], blocking: bool) -> list[str]:
    found = []
    for metric in METRICS:
        each = compared.metrics.get(metric.name)
        if each is None or (metric.blocks or metric.name in trusted) is not blocking:
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


def _measured(
    candidate: Record, thresholds: Mapping[str, Threshold], advisory: Collection[str]
) -> tuple[list[str], list[str]]:
    """The floors that the candidate does not reach, and what is only advice: aims, and floors of `advisory` metrics."""
    checked_thresholds(thresholds)
    found = estimates(list(candidate.scores.values()))
    floors: list[str] = []
    aims: list[str] = []
    for name, wanted in thresholds.items():
        value = found[name].value if name in found else None
        shown = "not measured" if value is None else f"{value} (n {found[name].n})"
        if misses(name, value, wanted.floor):
            (aims if name in advisory else floors).append(f"{name} is {shown}, its floor {wanted.floor}")
        if misses(name, value, wanted.aim):
            aims.append(f"{name} is {shown}, its aim {wanted.aim}")
    return floors, aims
