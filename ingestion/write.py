"""Embeds chunks in batches and commits whole documents.

Embedding needs no lock, committing holds the tenant's. Vectors are written before the records of their documents, and
stale ones removed after: a kill in between leaves vectors that no record names, which no question sees and which the
next run sweeps away.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import numpy as np

from ingestion.copies import standing
from ingestion.erasure.block import without_erased
from ingestion.outliers import Outliers
from ingestion.prepare import Prepared, PreparedFile, chunks_of
from ingestion.remove import remove_from
from ingestion.report import Report
from service.core.app import App
from service.core.errors import IndexSwapped
from service.core.types import Document, Index, IndexedChunk, Space

# Asked of a source under the tenant's lock, right before its commit.
Wanted: TypeAlias = Callable[[str], bool]
Item = TypeVar("Item")
# Chunks embedded in one go: enough to sort by length, little enough to lose when the process is killed.
CHUNKS_A_BATCH = 256
# Little, so that the encoder need not wait long for its first chunks.
FIRST_BATCH = 16
BATCHES_AHEAD = 2
# At once in a process that only writes, so that no core waits for the last chunks of a batch. Where questions are
# answered too, a second batch brings nothing and delays them.
BATCHES_EMBEDDED = 2
# Files that give no chunk, such as those held back, would otherwise all wait for the end in one batch.
FILES_A_BATCH = 256


@dataclass(frozen=True)
class Written:
    """A document as it was written: with its standing, the chunks that it has now, and how many were embedded."""

    document: Document
    chunks: int
    embedded: int


@dataclass(frozen=True)
class _Run:
    """What the batches of one run are committed with."""

    app: App
    space: Space
    report: Report
    wanted: Wanted
    outliers: Outliers


def always(source: str) -> bool:  # noqa: ARG001  # the signature of Wanted
    """Write every file."""
    return True


def write_all(app: App, space: Space, files: Iterable[PreparedFile], report: Report, wanted: Wanted = always) -> None:
    """Embed and commit files as they come, counting them in `report`.

    A file that is not `wanted` any more when it would be committed is left out: a newer one of its source came in.

    Files are prepared ahead, batches are embedded, and the ones before them are committed, all at the same time.
    """
    batches = in_batches(files, chunks_in, first=FIRST_BATCH)
    run = _Run(app, space, report, wanted, Outliers(app, space))
    at_once = BATCHES_EMBEDDED if app.encoder.bulk else 1
    with ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(at_once) as along, ThreadPoolExecutor(1) as behind:
        coming = deque(ahead.submit(next, batches, None) for _ in range(BATCHES_AHEAD))
        embedding = deque[Future[None]]()
        try:
            while (batch := coming.popleft().result()) is not None:
                coming.append(ahead.submit(next, batches, None))
                fresh = along.submit(_vectors, app, space, batch)
                embedding.append(behind.submit(_commit_all, run, batch, fresh))
                if len(embedding) > at_once:
                    embedding.popleft().result()
            for each in embedding:
                each.result()
        finally:
            ahead.shutdown(cancel_futures=True)
            behind.shutdown(cancel_futures=True)


def sweep(app: App, index: Index) -> None:
    """Remove vectors that no record names: what a killed run left. Called under the tenant's lock."""
    if stray := app.vectors.ids(index) - app.records.chunk_ids(index):
        app.vectors.remove(index, sorted(stray))


