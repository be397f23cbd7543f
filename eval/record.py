"""Runs on disk: a folder with config.json, cases.jsonl and summary.json, or one baseline file made from it.

A baseline holds figures and no text. A folder appears under its name only when it is complete. Nothing is compared.
"""

import json
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.measures import estimates
from eval.outcome import Failed, Outcome, Scored
from service.core.errors import InvalidRun, PathMissing, StorageFull

_REMEDY = "`ragready eval run` writes run folders, `ragready eval baseline` baseline files."


@dataclass(frozen=True)
class Record:
    """What comparing needs of a run: its identity, the figures of each scored case, and why others have none."""

    config: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, float]]
    failed: Mapping[str, str]
    skipped: Mapping[str, str]


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


def record_of(config: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Record:
    """A run that is still in memory."""
    return Record(
        config=config,
        scores={each.case.id: each.scores for each in outcomes if isinstance(each, Scored)},
        failed={each.case.id: each.code for each in outcomes if isinstance(each, Failed)},
        skipped={each.case.id: each.reason for each in outcomes if not isinstance(each, Scored | Failed)},
    )


def run_name(suite: str, strategy: str) -> str:
    """The name of a new run's folder; names sort by time, also those of one second."""
    words = (datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), suite, strategy, secrets.token_hex(3))
    return re.sub(r"[^\w.-]+", "-", "-".join(words))


def write_run(folder: Path, config: Mapping[str, Any], outcomes: Sequence[Outcome], summary: Mapping[str, Any]) -> None:
    """Write a run's folder. Raises StorageFull; then nothing is left under the folder's name."""
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        partial.mkdir(parents=True)
        _write(partial / "config.json", config)
        lines = [json.dumps(_line(each), ensure_ascii=False, default=str) for each in outcomes]
        (partial / "cases.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        _write(partial / "summary.json", summary)
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageFull(
            f"{folder} cannot be written: {error.strerror}.", "Name another folder with --out."
        ) from error


def read_record(path: Path) -> Record:
    """A run's folder or a baseline file. Raises PathMissing, InvalidRun."""
    if path.is_dir():
        config = _read(path / "config.json")
        lines = [_parsed(path / "cases.jsonl", line) for line in _text(path / "cases.jsonl").split("\n") if line]
        raw = {"config": config, **_sorted_out(path / "cases.jsonl", lines)}
    elif path.is_file():
        raw = _read(path)
    else:
        raise PathMissing(f"There is no run {path}.", _REMEDY)
    try:
        found = _Baseline.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidRun(f"{path} is no run: {where}: {first['msg']}.", _REMEDY) from error
    return Record(found.config.model_dump(), found.scores, found.failed, found.skipped)


def write_baseline(record: Record, path: Path) -> None:
    """Keep a run's figures as one file, to be committed. Raises StorageFull."""
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
    """The newest run of a suite. Raises PathMissing."""
    for run in sorted(folder.glob("[!.]*/config.json"), reverse=True):
        if _read(run).get("suite") == suite:
            return run.parent
    raise PathMissing(f"{folder} holds no run of the suite {suite!r}.", "Run `ragready eval run` first.")


def _line(outcome: Outcome) -> dict[str, Any]:
    case = outcome.case
    asked = {"id": case.id, "question": case.question, "spaces": case.spaces, "answerable": case.answerable}
    if isinstance(outcome, Scored):
        seen = asdict(outcome.seen)
        seen["hits"] = [{name: value for name, value in hit.items() if name != "text"} for hit in seen["hits"]]
        return {"type": "scored", **asked, "seen": seen, "scores": outcome.scores}
    if isinstance(outcome, Failed):
        return {"type": "failed", **asked, "code": outcome.code, "detail": outcome.detail}
    return {"type": "skipped", **asked, "reason": outcome.reason}


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


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def _read(path: Path) -> Any:
    return _parsed(path, _text(path))


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
