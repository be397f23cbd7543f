"""Reads a suite: a folder with suite.toml and cases.jsonl. Refuses one that would score something else than it says."""

import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.errors import InvalidSuite, PathMissing

_REMEDY = "samples/cases.py describes the layout."


@dataclass(frozen=True)
class Case:
    """A question with what a right answer holds.

    `parts` has for each part of the answer the variants of which one must be there; `relevant` are pairs of document
    ("space/file") and quote; `spaces` is what the asker may read.
    """

    id: str
    question: str
    answerable: bool
    parts: tuple[tuple[str, ...], ...]
    relevant: tuple[tuple[str, str], ...]
    spaces: tuple[str, ...]
    tags: tuple[str, ...]
    split: str


@dataclass(frozen=True)
class Suite:
    """Cases and the folder of the corpus that they ask about, one subfolder a space."""

    name: str
    corpus: Path
    cases: tuple[Case, ...]


def read_suite(folder: Path, split: str | None = None) -> Suite:
    """The suite in `folder`, limited to a split if one is named. Raises PathMissing, InvalidSuite."""
    if not (folder / "suite.toml").is_file():
        raise PathMissing(f"{folder} holds no suite.toml.", "Name the folder of a suite, for example samples.")
    described = tomllib.loads((folder / "suite.toml").read_text(encoding="utf-8"))
    path = folder / described.get("cases", "cases.jsonl")
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    cases = [_case(f"{path}, line {number}", line) for number, line in lines if line.strip()]
    if repeated := [each for each, times in Counter(case.id for case in cases).items() if times > 1]:
        raise InvalidSuite(f"{path} has the id {repeated[0]!r} more than once.", "Give each case an id of its own.")
    corpus = folder / described.get("corpus", "corpus")
    for case in cases:
        for document, _ in case.relevant:
            if not (corpus / document).is_file():
                raise InvalidSuite(f"Case {case.id!r} names {document}, which {corpus} does not hold.", _REMEDY)
    chosen = tuple(case for case in cases if split in {None, case.split})
    if not chosen:
        raise InvalidSuite(f"{path} has no case in the split {split!r}.", "Splits: tune, test, sealed.")
    return Suite(described.get("name", folder.name), corpus, chosen)


def _case(where: str, line: str) -> Case:
    try:
        raw: dict[str, Any] = json.loads(line)
        answers = tuple(raw.get("answers", ()))
        return Case(
            id=raw["id"],
            question=raw["question"],
            answerable=raw["answerable"],
            parts=(answers, *map(tuple, raw.get("also", ()))) if answers else (),
            relevant=tuple((each["document"], each["quote"]) for each in raw.get("relevant", ())),
            spaces=tuple(raw["spaces"]),
            tags=tuple(raw.get("tags", ())),
            split=raw.get("split", ""),
        )
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise InvalidSuite(f"{where} is no case: {type(error).__name__} {error}.", _REMEDY) from error
