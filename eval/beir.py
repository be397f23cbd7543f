"""Reads a retrieval set in BEIR's layout: corpus.jsonl, queries.jsonl, qrels.tsv. Refuses one that cannot be scored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.suite import read_lines
from service.core.errors import InvalidSuite, PathMissing

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
_REMEDY = "BEIR's layout: _id and text a line in corpus.jsonl and queries.jsonl; query, document, grade in qrels.tsv."


@dataclass(frozen=True)
class Text:
    """A document or a query."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class RetrievalSet:
    """Documents, queries, and the grade of each judged pair: query → document → grade."""

    documents: tuple[Text, ...]
    queries: tuple[Text, ...]
    grades: Mapping[str, Mapping[str, int]]

    @property
    def judged(self) -> list[Text]:
        """The queries for which at least one document is relevant; nothing can be scored of the others."""
        return [each for each in self.queries if any(grade > 0 for grade in self.grades.get(each.id, {}).values())]


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """The set in `folder`. Raises PathMissing and InvalidSuite naming file and line."""
    for name in (_CORPUS, _QUERIES, _QRELS):
        if not (folder / name).is_file():
            raise PathMissing(f"{folder} holds no {name}.", "Name a folder in BEIR's layout.")
    documents, queries = _texts(folder / _CORPUS), _texts(folder / _QUERIES)
    grades = _grades(folder / _QRELS, {each.id for each in queries}, {each.id for each in documents})
    found = RetrievalSet(documents, queries, grades)
    if not found.judged:
        raise InvalidSuite(f"{folder / _QRELS} finds no document relevant to any query.", _REMEDY)
    return found


def _texts(path: Path) -> tuple[Text, ...]:
    found: dict[str, Text] = {}
    for number, line in read_lines(path):
        where = f"{path}, line {number}"
        try:
            raw: dict[str, Any] = json.loads(line)
            each = Text(str(raw["_id"]), _string(raw["text"]), _string(raw.get("title") or ""))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise InvalidSuite(f"{where}: {type(error).__name__} {error}.", _REMEDY) from error
        if each.id in found:
            raise InvalidSuite(f"{where} has the id {each.id!r} again.", "Give each line an id of its own.")
        found[each.id] = each
    if not found:
        raise InvalidSuite(f"{path} is empty.", _REMEDY)
    return tuple(found.values())


def _grades(path: Path, queries: set[str], documents: set[str]) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    unknown: list[str] = []
    for number, line in read_lines(path):
        row = line.rstrip("\r").split("\t")
        if number == 1 and len(row) == 3 and not row[-1].strip().lstrip("-").isdigit():
            continue  # the heading
        if len(row) != 3:
            raise InvalidSuite(f"{path}, line {number} has {len(row)} columns between tabs, not 3.", _REMEDY)
        query, document, grade = row
        try:
            value = int(grade)
        except ValueError as error:
            raise InvalidSuite(
                f"{path}, line {number} has the grade {grade[:40]!r}, no whole number.", _REMEDY
            ) from error
        if query not in queries:
            unknown.append(f"{path}, line {number} names the query {query!r}, which {_QUERIES} lacks")
        elif document not in documents:
            unknown.append(f"{path}, line {number} names the document {document!r}, which {_CORPUS} lacks")
        if document in grades.setdefault(query, {}):
            raise InvalidSuite(f"{path}, line {number} judges {query!r} and {document!r} again.", "Keep one grade.")
        grades[query][document] = value
    if unknown:
        lines = sum(map(len, grades.values()))
        raise InvalidSuite(
            f"{unknown[0]}; {len(unknown):,} of its {lines:,} judgements name what is not there.",
            "Take these judgements out, or put back what they name: a set in which nobody can find them scores lower.",
        )
    return grades


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{str(value)[:40]!r} is no text")
