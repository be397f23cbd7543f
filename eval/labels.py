"""Labels of golden cases: `labels/ANNOTATOR.jsonl`, one line a judgement, each on disk before the next case is shown.

A label speaks of a case as it was: when question, answers or quotes change, it counts no more. The last label of a case
counts. A line that a crash cut off is left out, and the next label takes its place.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from pydantic import TypeAdapter, ValidationError

from eval.suite import Case
from service.core.errors import InvalidSuite, StorageFull
from service.core.names import checked_name

Judgement: TypeAlias = Literal["right", "wrong-answer", "wrong-answerability", "bad-question"]
JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)
KEYS: Mapping[str, Judgement] = {
    "r": "right",
    "a": "wrong-answer",
    "n": "wrong-answerability",
    "b": "bad-question",
}
ADJUDICATED = "adjudicated"
"""The annotator's name under which disagreements are decided."""


@dataclass(frozen=True)
class Label:
    """One judgement. `of` is what the case said when it was judged, `by` the person who adjudicated, else empty."""

    case: str
    of: str
    label: Judgement
    note: str = ""
    at: str = ""
    by: str = ""


_LABEL = TypeAdapter(Label)


def said(case: Case) -> str:
    """Identity of what a label judges: the question, its answers and its quotes, not tags, split or skip."""
    judged = [case.question, case.answerable, case.parts, case.relevant]
    return hashlib.sha256(json.dumps(judged).encode()).hexdigest()[:12]


def annotators(suite: Path) -> list[str]:
    """Who has labelled, in order of name, without who adjudicated."""
    return sorted(each.stem for each in (suite / "labels").glob("*.jsonl") if each.stem != ADJUDICATED)


def labels_of(suite: Path, annotator: str, cases: Sequence[Case]) -> dict[str, Label]:
    """An annotator's labels that still hold, by case. Raises InvalidSuite naming the line."""
    current = {case.id: said(case) for case in cases}
    path, found = _path(suite, annotator), {}
    if not path.is_file():
        return {}
    # what stands behind the last line feed is empty, or was cut off, perhaps within a character
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            label = _LABEL.validate_json(line)
        except ValidationError as error:
            raise InvalidSuite(f"{path}, line {number} is no label.", "Mend or delete the line.") from error
        found[label.case] = label
    return {name: each for name, each in found.items() if current.get(name) == each.of}


def keep(suite: Path, annotator: str, case: Case, judgement: Judgement, note: str = "", by: str = "") -> Label:
    """Add a label to an annotator's file and wait until it is on disk. Raises InvalidName, StorageFull."""
    label = Label(case.id, said(case), judgement, note, datetime.now(UTC).isoformat(timespec="seconds"), by)
    path = _path(suite, annotator)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            _without_cut_line(path)
            file.write((json.dumps(asdict(label), ensure_ascii=False) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Free some space and try again.") from error
    return label


def _without_cut_line(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _path(suite: Path, annotator: str) -> Path:
    return suite / "labels" / f"{checked_name('annotator', annotator)}.jsonl"
