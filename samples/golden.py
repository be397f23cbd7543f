"""The golden cases as data: how a line is read, which split it belongs to, and the text that its quotes stand in."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ingestion.load import load
from ingestion.sources import SourceFile
from service.core.errors import EmptyDocument

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
MAX_BYTES = 50 * 2**20
TUNE_BELOW, TEST_BELOW = 128, 205


@dataclass(frozen=True)
class Evidence:
    """A place in the corpus: "<space>/<file>" and the words that stand there."""

    document: str
    quote: str


@dataclass(frozen=True)
class Case:
    """One golden case, as its line has it."""

    id: str
    question: str
    answers: tuple[str, ...]
    also: tuple[tuple[str, ...], ...]
    answerable: bool
    relevant: tuple[Evidence, ...]
    tags: tuple[str, ...]
    spaces: tuple[str, ...]
    restricted_in: tuple[Evidence, ...]
    raw: dict[str, object] = field(repr=False, hash=False)


def split_of(case_id: str) -> str:
    """The split that a case belongs to for ever: by the first byte of the SHA-256 of its id."""
    first = hashlib.sha256(case_id.encode()).digest()[0]
    if first < TUNE_BELOW:
        return "tune"
    return "test" if first < TEST_BELOW else "sealed"


def read_cases(path: Path) -> list[Case]:
    """The cases of one file; ValueError names the line that is not a case."""
    cases: list[Case] = []
    for line_number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            cases.append(_case(json.loads(line)))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path.name}:{line_number}: {error!r}") from error
    return cases


def _case(raw: dict[str, object]) -> Case:
    return Case(
        id=str(raw["id"]),
        question=str(raw["question"]),
        answers=_strings(raw["answers"]),
        also=_parts(raw.get("also", [])),
        answerable=bool(raw["answerable"]),
        relevant=_places(raw["relevant"]),
        tags=_strings(raw["tags"]),
        spaces=_strings(raw["spaces"]),
        restricted_in=_places(raw.get("restricted_in", [])),
        raw=raw,
    )


def _strings(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(str(value) for value in values)


def _parts(values: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(values, list) or not all(isinstance(part, list) and part for part in values):
        raise TypeError(f"{values!r} is not a list of lists of variants")
    if strange := [variant for part in values for variant in part if not isinstance(variant, str) or not variant]:
        raise TypeError(f"{strange!r} in also")
    return tuple(tuple(part) for part in values)


def _places(values: object) -> tuple[Evidence, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(Evidence(value["document"], value["quote"]) for value in values)


def normal(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


@cache
def converted(document: str) -> str:
    """The text of a document as ingestion stores it, empty for an empty one. FileNotFoundError names a missing one."""
    path = CORPUS / document
    if not path.exists():
        raise FileNotFoundError(document)
    try:
        return load(SourceFile(path, document), MAX_BYTES).documents[0].text
    except EmptyDocument:
        return ""
