"""Reads a suite: a folder with suite.toml and cases.jsonl. Refuses one that would score something else than it says.

Whether a quote stands in its document is checked in eval.run, where the corpus is ingested.
"""

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.core.errors import InvalidSuite, PathMissing

_REMEDY = "docs/evaluation.md describes the layout."
SEVERAL_DOCUMENTS = "several-documents"
"""The tag of a case that needs every document it names; without it each one answers alone."""


@dataclass(frozen=True)
class Case:
    """A question with what a right answer holds.

    `parts` has for each part of the answer the variants of which one must be there; `relevant` are pairs of document
    ("space/file") and quote; `spaces` is what the asker may read; `skip` says why the case is not asked for now.
    `must_contain` and `must_not_contain` are phrases that every text shown to the asker has, or has not. A case that
    `must_pass` stops a change alone, whatever the others' share is.
    """

    id: str
    question: str
    answerable: bool
    parts: tuple[tuple[str, ...], ...]
    relevant: tuple[tuple[str, str], ...]
    spaces: tuple[str, ...]
    tags: tuple[str, ...]
    split: str
    skip: str | None = None
    must_pass: bool = False
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """The relevant documents, each once."""
        return tuple(dict.fromkeys(document for document, _ in self.relevant))


@dataclass(frozen=True)
class Threshold:
    """What a metric must reach (`floor`, which the gate enforces) and what is wanted of it (`aim`, blocks nothing)."""

    floor: float | None = None
    aim: float | None = None


@dataclass(frozen=True)
class Suite:
    """Cases and the folder of the corpus that they ask about, one subfolder a space."""

    name: str
    corpus: Path
    cases: tuple[Case, ...]
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Identity of the cases, whatever their order. What is demanded of them, thresholds too, is no part of it."""
        lines = sorted(json.dumps(_asked(case), sort_keys=True) for case in self.cases)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def must_pass(self, split: str | None) -> tuple[str, ...]:
        """Ids of the cases that stop a change alone, in a split or in all."""
        return tuple(case.id for case in self.cases if case.must_pass and split in {None, case.split})


def _asked(case: Case) -> dict[str, object]:
    """What a case asks; a phrase counts where there is one, so that suites without any keep their identity."""
    phrases = {"must_contain", "must_not_contain"}
    return {name: each for name, each in asdict(case).items() if name != "must_pass" and (each or name not in phrases)}


_Text = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _ThresholdTable(_Strict):
    floor: float | None = None
    aim: float | None = None


class _SuiteTable(_Strict):
    name: _Text
    owner: str = ""
    corpus: _Text = "corpus"
    cases: _Text = "cases.jsonl"
    spaces: list[str] = Field(default_factory=list)
    thresholds: dict[str, _ThresholdTable] = Field(default_factory=dict)


class _Place(_Strict):
    document: _Text
    quote: _Text


class _CaseLine(_Strict):
    id: _Text
    question: str
    answerable: bool
    spaces: list[_Text] = Field(min_length=1)
    answers: list[_Text] = Field(default_factory=list)
    also: list[list[_Text]] = Field(default_factory=list)
    relevant: list[_Place] = Field(default_factory=list)
    restricted_in: list[_Place] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    group: str = ""
    split: str = ""
    skip: _Text | None = None
    must_pass: bool = False
    must_contain: list[_Text] = Field(default_factory=list)
    must_not_contain: list[_Text] = Field(default_factory=list)


def read_suite(folder: Path, split: str | None = None) -> Suite:
    """The suite in `folder`, limited to a split if one is named. Raises PathMissing, InvalidSuite."""
    table = _table(folder)
    path, corpus = folder / table.cases, folder / table.corpus
    cases = list(_cases(path))
    if not cases:
        raise InvalidSuite(f"{path} holds no case.", _REMEDY)
    if repeated := [each for each, times in Counter(case.id for case in cases).items() if times > 1]:
        raise InvalidSuite(f"{path} has the id {repeated[0]!r} more than once.", "Give each case an id of its own.")
    for case in cases:
        if problem := _problem(case, corpus):
            raise InvalidSuite(f"Case {case.id!r} {problem}.", _REMEDY)
    chosen = tuple(case for case in cases if split in {None, case.split})
    if not chosen:
        raise InvalidSuite(f"{path} has no case in the split {split!r}.", _splits(cases))
    thresholds = {name: Threshold(each.floor, each.aim) for name, each in table.thresholds.items()}
    return Suite(table.name, corpus, chosen, thresholds)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file that hold something, numbered from 1. Raises PathMissing, InvalidSuite.

    Lines end at a line feed and nowhere else: JSON may hold U+2028 and other characters that break lines elsewhere.
    """
    for number, line in enumerate(read_utf8(path).split("\n"), 1):
        if line.strip():
            yield number, line


