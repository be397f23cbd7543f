"""Scores splitters by the characters of gold excerpts that the best five chunks hold, with the product's retrieval.

All corpora stand in one index, as in the published evaluation (eval.chunking_set). Nothing is read, judged or cited.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.chunking_set import ChunkingSet, Excerpts, likeness, overlap, read_chunking_set, touching
from eval.statistics import mean
from ingestion.pipeline import Progress
from ingestion.prepare import Prepared, chunks_of
from ingestion.splitting.ruler import ruler_of
from ingestion.splitting.spans import Span
from ingestion.splitting.split import checked_splitter
from ingestion.write import put
from service.core.app import App
from service.core.controls import ControlName
from service.core.errors import InvalidSuite, RagreadyError
from service.core.names import content_hash, document_id
from service.core.types import Chunk, Document, Space
from service.rag import guard, retrieve
from service.rag.access import Reach
from service.rag.controls import Controls
from service.rag.strategies.found import Found

RETRIEVED = 5
"""Chunks that count, as in the published evaluation."""
HALVES = ("tune", "test")
"""The questions by turns: the first one is for tuning."""
FIGURES = ("recall", "precision", "iou", "iou_touching", "precision_omega")
OFF: frozenset[ControlName] = frozenset({"duplicates"})
"""The gold excerpts know nothing of copies: where a corpus says a thing twice, one of the two places is gold."""


@dataclass(frozen=True)
class Indexed:
    """The corpora cut by one splitter: name of the corpus by document, spans by corpus, and what that took."""

    splitter: str
    space: Space
    names: dict[str, str]
    spans: dict[str, list[Span]]
    tokens: tuple[int, ...]
    split_seconds: float
    seconds: float


async def evaluate(app: App, folder: Path, splitters: Sequence[str], half: str | None, progress: Progress) -> Any:
    """Index the corpora once for each splitter, ask the questions, and score what was retrieved.

    `half` is one of HALVES, or None for all questions. Raises PathMissing, InvalidSuite, UnknownSplitter.
    """
    given = read_chunking_set(folder)
    if half not in (None, *HALVES):
        raise InvalidSuite(f"There is no half {half!r}.", f"Halves: {', '.join(HALVES)}.")
    for name in splitters:
        checked_splitter(name)
    questions = [each for at, each in enumerate(given.questions) if half in (None, HALVES[at % 2])]
    failures: list[dict[str, str]] = []
    found = {}
    for name in splitters:
        settings = app.settings.model_copy(update={"splitter": name})
        texts = indexed(replace(app, settings=settings), given, name, progress)
        found[name] = await _scored(app, texts, questions, failures, progress)
    return {
        "splitters": found,
        "n": len(questions),
        "failed": len(failures),
        "failures": failures,
        "half": half,
        "max_chunk_tokens": app.settings.max_chunk_tokens,
        "controls_off": sorted(app.settings.controls_off | OFF),
    }


def indexed(app: App, given: ChunkingSet, splitter: str, progress: Progress) -> Indexed:
    """Cut the corpora and write them into a space of their own."""
    started = time.perf_counter()
    space = app.records.ensure_space(app.settings.tenant, f"chunking-{splitter}", app.recipe)
    ruler = ruler_of(app.encoder.tokenizer)
    names, spans, tokens, splitting = {}, {}, [], 0.0
    for done, (name, text) in enumerate(given.corpora.items()):
        progress(done, len(given.corpora), f"{splitter} {name}")
        document = _document(space, name, text)
        before = time.perf_counter()
        chunks = chunks_of(app, document)
        splitting += time.perf_counter() - before
        put(app, space.index, Prepared(document, chunks), {})
        names[document.id] = name
        spans[name] = [_span(each) for each in chunks]
        tokens += [ruler.tokens(text[each.start : each.end]) for each in chunks]
    return Indexed(splitter, space, names, spans, tuple(tokens), splitting, time.perf_counter() - started)


def _document(space: Space, name: str, text: str) -> Document:
    """A corpus without a title, since the published figures are of chunks without one."""
    identity = document_id(space.tenant, space.name, name)
    return Document(identity, space.tenant, space.name, name, "", text, "text/markdown", content_hash(text.encode()))


async def _scored(
    app: App, texts: Indexed, questions: Sequence[Excerpts], failures: list[dict[str, str]], progress: Progress
) -> dict[str, Any]:
    figures: dict[str, list[float]] = {name: [] for name in FIGURES}
    for done, each in enumerate(questions, 1):
        progress(done, len(questions), each.id)
        try:
            hits = (await found_in(app, texts.space, each.question)).hits
            retrieved = [hit.stored.chunk for hit in hits[:RETRIEVED]]
        except RagreadyError as error:
            failures.append({"id": f"{texts.splitter} {each.id}", "error": f"{error.code}: {error.detail}"})
            continue
        for name, value in _figures(texts, each, retrieved).items():
            figures[name].append(value)
    return {
        **{name: asdict(mean(values)) for name, values in figures.items()},
        "chunks": len(texts.tokens),
        "tokens_mean": round(float(np.mean(texts.tokens)), 1),
        "split_seconds": round(texts.split_seconds, 2),
        "seconds": round(texts.seconds, 2),
    }


def _figures(texts: Indexed, asked: Excerpts, chunks: Sequence[Chunk]) -> dict[str, float]:
    """The figures of one question.

    `iou_touching` leaves out what was retrieved in vain; `precision_omega` is the same of every chunk that holds some
    of the excerpts, retrieved or not.
    """
    right = [_span(each) for each in chunks if texts.names[each.document_id] == asked.corpus]
    others = sum(each.end - each.start for each in chunks if texts.names[each.document_id] != asked.corpus)
    found = overlap(right, others, asked.spans)
    return {
        **asdict(found),
        "iou_touching": likeness(touching(right, asked.spans), asked.spans),
        "precision_omega": likeness(touching(texts.spans[asked.corpus], asked.spans), asked.spans),
    }


async def found_in(app: App, space: Space, question: str) -> Found:
    """What the product finds in a space."""
    text = guard.checked_question(question, max_characters=len(question))
    query = app.encoder.embed_query(text)
    found = await retrieve.fused(app, Reach((space,)), text, query)
    controls = Controls(app.settings.controls_off | OFF, app.telemetry)
    return Found(found.question, found.query, await retrieve.reranked(app, found, controls))


def _span(chunk: Chunk) -> Span:
    return Span(chunk.start, chunk.end)