def put(
    app: App,
    index: Index,
    prepared: Prepared,
    fresh: Mapping[str, IndexedChunk],
    *,
    placed: Set[str] = frozenset(),
) -> int:
    """Write a document with its vectors; returns how many chunks had to be embedded. Called under the tenant's lock.

    `fresh` holds vectors made ahead; what is lacking there is embedded now. `placed` are chunks whose vectors the index
    holds already.
    """
    document = prepared.document
    chunks = prepared.chunks if document.standing == "current" else ()
    known = app.records.chunk_ids(index, document.id)
    lacking = [chunk for chunk in chunks if chunk.id not in known]
    late = [chunk for chunk in lacking if chunk.id not in fresh]
    made = {**fresh, **(embedded(app, [replace(prepared, chunks=late)]) if late else {})}
    _place(app, index, [made[chunk.id] for chunk in lacking if chunk.id not in placed])
    if gone := app.records.write_document(index, document, chunks, made, prepared.signature):
        app.vectors.remove(index, gone)
    return len(lacking)


def give_standing(app: App, change: standing.Change) -> None:
    """Write a document that is there with another standing. Called under the tenant's lock."""
    tenant = app.settings.tenant
    document = app.records.document(tenant, change.document)
    if document is None:
        return  # removed since by what this change is a part of
    new, in_favour_of, findings = change.standing, change.in_favour_of, change.findings
    if (document.standing == "current") == (new == "current"):
        app.records.signatures.amend(document.id, new, in_favour_of, findings)
        return
    changed = replace(document, standing=new, in_favour_of=in_favour_of, findings=findings)
    space = next(each for each in app.records.spaces(tenant) if each.name == document.space)
    ours = app.made_with(space.recipe)  # whoever removes a document has the configured encoder, not the index's
    put(ours, space.index, Prepared(changed, chunks_of(ours, changed) if new == "current" else ()), {})


def review(app: App) -> None:
    """Decide anew the standings that were decided under other readers or switches, or that a killed run left behind.

    Called under the tenant's lock.
    """
    for rules, documents in standing.outdated(app).items():
        for each in documents:
            for change in standing.reviewed(app, each):
                give_standing(app, change)
        app.records.signatures.decide(documents, rules)


def embedded(app: App, documents: Sequence[Prepared]) -> dict[str, IndexedChunk]:
    """Text and vectors of all chunks of some documents, by id."""
    wanted = [(chunk, each.document.text[chunk.start : chunk.end]) for each in documents for chunk in each.chunks]
    vectors = app.encoder.embed_chunks([chunk.context for chunk, _ in wanted], [text for _, text in wanted])
    return {chunk.id: IndexedChunk(chunk, text, found) for (chunk, text), found in zip(wanted, vectors, strict=True)}


def in_batches(
    items: Iterable[Item], chunks_of: Callable[[Item], int], first: int = CHUNKS_A_BATCH
) -> Iterator[list[Item]]:
    """Items in their order, together until they hold `first` chunks, then twice as many, up to CHUNKS_A_BATCH.

    However few chunks they hold, FILES_A_BATCH items are a batch.
    """
    batch, chunks, enough = list[Item](), 0, first
    for each in items:
        batch.append(each)
        chunks += chunks_of(each)
        if chunks >= enough or len(batch) >= FILES_A_BATCH:
            yield batch
            batch, chunks, enough = [], 0, min(2 * enough, CHUNKS_A_BATCH)
    if batch:
        yield batch


def chunks_in(file: PreparedFile) -> int:
    """How many chunks a file's documents have while they are current."""
    return sum(len(each.chunks) for each in file.documents)


def _vectors(app: App, space: Space, batch: Sequence[PreparedFile]) -> dict[str, IndexedChunk]:
    """Vectors of the chunks that the index lacks: made by who prepared the files, else now. Needs no lock."""
    documents = [each for file in batch for each in file.documents]
    copies = standing.likely_copies(app, space, documents)
    made = {identity: chunk for file in batch for identity, chunk in file.fresh.items()}
    found, late = dict[str, IndexedChunk](), list[Prepared]()
    for each in documents:
        if each.document.id in copies:
            continue
        known = app.records.chunk_ids(space.index, each.document.id)
        lacking = [chunk for chunk in each.chunks if chunk.id not in known]
        found.update((chunk.id, made[chunk.id]) for chunk in lacking if chunk.id in made)
        late.append(replace(each, chunks=[chunk for chunk in lacking if chunk.id not in made]))
    return {**found, **embedded(app, late)} if any(each.chunks for each in late) else found


