"""Embeds chunks in batches and writes whole documents.

A document's vectors are written before its records commit, and stale ones removed after: a kill in between leaves
vectors that no record names, which no question sees and which the next run sweeps away.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ingestion.report import Report
from service.core.app import App
from service.core.types import Chunk, Document, Index, IndexedChunk

# Chunks embedded in one go: enough to sort by length, little enough to lose when the process is killed.
CHUNKS_A_BATCH = 128


@dataclass(frozen=True)
class Prepared:
    """A document with all its chunks. `updates` tells a changed document from a new one."""

    document: Document
    chunks: Sequence[Chunk]
    updates: bool


def write_all(app: App, index: Index, documents: Iterable[Prepared], report: Report) -> None:
    """Embed and write documents as they come, counting them in `report`.

    The next batch is loaded on a thread while this one is embedded, which leaves the interpreter idle.
    """
    batches = _batches(documents)
    with ThreadPoolExecutor(1) as ahead:
        batch = next(batches, None)
        while batch is not None:
            following = ahead.submit(next, batches, None)
            _write(app, index, batch, report)
            batch = following.result()


def sweep(app: App, index: Index) -> None:
    """Remove vectors that no record names: what a killed run left."""
    if stray := app.vectors.ids(index) - app.records.chunk_ids(index):
        app.vectors.remove(index, sorted(stray))


def _batches(documents: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    batch: list[Prepared] = []
    for each in documents:
        batch.append(each)
        if sum(len(one.chunks) for one in batch) >= CHUNKS_A_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(app: App, index: Index, batch: Sequence[Prepared], report: Report) -> None:
    fresh = _embedded(app, index, batch)
    if fresh:
        vectors = np.stack([each.vectors.dense for each in fresh.values()])
        app.vectors.upsert(index, list(fresh), vectors)
    for each in batch:
        gone = app.records.write_document(index, each.document, each.chunks, fresh)
        app.vectors.remove(index, gone)
        report.documents.updated += each.updates
        report.documents.added += not each.updates
        report.chunks += len(each.chunks)
    report.embedded += len(fresh)


def _embedded(app: App, index: Index, batch: Sequence[Prepared]) -> dict[str, IndexedChunk]:
    """Text and vectors of the batch's chunks that the index lacks, by id."""
    lacking = [
        (chunk, each.document.text[chunk.start : chunk.end])
        for each in batch
        for known in [app.records.chunk_ids(index, each.document.id)]
        for chunk in each.chunks
        if chunk.id not in known
    ]
    vectors = app.encoder.embed_chunks([chunk.context for chunk, _ in lacking], [text for _, text in lacking])
    return {chunk.id: IndexedChunk(chunk, text, found) for (chunk, text), found in zip(lacking, vectors, strict=True)}
