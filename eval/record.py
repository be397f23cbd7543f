"""Runs on disk, read: a folder with config.json, cases.jsonl and summary.json, or one baseline file made from it.

A baseline holds figures and no text. A run that is not complete is refused. Nothing is compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.measures import estimates
from eval.outcome import Failed, Outcome, Scored
from eval.suite import first_wrong
from service.core.errors import InvalidRun, PathMissing, StorageFull

CONFIG, CASES, SUMMARY, PAGE = "config.json", "cases.jsonl", "summary.json", "report.html"
PARTIAL = ".partial"
"""How the folder of a run that is not complete ends."""
_REMEDY = "`ragready eval run` writes run folders, `ragready eval baseline` baseline files."


@dataclass(frozen=True)
class Record:
    """What comparing needs of a run: its identity, the figures of each scored case, and why others have none."""

    config: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, float]]
    failed: Mapping[str, str]
    skipped: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """A complete run as its folder holds it: config, the line of each case, and the summary."""

    config: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Any]


class _Config(BaseModel):
    """The fields of an identity that comparisons rest on; others are for people."""

    model_config = ConfigDict(extra="allow")

    suite: str
    suite_fingerprint: str
    split: str | None
    strategy: str
    judge: str
    corpus: str | None
    machine: dict[str, Any]


class _Baseline(BaseModel):
    model_config = ConfigDict(extra="ignore")

    config: _Config
    scores: dict[str, dict[str, float]]
    failed: dict[str, str]
    skipped: dict[str, str]


def failed_nulls(config: Mapping[str, Any]) -> list[str]:
    """The null controls that failed in a run, by name; none where the run is older than they are."""
    return [each["name"] for each in config.get("nulls", ()) if each["state"] == "failed"]


def record_of(config: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Record:
    """A run that is still in memory."""
    return Record(
        config=config,
        scores={each.case.id: each.scores for each in outcomes if isinstance(each, Scored)},
        failed={each.case.id: each.code for each in outcomes if isinstance(each, Failed)},
        skipped={each.case.id: each.reason for each in outcomes if not isinstance(each, Scored | Failed)},
    )


def read_record(path: Path) -> Record:
    """A run's folder or a baseline file. Raises PathMissing, InvalidRun."""
    if path.is_dir():
        run = read_run(path)
        raw = {"config": run.config, **_sorted_out(path / CASES, run.lines)}
    elif path.is_file():
        raw = read_json(path)
    else:
        raise PathMissing(f"There is no run {path}.", _REMEDY)
    try:
        found = _Baseline.model_validate(raw)
    except ValidationError as error:
        raise InvalidRun(f"{path} is no run: {first_wrong(error)}.", _REMEDY) from error
    return Record(found.config.model_dump(), found.scores, found.failed, found.skipped)


def read_run(folder: Path) -> Run:
    """Everything that a run's folder holds. Raises PathMissing, InvalidRun, also where the run is not complete."""
    if not folder.is_dir():
        raise PathMissing(f"There is no run {folder}.", _REMEDY)
    config = read_json(folder / CONFIG)
    if folder.name.endswith(PARTIAL) or not (folder / SUMMARY).is_file():
        raise InvalidRun(f"{folder} is not complete.", "`ragready eval run` with --resume goes on with it.")
    return Run(config, read_lines(folder / CASES), read_json(folder / SUMMARY))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The cases of a run, a line each. Raises InvalidRun."""
    return [_parsed(path, line) for line in _text(path).split("\n") if line]


def read_json(path: Path) -> Any:
    """What a file of JSON holds. Raises InvalidRun."""
    return _parsed(path, _text(path))


def write_json(path: Path, value: object) -> None:
    """Write a file of JSON for people to read. Raises OSError."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def write_baseline(record: Record, path: Path) -> None:
    """Keep a run's figures as one file, to be committed. Raises StorageFull, InvalidRun where a null control failed."""
    if failed := failed_nulls(record.config):
        raise InvalidRun(f"A null control of the run failed: {', '.join(failed)}.", "Find out what is not measured.")
    metrics = {name: asdict(each) for name, each in estimates(list(record.scores.values())).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {"config": record.config, "metrics": metrics, "failed": record.failed, "skipped": record.skipped}
        # one case a line, so that a change of the file reads as a change of cases
        lines = [f"    {json.dumps(case)}: {json.dumps(scores)}" for case, scores in sorted(record.scores.items())]
        body = json.dumps(head, indent=2, ensure_ascii=False, default=str).rstrip()[:-1].rstrip()
        path.write_text(body + ',\n  "scores": {\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Name another file.") from error


def latest_run(folder: Path, suite: str) -> Path:
    """The newest complete run of a suite. Raises PathMissing."""
    for summary in sorted(folder.glob(f"[!.]*/{SUMMARY}"), reverse=True):
        if read_json(summary.with_name(CONFIG)).get("suite") == suite:
            return summary.parent
    raise PathMissing(f"{folder} holds no run of the suite {suite!r}.", "Run `ragready eval run` first.")


def _sorted_out(path: Path, lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"scores": {}, "failed": {}, "skipped": {}}
    fields = {"scored": ("scores", "scores"), "failed": ("failed", "code"), "skipped": ("skipped", "reason")}
    for number, line in enumerate(lines, 1):
        try:
            kind, field = fields[line["type"]]
            found[kind][line["id"]] = line[field]
        except (KeyError, TypeError) as error:
            raise InvalidRun(f"{path}, line {number} is no case: {error!r}.", _REMEDY) from error
    return found


def _parsed(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidRun(f"{path} is no JSON: {error}.", _REMEDY) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRun(f"{path} cannot be read: {error}.", _REMEDY) from error
