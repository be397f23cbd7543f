"""The path of a document: find, load, split, embed, write. One file's failure never stops the others.

Unchanged files are left alone, changed ones replace exactly their own chunks, and files that are gone from a folder are
removed. Cleaning, duplicates and personal data are not looked at.
"""

import time
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from typing import TypeAlias

from ingestion.load import convert, read_source
from ingestion.missing import claim_names, remove_missing
from ingestion.report import Problem, Report
from ingestion.sources import FileProblem, SourceFile, find_sources
from ingestion.split import split
from ingestion.write import Prepared, sweep, write_all
from service.core.app import App
from service.core.errors import DocumentProblem, UnsupportedFormat
from service.core.names import checked_name, chunk_id, content_hash, document_id
from service.core.types import Chunk, Document, Index, Quarantined

# Called with files done, files in all, and the current source.
Progress: TypeAlias = Callable[[int, int, str], None]


def quiet(done: int, total: int, source: str) -> None:
    """Show no progress."""


def run(
    app: App,
    paths: Sequence[Path],
    space: str,
    source_name: str | None = None,
    progress: Progress = quiet,
    readers: Set[str] | None = None,
) -> Report:
    """Ingest files and folders into a space, making the space when it is new.

    `source_name` replaces a folder's own name in its documents' sources, `readers` the groups that may read the space.
    Raises PathMissing, SourceConflict, InvalidName, StoreProblem.
    """
    started = time.perf_counter()
    report = Report(checked_name("space", space))
    found = list(find_sources(paths, source_name))
    with app.records.alone(app.settings.tenant, space):
        index = app.records.ensure_space(app.settings.tenant, space, str(app.encoder.fingerprint), readers)
        claim_names(app, index, paths, source_name)
        sweep(app, index)
        write_all(app, index, _prepared(app, index, found, report, progress), report)
        remove_missing(app, index, paths, source_name, found=found, report=report)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _prepared(
    app: App, index: Index, found: Sequence[SourceFile | FileProblem], report: Report, progress: Progress
) -> Iterator[Prepared]:
    """Load and split what is new or changed; count the rest."""
    known = app.records.content_hashes(index.tenant, index.space)
    for done, each in enumerate(found):
        progress(done, len(found), each.source)
        try:
            if isinstance(each, FileProblem):
                raise each.error
            prepared = _prepare(app, index, each, known.get(each.source), report)
        except UnsupportedFormat:
            report.skipped.append(each.source)
        except DocumentProblem as error:
            report.problems.append(Problem.of(each.source, error))
        else:
            if prepared is None:
                report.documents.unchanged += 1
            else:
                yield prepared
    progress(len(found), len(found), "")


def _prepare(app: App, index: Index, file: SourceFile, known_hash: str | None, report: Report) -> Prepared | None:
    """The document ready to be embedded, or None when the stored one has the same content. Raises DocumentProblem."""
    max_bytes = app.settings.max_file_mebibytes * 1024 * 1024
    data = read_source(file, max_bytes)
    hashed = content_hash(data)
    if hashed == known_hash:
        return None
    try:
        loaded = convert(file, data, max_bytes)
    except DocumentProblem as error:
        held = Quarantined(index.space, file.source, hashed, error.code, error.detail)
        app.records.hold_back(index.tenant, held)
        report.documents.quarantined += 1
        raise
    document = Document(
        id=document_id(index.tenant, index.space, file.source),
        tenant=index.tenant,
        space=index.space,
        source=file.source,
        title=loaded.title,
        text=loaded.text,
        media_type=loaded.media_type,
        content_hash=hashed,
    )
    return Prepared(document, chunks_of(app, document), updates=known_hash is not None)


def chunks_of(app: App, document: Document) -> list[Chunk]:
    """A document's chunks; a chunk's id stays when other parts of the document change."""
    seen: dict[tuple[str, str], int] = {}
    chunks = []
    for ordinal, piece in enumerate(split(document.text, document.title, app.encoder.tokenizer)):
        said = (piece.context, document.text[piece.start : piece.end])
        occurrence = seen[said] = seen.get(said, -1) + 1
        identity = chunk_id(document.id, *said, occurrence)
        chunks.append(Chunk(identity, document.id, ordinal, piece.start, piece.end, piece.context))
    return chunks
