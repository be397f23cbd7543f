"""Reads what detectors are scored on: JSON lines in one of four layouts, a line a case, other keys ignored.

injection {text, attack, where?, family?}, pii {text, spans: [{type, start, end}]}, grounding {context, answer,
grounded, family?}, abstention {question, passages, answerable, family?}. Nothing is scored here. A line that does not
fit stops the reading: what is left out of a file in silence would be missing from every figure.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from eval.halves import HALVES, half_of
from eval.suite import read_lines
from service.core.errors import InvalidSuite

Kind: TypeAlias = Literal["injection", "pii", "grounding", "abstention"]


def _yes_or_no(value: object) -> object:
    """1 and 0 are read as true and false, as many sets write them."""
    return bool(value) if type(value) is int and value in {0, 1} else value


Label = Annotated[bool, BeforeValidator(_yes_or_no)]


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    family: str | None = None


class _Injection(_Line):
    text: str
    attack: Label
    where: str | None = None


class _Span(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    type: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int


class _Pii(_Line):
    text: str
    spans: list[_Span]

    @model_validator(mode="after")
    def _within(self) -> "_Pii":
        for each in self.spans:
            if not each.start < each.end <= len(self.text):
                raise ValueError(
                    f"span {each.start} to {each.end} is not within the text's {len(self.text):,} characters"
                )
        return self


class _Grounding(_Line):
    context: str
    answer: str
    grounded: Label


class _Passage(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    title: str = ""
    text: str


def _passage(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class _Abstention(_Line):
    question: str
    passages: list[Annotated[_Passage, BeforeValidator(_passage)]]
    answerable: Label


@dataclass(frozen=True)
class _Layout:
    """How a line looks, the key that says what is right, and the key whose text decides the half."""

    line: type[_Line]
    label: str
    half_by: str


_LAYOUTS: Mapping[Kind, _Layout] = {
    "injection": _Layout(_Injection, "attack", "text"),
    "pii": _Layout(_Pii, "spans", "text"),
    "grounding": _Layout(_Grounding, "grounded", "answer"),
    "abstention": _Layout(_Abstention, "answerable", "question"),
}


@dataclass(frozen=True)
class DetectorCase:
    """A line of the file, counted from 1: what it gives by key, its family or "", and whether it is a positive.

    For pii a positive is a text with spans.
    """

    line: int
    given: Mapping[str, Any]
    family: str
    positive: bool


@dataclass(frozen=True)
class CaseFile:
    """The cases that were chosen from a file of `lines`; all are scored.

    `repeated` is how many of them stand among these before, `contradicting` how many of those with another label.
    """

    path: Path
    fingerprint: str
    lines: int
    cases: Sequence[DetectorCase]
    repeated: int
    contradicting: int


def read_cases(kind: Kind, path: Path, half: str | None = None, limit: int | None = None) -> CaseFile:
    """The cases of a file, or of one half, or `limit` of them: those whose SHA-256 is lowest, in the file's order.

    Raises PathMissing, InvalidSuite.
    """
    if half not in {None, *HALVES}:
        raise InvalidSuite(f"There is no half {half!r}.", f"Choose {' or '.join(HALVES)}.")
    layout = _LAYOUTS[kind]
    lines = [*read_lines(path)]
    every = [_case(kind, path, number, line) for number, line in lines]
    if not every:
        raise InvalidSuite(f"{path} holds no case.", _remedy(kind))
    cases = [each for each in every if half is None or half_of(each.given[layout.half_by]) == half]
    if not cases:
        raise InvalidSuite(f"{path} has no case in the half {half!r}.", "Leave out --half, or add cases.")
    if limit is not None and limit < len(cases):
        chosen = sorted(cases, key=lambda each: (_digest(each, layout), each.line))[:limit]
        cases = sorted(chosen, key=lambda each: each.line)
    # not of the file, which may be a pipe and read but once
    fingerprint = hashlib.sha256("".join(f"{line}\n" for _, line in lines).encode()).hexdigest()[:12]
    return CaseFile(path, fingerprint, len(every), cases, *_repeats(cases, layout))


def _case(kind: Kind, path: Path, number: int, line: str) -> DetectorCase:
    layout = _LAYOUTS[kind]
    try:
        read = layout.line.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise InvalidSuite(f"{path}, line {number}: {where}: {first['msg']}.", _remedy(kind)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidSuite(f"{path}, line {number} is no JSON: {error}.", _remedy(kind)) from error
    said = read.model_dump()
    return DetectorCase(number, said, said["family"] or "", bool(said[layout.label]))


def _remedy(kind: Kind) -> str:
    return f"{_SHAPES[kind]} is wanted on each line, in UTF-8; docs/evaluation.md describes it."


_SHAPES: Mapping[Kind, str] = {
    "injection": '{"text": "...", "attack": true, "where": "user", "family": "..."}',
    "pii": '{"text": "...", "spans": [{"type": "...", "start": 0, "end": 5}]}, in characters from 0,',
    "grounding": '{"context": "...", "answer": "...", "grounded": true}',
    "abstention": '{"question": "...", "passages": [{"title": "...", "text": "..."}], "answerable": true}',
}


def _asked(case: DetectorCase, layout: _Layout) -> str:
    """What a detector is shown of a case."""
    return json.dumps({key: value for key, value in case.given.items() if key not in {"family", layout.label}})


def _digest(case: DetectorCase, layout: _Layout) -> bytes:
    return hashlib.sha256(_asked(case, layout).encode()).digest()


def _repeats(cases: Sequence[DetectorCase], layout: _Layout) -> tuple[int, int]:
    seen: dict[bytes, list[object]] = defaultdict(list)
    repeated = contradicting = 0
    for each in cases:
        before, label = seen[_digest(each, layout)], each.given[layout.label]
        repeated += bool(before)
        contradicting += bool(before) and label not in before
        before.append(label)
    return repeated, contradicting