def read_utf8(path: Path) -> str:
    """The text of a file of a suite. Raises PathMissing, InvalidSuite."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidSuite(f"{path} is not UTF-8 at byte {error.start:,}.", "Save it as UTF-8.") from error
    except OSError as error:
        raise PathMissing(f"{path} cannot be read: {error.strerror}.", _REMEDY) from error


def plain(text: str) -> str:
    """The text without markup, in lower case, with single spaces: what quotes and answers are compared in."""
    return " ".join(re.sub(r"[*_`|]", " ", text).split()).lower()


def _table(folder: Path) -> _SuiteTable:
    path = folder / "suite.toml"
    if not path.is_file():
        raise PathMissing(f"{folder} holds no suite.toml.", "Name the folder of a suite, for example samples.")
    try:
        return _SuiteTable.model_validate(tomllib.loads(read_utf8(path)))
    except tomllib.TOMLDecodeError as error:
        raise InvalidSuite(f"{path} is no TOML: {error}.", _REMEDY) from error
    except ValidationError as error:
        raise InvalidSuite(f"{path}: {first_wrong(error)}.", _REMEDY) from error


def _cases(path: Path) -> Iterator[Case]:
    for number, text in read_lines(path):
        try:
            line = _CaseLine.model_validate_json(text)
        except ValidationError as error:
            raise InvalidSuite(f"{path}, line {number} is no case: {first_wrong(error)}.", _REMEDY) from error
        yield Case(
            id=line.id,
            question=line.question,
            answerable=line.answerable,
            parts=tuple(map(tuple, ([line.answers] if line.answers else []) + line.also)),
            relevant=tuple((each.document, each.quote) for each in line.relevant),
            spaces=tuple(line.spaces),
            tags=tuple(line.tags),
            split=line.split,
            skip=line.skip,
            must_pass=line.must_pass,
            must_contain=tuple(line.must_contain),
            must_not_contain=tuple(line.must_not_contain),
        )


def _problem(case: Case, corpus: Path) -> str | None:
    """What a case contradicts: itself, or its corpus."""
    if case.answerable and not (case.parts or case.relevant):
        return "is answerable and has neither answers nor relevant documents, so nothing can be scored"
    if not case.answerable and (case.parts or case.relevant):
        return "is not answerable and has answers or relevant documents"
    phrases = (*case.parts, case.must_contain, case.must_not_contain)
    if empty := [each for part in phrases for each in part if not any(map(str.isalnum, each))]:
        return f"has an answer or a phrase that any text would hold: {empty[0]!r}"
    if both := set(map(plain, case.must_contain)) & set(map(plain, case.must_not_contain)):
        return f"must contain and must not contain {both.pop()!r}"
    if case.must_pass and (case.skip or (case.answerable and not any(phrases))):
        return "must pass and is skipped or names nothing to hold it to, so that nothing can pass"
    return _problem_of_documents(case, corpus)


def _problem_of_documents(case: Case, corpus: Path) -> str | None:
    for document in case.documents:
        if document.partition("/")[0] not in case.spaces:
            return f"names {document}, which is in none of its spaces"
        if ".." in Path(document).parts or not (corpus / document).is_file():
            return f"names {document}, which {corpus} does not hold"
    return None


def _splits(cases: Sequence[Case]) -> str:
    known = sorted({case.split for case in cases if case.split})
    return f"Splits: {', '.join(known)}." if known else "Its cases name no split."


def first_wrong(error: ValidationError) -> str:
    """The first thing that is wrong, with where it stands and without the input, which may be long."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