def _commit_all(run: _Run, batch: Sequence[PreparedFile], coming: Future[dict[str, IndexedChunk]]) -> None:
    """Commit a batch, file by file, once its vectors are there.

    They are written together: Chroma takes about as long for one as for many.

    Those of documents that are not current after all are taken back.
    """
    app, space, fresh = run.app, run.space, coming.result()
    batch = run.outliers.without(batch, fresh)
    with app.records.alone(app.settings.tenant):
        if space.index not in {each.index for each in app.records.spaces(space.tenant)}:
            raise IndexSwapped(f"Space {space.name!r} has another index now.", "Run the command again.")
        files = [without_erased(app, file) for file in batch if run.wanted(file.entry.source)]
        documents = [each for file in files for each in file.documents]
        placed = {chunk.id: fresh[chunk.id] for each in documents for chunk in each.chunks if chunk.id in fresh}
        _place(app, space.index, list(placed.values()))
        for file in files:
            _commit(app, space, file, placed, run.report)
        _take_back(app, space.index, documents, placed.keys())


def _place(app: App, index: Index, chunks: Sequence[IndexedChunk]) -> None:
    if chunks:
        app.vectors.upsert(index, [each.chunk.id for each in chunks], np.stack([each.vectors.dense for each in chunks]))


def _take_back(app: App, index: Index, documents: Sequence[Prepared], placed: Set[str]) -> None:
    """Remove the vectors that were written for documents that did not become current."""
    for each in documents:
        ours = {chunk.id for chunk in each.chunks} & placed
        if ours and (stray := ours - app.records.chunk_ids(index, each.document.id)):
            app.vectors.remove(index, sorted(stray))


def _commit(app: App, space: Space, file: PreparedFile, placed: Mapping[str, IndexedChunk], report: Report) -> None:
    """Write what came of a file, and its manifest last: until then the file counts as not looked at."""
    origins = app.records.origins(space.tenant, space.name, file.entry.source)
    counts = {"documents": 0, "chunks": 0, "embedded": 0, "held": len(file.held)}
    for each in file.documents:
        written = commit_document(app, space, each, placed, placed=placed.keys())
        report.wrote(written.document, updates=each.document.source in origins)
        counts["documents"] += 1
        counts["chunks"] += written.chunks
        counts["embedded"] += written.embedded
    for held in file.held:
        app.records.quarantine.hold(space.tenant, held)
    _remove_lost_parts(app, space, file, origins)
    report.looked_at(file, counts)
    if not file.again:
        app.records.manifest.put(space.tenant, space.name, replace(file.entry, outcome=counts))


def commit_document(
    app: App,
    space: Space,
    prepared: Prepared,
    fresh: Mapping[str, IndexedChunk],
    *,
    placed: Set[str] = frozenset(),
) -> Written:
    """Decide a document's standing, write it and what that changes of others. Called under the tenant's lock.

    `fresh` and `placed` are as for `put`.
    """
    verdict = standing.decided(app, space, prepared)
    document = verdict.document
    for change in verdict.gains:
        give_standing(app, change)
    ours = replace(prepared, document=document, signature=verdict.signature)
    made = put(app, space.index, ours, fresh, placed=placed)
    for change in verdict.losses:
        give_standing(app, change)
    return Written(document, len(prepared.chunks) if document.standing == "current" else 0, made)


def _remove_lost_parts(app: App, space: Space, file: PreparedFile, origins: Mapping[str, str]) -> None:
    """Remove documents that the file gave before and gives no more; one that is held back now stays as it was."""
    kept = {each.document.source for each in file.documents} | {each.source for each in file.held}
    for source, origin in origins.items():
        if origin == file.entry.source and source not in kept:
            remove_from(app, space, source)
