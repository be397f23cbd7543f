"""A run as one page of HTML that can be sent to somebody: nothing in it is fetched, and no script is in it.

What stands where is pages/report.html's to say. Every text of a case is escaped by the template engine.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.case_lines import line_of
from eval.compare import Comparison, Verdict, compare
from eval.measures import METRICS
from eval.outcome import Outcome
from eval.plots import Histogram, Marks, Parts, histogram, marks, parts
from eval.record import PAGE, Run, read_record, read_run
from eval.regressions import Regression, weakest, worst
from eval.statistics import average
from eval.worth import standing, told

MAX_CHARACTERS = 1_500
"""Characters of a question, an answer or a quote that a page shows; the rest is in cases.jsonl."""
_ORDER = ("worse", "better", "cannot tell", "not comparable", "not run")
_FACTS = {
    "command": "command",
    "at": "started",
    "suite_fingerprint": "cases",
    "corpus": "corpus",
    "index": "index",
    "settings_fingerprint": "settings",
    "model": "model",
    "prompts": "prompts",
    "judge": "version of the scoring",
    "concurrency": "questions at a time",
    "machine": "machine",
    "packages": "packages",
}


@dataclass(frozen=True)
class Row:
    """A metric of a run: its figures as text, and its interval on an axis."""

    name: str
    value: str
    interval: str
    n: int
    marks: Marks
    levels: tuple[str, ...]
    missed: tuple[str, ...]
    worth: str = ""


@dataclass(frozen=True)
class Change:
    """A metric of two runs: verdict, both values, the difference as text and on an axis around zero."""

    name: str
    verdict: str
    values: str
    delta: str
    detectable: str
    why: str
    marks: Marks


@dataclass(frozen=True)
class Beside:
    """What a baseline adds to the page."""

    name: str
    why: tuple[str, ...]
    changes: tuple[Change, ...]
    counts: Mapping[str, int]
    differing: tuple[tuple[str, str, str], ...]
    regressions: Sequence[Regression]
    lines: Sequence[Mapping[str, Any]]


def write_report(folder: Path, beside: Path | None = None, file: Path | None = None) -> Path:
    """Write the page of a run, beside a baseline where one is named; returns where it is. Raises InvalidRun."""
    target = file or folder / PAGE
    target.write_text(page(read_run(folder), _beside(folder, beside) if beside else None), encoding="utf-8")
    return target


def run_of(config: Mapping[str, Any], outcomes: Sequence[Outcome], summary: Mapping[str, Any]) -> Run:
    """A run that is still in memory, as its folder will hold it."""
    return Run(config, [json.loads(line_of(each)) for each in outcomes], summary)


def page(run: Run, beside: Beside | None = None) -> str:
    """The page of a run."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": _short, "number": _number}
    shown = environment.get_template(PAGE).render(
        run=run,
        facts=_facts(run.config),
        rows=_rows(run.summary),
        unjudged=_unjudged(run.summary),
        histograms=_histograms(run.lines, beside.lines if beside else ()),
        parts=_parts(run.lines),
        weakest=weakest(run.lines),
        beside=beside,
    )
    return shown.encode("utf-8", "replace").decode()


def _beside(folder: Path, baseline: Path) -> Beside:
    before, after = read_record(baseline), read_record(folder)
    earlier = read_run(baseline).lines if baseline.is_dir() else []
    found = compare(before, after)
    changes = _changes(found)
    return Beside(
        name=baseline.name,
        why=found.why,
        changes=changes,
        counts=Counter(each.verdict for each in changes),
        differing=tuple(_differing(before.config, after.config)),
        regressions=worst(before, after, (earlier, read_run(folder).lines)),
        lines=earlier,
    )


