"""What people said of answers: JSON lines, an answer a line, which a judge is calibrated on.

A line is made from a run without a word on the answer, and a person fills in `correct` and `grounded`. Labels of golden
cases are something else: eval.labels.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.judge import Submission
from eval.judgement import Rubric
from eval.provenance import fingerprint
from eval.suite import first_wrong, read_lines
from service.core.errors import InvalidSuite, PathMissing, StorageFull

FOLDER, FILE = "judge", "labels.jsonl"
"""Where a suite keeps the labels of answers, and beside them its calibrations."""
_REMEDY = "docs/evaluation.md, Judges, describes a line."
_LABELS: Mapping[Rubric, str] = {"correctness": "correct", "groundedness": "grounded"}


@dataclass(frozen=True)
class Labelled:
    """An answer that a person has judged by a rubric, 1 or 0, and the model that wrote it where that is known."""

    submission: Submission
    label: int
    model: str = ""


_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    question: _Text
    answer: _Text
    references: list[_Text | list[_Text]] = Field(default_factory=list)
    context: list[_Text] = Field(default_factory=list)
    correct: bool | None = Field(None, validation_alias=AliasChoices("correct", "label"))
    grounded: bool | None = None
    model: str = ""
    id: str = ""
    by: str = ""
    note: str = ""


def labelled(path: Path) -> dict[Rubric, list[Labelled]]:
    """The labelled answers of a file by rubric, for those that have any. Raises PathMissing, InvalidSuite."""
    if not path.is_file():
        raise PathMissing(f"There is no file {path}.", "Make one with --from RUN, and fill in what people say.")
    found = _by_rubric(path)
    if not found:
        raise InvalidSuite(f"{path} holds no label.", "Let a person put true or false for `correct` or `grounded`.")
    return found


def identities(path: Path) -> dict[Rubric, str]:
    """The identity of a file's labelled answers by rubric, for those that have any. Raises InvalidSuite."""
    return {rubric: identity(answers) for rubric, answers in _by_rubric(path).items()}


def _by_rubric(path: Path) -> dict[Rubric, list[Labelled]]:
    lines = [_line(path, number, text) for number, text in read_lines(path)]
    _refuse_repeated(path, lines)
    found: dict[Rubric, list[Labelled]] = {}
    for rubric, name in _LABELS.items():
        given = [each for each in lines if getattr(each, name) is not None]
        if given:
            found[rubric] = [_labelled(each, rubric, getattr(each, name)) for each in given]
    return found


def identity(answers: Sequence[Labelled]) -> str:
    """Identity of labelled answers, whatever their order."""
    given = [(each.submission, each.label) for each in answers]
    return fingerprint(sorted([it.question, it.answer, it.beside, label] for it, label in given))


def facts(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The parts of a golden answer as a judge reads them: wordings of one fact with " / " between them."""
    return tuple(" / ".join(part) for part in parts)


def write_unlabelled(path: Path, answers: Sequence[Mapping[str, Any]], most: int, seed: int = 0) -> int:
    """Draw answers, and write a line for each that people have to fill in; returns how many. Raises StorageFull.

    A file that is there is not overwritten: somebody's work stands in it.
    """
    drawn = random.Random(seed).sample(list(answers), min(most, len(answers)))  # noqa: S311  # no secret
    if path.exists():
        raise InvalidSuite(f"{path} is there already.", "Name another file with --labels, or finish that one.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({**each, "correct": None, "grounded": None}, ensure_ascii=False) for each in drawn]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Name another file.") from error
    return len(drawn)


def _line(path: Path, number: int, text: str) -> _Line:
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        raise InvalidSuite(f"{path}, line {number} is no labelled answer: {first_wrong(error)}.", _REMEDY) from error
    for name, beside in (("correct", "references"), ("grounded", "context")):
        if getattr(line, name) is not None and not getattr(line, beside):
            raise InvalidSuite(f"{path}, line {number} says `{name}` and has no {beside} to tell by.", _REMEDY)
    return line


def _labelled(line: _Line, rubric: Rubric, label: bool) -> Labelled:
    parts = [[each] if isinstance(each, str) else each for each in line.references]
    beside = facts(parts) if rubric == "correctness" else tuple(line.context)
    return Labelled(Submission(line.question, line.answer, beside), int(label), line.model)


def _refuse_repeated(path: Path, lines: Sequence[_Line]) -> None:
    seen: set[tuple[str, str]] = set()
    for each in lines:
        if (each.question, each.answer) in seen:
            raise InvalidSuite(
                f"{path} has two lines for the same answer to {each.question[:60]!r}.",
                "Let people decide on one line where they differ.",
            )
        seen.add((each.question, each.answer))
