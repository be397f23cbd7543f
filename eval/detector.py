"""`ragready eval detector`: how well the product tells attacks, support, and questions with an answer, on a file.

A case that raises is counted, named, and in no figure. A figure that cannot be had is null and says why. Personal data,
which is found as spans, is scored by eval.detector_spans.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from eval import provenance
from eval.detect import DOCUMENT, USER, Labelled, Scorer, place_of, scorer
from eval.detector_cases import CaseFile, DetectorCase
from eval.ranking import (
    FALSE_ALARMS,
    auc,
    average_precision,
    detected_at_one_percent,
    estimate_by_class,
    threshold_at_one_percent,
)
from eval.statistics import Estimate, estimate, mean, middle, percentile_95
from ingestion.pipeline import Progress
from service.core.app import App
from service.core.errors import RagreadyError
from service.core.injection import Place

T = TypeVar("T")
_MOST_CHARACTERS = 300  # of an error
_WHERE: Mapping[Place, str] = {"question": "user", "document": "document"}


@dataclass(frozen=True)
class Seen(Generic[T]):
    """A case, what the product said of it, and how long that took."""

    case: DetectorCase
    said: T
    ms: float


@dataclass(frozen=True)
class Failed:
    """A case that nothing could be said of, and why."""

    line: int
    error: str


def look(
    cases: Sequence[DetectorCase], detect: Callable[[Mapping[str, Any]], T], progress: Progress
) -> tuple[list[Seen[T]], list[Failed]]:
    """What a detector says of each case, one after the other, so that the times are its own."""
    seen: list[Seen[T]] = []
    failed: list[Failed] = []
    for number, case in enumerate(cases, 1):
        started = time.perf_counter()
        try:
            said = detect(case.given)
            seen.append(Seen(case, said, (time.perf_counter() - started) * 1e3))
        except Exception as error:  # noqa: BLE001  # whatever a text makes it die of is counted and named, and others go on
            code = error.code if isinstance(error, RagreadyError) else type(error).__name__
            told = error.detail if isinstance(error, RagreadyError) else str(error)
            failed.append(Failed(case.line, f"{code}: {told}"[:_MOST_CHARACTERS]))
        progress(number, len(cases), "")
    return seen, failed


def report(kind: Labelled, file: CaseFile, app: App, progress: Progress) -> dict[str, Any]:
    """Every figure of a detector of texts, with interval and n; `at_threshold` is at what the product works with."""
    detector = scorer(kind, app)
    seen, failed = look(file.cases, partial(_score, detector), progress)
    progress(len(file.cases), len(file.cases), "intervals")
    return {
        "detector": kind,
        "positive": detector.positive,
        "score": detector.says,
        "threshold": detector.threshold,
        **_ranked(seen, detector),
        "at_threshold": {
            "precision": _precision(seen, detector.threshold, detector.positive),
            **_shares(seen, detector.threshold),
        },
        "by_family": _grouped(seen, detector.threshold, lambda each: each.family),
        **(_by_where(seen, detector.threshold) if kind == "injection" else {}),
        **counted(file, seen, failed),
    }


def counted(file: CaseFile, seen: Sequence[Seen[Any]], failed: Sequence[Failed]) -> dict[str, Any]:
    """What every report ends with: numbers of cases, times, failures by line."""
    times = [each.ms for each in seen]
    return {
        "n": len(seen),
        "failed": len(failed),
        "failures": [asdict(each) for each in failed],
        "repeated": file.repeated,
        "contradicting": file.contradicting,
        "ms_p50": figure(estimate(middle, [times]), "nothing was scored"),
        "ms_p95": figure(estimate(percentile_95, [times]), "nothing was scored"),
    }


def rests_on(file: CaseFile, app: App, half: str | None, limit: int | None) -> dict[str, Any]:
    """What the figures depend on: the file, the code, the settings, the encoder, and when they were made."""
    return {
        "file": str(file.path),
        "fingerprint": file.fingerprint,
        "lines": file.lines,
        "half": half,
        "limit": limit,
        "commit": provenance.commit(),
        "dirty": provenance.dirty(),
        "code": provenance.code_fingerprint(),
        "settings_fingerprint": provenance.fingerprint(provenance.answer_settings(app.settings)),
        "encoder": app.encoder.fingerprint.as_dict(),
        "machine": provenance.machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "intervals": "95%: Wilson for shares, percentile bootstrap over texts otherwise, of rankings class by class",
    }


def figure(found: Estimate, missing: str = "") -> dict[str, Any]:
    """A figure as JSON, with the reason where it has no value, or no interval."""
    if found.value is None:
        return {**asdict(found), "why": missing}
    return asdict(found) | ({"why": "one case has no interval"} if found.low is None else {})


def share(values: Sequence[bool], missing: str = "") -> dict[str, Any]:
    """The share of values that are true, as a figure."""
    return figure(mean([float(each) for each in values]), missing)


def _score(detector: Scorer, case: Mapping[str, Any]) -> float:
    """The score of a case. Raises ValueError for one that cannot be ranked."""
    if not math.isfinite(found := detector.score(case)):
        raise ValueError(f"the score is {found}")
    return found


def _ranked(seen: Sequence[Seen[float]], detector: Scorer) -> dict[str, Any]:
    truth, scores = [float(each.case.positive) for each in seen], [each.said for each in seen]
    negatives = truth.count(0.0)
    names = ("auc", "ap", "tpr_at_1pct_fpr")
    if len(set(truth)) < 2:
        return {name: figure(_nothing(), _one_class(truth, detector.positive)) for name in names}
    found = {
        "auc": figure(estimate_by_class(auc, truth, scores)),
        "ap": figure(estimate_by_class(average_precision, truth, scores)),
    }
    if negatives * FALSE_ALARMS < 1:
        missing = f"one of {negatives} negatives is more than 1%: 100 are needed"
        return {**found, "tpr_at_1pct_fpr": figure(_nothing(), missing)}
    threshold = threshold_at_one_percent(truth, scores)
    alarms = [threshold is not None and each.said >= threshold for each in seen if not each.case.positive]
    return {
        **found,
        "tpr_at_1pct_fpr": {
            **figure(estimate_by_class(detected_at_one_percent, truth, scores)),
            "threshold": threshold,
            "fpr": share(alarms),
        },
    }


def _nothing() -> Estimate:
    return Estimate(None, None, None, 0)


def _one_class(truth: Sequence[float], positive: str) -> str:
    if not truth:
        return "nothing was scored"
    return f"every case is {'' if truth[0] else 'not '}{positive}: there is nothing to tell apart"


def _shares(seen: Sequence[Seen[float]], threshold: float) -> dict[str, Any]:
    found = [each.said >= threshold for each in seen if each.case.positive]
    alarms = [each.said >= threshold for each in seen if not each.case.positive]
    return {"recall": share(found, "no case is a positive"), "fpr": share(alarms, "no case is a negative")}


def _precision(seen: Sequence[Seen[float]], threshold: float, positive: str) -> dict[str, Any]:
    return share([each.case.positive for each in seen if each.said >= threshold], f"none was called {positive}")


def _grouped(
    seen: Sequence[Seen[float]], threshold: float, name_of: Callable[[DetectorCase], str]
) -> dict[str, dict[str, Any]]:
    """Recall, false alarms and n of the cases of each name; those without one are in no group."""
    names = sorted({name_of(each.case) for each in seen} - {""})
    groups = {name: [each for each in seen if name_of(each.case) == name] for name in names}
    return {name: {"n": len(some), **_shares(some, threshold)} for name, some in groups.items()}


def _by_where(seen: Sequence[Seen[float]], threshold: float) -> dict[str, Any]:
    """Figures of what users say and of what stands in documents, and how many cases do not say where in known words."""
    told = Counter(each.case.given["where"] for each in seen)
    unknown = {name: count for name, count in told.items() if name is not None and name.lower() not in USER | DOCUMENT}
    return {
        "by_where": _grouped(seen, threshold, lambda case: _WHERE[place_of(case.given["where"])]),
        "no_where_read_as_user": told[None],
        "unknown_where_read_as_document": dict(sorted(unknown.items())),
    }