def _facts(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    dirty = {True: " with changes that are in no commit", None: " (unknown)"}.get(config.get("dirty"), "")
    told = [(label, _plain(config[name])) for name, label in _FACTS.items() if config.get(name)]
    told.append(("commit", f"{config.get('commit') or 'unknown'}{dirty}"))
    again = [f"after {each['cases']} cases at {each['at']}" for each in config.get("resumed", ())]
    return [*told, *([("interrupted, went on", ", ".join(again))] if again else [])]


def _rows(summary: Mapping[str, Any]) -> list[Row]:
    found = []
    for name, each in summary["metrics"].items():
        wanted = summary.get("thresholds", {}).get(name, {})
        levels = {kind: wanted.get(kind) for kind in ("floor", "aim")}
        missed = wanted.get("missed", [])
        interval = (each["low"], each["high"])
        found.append(
            Row(
                name=name,
                value=_number(each["value"]),
                interval=_interval(interval, each["n"]),
                n=each["n"],
                marks=marks(_axis(summary["metrics"], name), each["value"], interval, levels),
                levels=tuple(
                    f"{kind} {level:g}{' missed' if kind in missed else ''}" for kind, level in levels.items() if level
                ),
                missed=tuple(missed),
                worth=told(summary, name),
            )
        )
    return found


def _unjudged(summary: Mapping[str, Any]) -> list[str]:
    """Judged metrics without scores, with the reason, and judgements that failed, in words."""
    found = [f"{name}: {told(summary, name)}" for name in sorted(standing(summary, "refused"))]
    for name, each in summary.get("judged", {}).get("cases", {}).items():
        if each["failed"]:
            found.append(f"{name}: {each['failed']} of {each['n'] + each['failed']} judgements failed")
            found += [f"{failure['id']} {failure['error']}" for failure in each["failures"]]
    return found


def _axis(metrics: Mapping[str, Any], name: str) -> tuple[float, float]:
    """0 to 1 for what lies there; metrics that share a name's beginning share an axis, as the times do."""
    alike = [each for other, each in metrics.items() if other.startswith(name.partition("_")[0]) and each["n"]]
    ends = [each[end] for each in alike for end in ("low", "high", "value") if each[end] is not None]
    return min([0.0, *ends]), (max(ends) if max(ends, default=0.0) > 1 else 1.0)


def _changes(found: Comparison) -> tuple[Change, ...]:
    """The metrics with those first that can be told; figures from 0 to 1 share one axis."""
    reaches = {name: _reach(each) for name, each in found.metrics.items()}
    shared = max((each for each in reaches.values() if each <= 1), default=1.0) or 1.0
    changes = [
        _change(name, each, shared if reaches[name] <= 1 else reaches[name]) for name, each in found.metrics.items()
    ]
    return tuple(sorted(changes, key=lambda each: _ORDER.index(each.verdict)))


def _reach(each: Verdict) -> float:
    return max(abs(end) for end in (each.low or 0.0, each.high or 0.0, each.delta or 0.0, each.detectable or 0.0))


def _change(name: str, each: Verdict, reach: float) -> Change:
    seen = each.detectable
    ticks = {"zero": 0.0, "detectable": seen, "less": None if seen is None else -seen}
    delta = "" if each.delta is None else f"{each.delta:+.4g} ({each.low:.4g} to {each.high:.4g}, n {each.n})"
    return Change(
        name=name,
        verdict=each.verdict,
        values=f"{_number(each.baseline)} → {_number(each.candidate)}",
        delta=delta,
        detectable="" if seen is None else f"{seen:.3g}",
        why=each.why,
        marks=marks((-reach, reach), each.delta, (each.low, each.high), ticks),
    )


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Settings and other ingredients that are not the same in both runs: name, before, after."""
    first, second = _flat(before), _flat(after)
    names = [name for name in dict.fromkeys([*first, *second]) if first.get(name) != second.get(name)]
    return [(name, _plain(first.get(name)), _plain(second.get(name))) for name in names]


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {"at", "command", "resumed", "nulls", "judged"}
    found: dict[str, Any] = {}
    for name, value in config.items():
        if name in {"settings", "packages"} and isinstance(value, Mapping):
            found |= {f"{name}.{inner}": each for inner, each in value.items()}
        elif name not in left_out:
            found[name] = value
    judged = config.get("judged") or {}
    found |= {f"judged.{name}": judged[name] for name in ("model", "repeats") if name in judged}
    return found


def _histograms(lines: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]) -> list[Histogram]:
    times = {"this run": _times(lines), "baseline": _times(earlier)}
    sure = {
        word: [
            line["seen"]["confidence"]
            for line in lines
            if line["type"] == "scored"
            and line["answerable"] is answerable
            and line["seen"].get("confidence") is not None
        ]
        for word, answerable in (("answerable", True), ("not answerable", False))
    }
    drawn = [histogram("Time of an answer, ms", times), histogram("Confidence", sure, end=1.0)]
    return [each for each in drawn if each]


def _times(lines: Sequence[Mapping[str, Any]]) -> list[float]:
    return [line["scores"]["total_ms"] for line in lines if "total_ms" in line.get("scores", {})]


def _parts(lines: Sequence[Mapping[str, Any]]) -> list[Parts]:
    every = [line["scores"] for line in lines if line["type"] == "scored"]
    found = {
        metric.name: [scores[metric.name] for scores in every if metric.name in scores]
        for metric in METRICS
        if metric.blocks and metric.statistic is average
    }
    return [parts(name, values) for name, values in found.items() if values]


def _interval(interval: tuple[float | None, float | None], n: int) -> str:
    if not n:
        return "no case"
    low, high = interval
    return "one case, no interval" if low is None or high is None else f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if not value:
        return "–" if value is None else "0"
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.4g}"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _short(text: str) -> str:
    """The start of a long text, and how long it is."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}… ({len(text):,} characters)"
