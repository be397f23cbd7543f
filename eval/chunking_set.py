"""Reads a set of long texts with questions and the excerpts that answer them: corpora/*.md and questions.jsonl.

The layout and the figures are those of Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval" (2024).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.suite import read_lines
from ingestion.splitting.spans import Span
from service.core.errors import InvalidSuite, PathMissing

_REMEDY = "A line of questions.jsonl: id, question, corpus (a file of corpora/), spans with start and end."


@dataclass(frozen=True)
class Excerpts:
    """A question and where its answer stands: spans of one corpus, in characters."""

    id: str
    question: str
    corpus: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class ChunkingSet:
    """The corpora's texts by name, and the questions."""

    corpora: Mapping[str, str]
    questions: tuple[Excerpts, ...]


@dataclass(frozen=True)
class Overlap:
    """How much of the excerpts is in the chunks retrieved, how much of the chunks is excerpt, and both in one."""

    recall: float
    precision: float
    iou: float


def read_chunking_set(folder: Path) -> ChunkingSet:
    """The set in `folder`. Raises PathMissing and InvalidSuite naming file and line."""
    path = folder / "questions.jsonl"
    texts = {each.name: each.read_bytes().decode("utf-8") for each in sorted((folder / "corpora").glob("*.md"))}
    if not path.is_file() or not texts:
        raise PathMissing(f"{folder} holds no questions.jsonl beside corpora/*.md.", _REMEDY)
    questions = []
    for number, line in read_lines(path):
        try:
            each = _excerpts(json.loads(line))
            if not each.spans or any(not 0 <= span.start < span.end <= len(texts[each.corpus]) for span in each.spans):
                raise ValueError("a span is not inside its corpus")
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidSuite(f"{path}, line {number}: {type(error).__name__} {error}.", _REMEDY) from error
        questions.append(each)
    return ChunkingSet(texts, tuple(questions))


def overlap(chunks: Sequence[Span], others: int, excerpts: Sequence[Span]) -> Overlap:
    """Of chunks of the excerpts' corpus and of `others` characters of chunks from elsewhere.

    A character that two chunks hold is read twice and found once.
    """
    wanted = {at for each in excerpts for at in range(each.start, each.end)}
    found = {at for each in chunks for at in range(each.start, each.end)} & wanted
    read = sum(each.end - each.start for each in chunks) + others
    missed = len(wanted) - len(found)
    return Overlap(len(found) / len(wanted), len(found) / read if read else 0.0, len(found) / (read + missed))


def likeness(chunks: Sequence[Span], excerpts: Sequence[Span]) -> float:
    """Characters in both over characters in either, where a character counts once; 0 of no chunk."""
    wanted, held = ({at for each in spans for at in range(each.start, each.end)} for spans in (excerpts, chunks))
    return len(wanted & held) / len(wanted | held)


def touching(chunks: Sequence[Span], excerpts: Sequence[Span]) -> list[Span]:
    """The chunks that hold some of the excerpts."""
    return [chunk for chunk in chunks if any(chunk.start < each.end and each.start < chunk.end for each in excerpts)]


def _excerpts(raw: Any) -> Excerpts:
    spans = tuple(Span(int(each["start"]), int(each["end"])) for each in raw["spans"])
    return Excerpts(str(raw["id"]), str(raw["question"]), str(raw["corpus"]), spans)
