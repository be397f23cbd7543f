"""One file made ready: loaded, cleaned, looked over, treated by its space's policy, scanned, split.

Nothing is embedded or written here. What is held back becomes a value, so that the other files go on.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ingestion import clean, private, quality, scan
from ingestion.copies.duplicates import signature_of
from ingestion.draft import Draft, document_of, draft_of, held_of, recipe_of
from ingestion.load import Loaded, convert, read_source
from ingestion.parse import Load, parsers
from ingestion.report import Problem
from ingestion.sources import FileProblem, SourceFile
from ingestion.splitting.split import Piece, split
from service.core import injection
from service.core.app import App
from service.core.errors import CouldNotCheck, DocumentProblem, UnsupportedFormat
from service.core.names import chunk_id, content_hash
from service.core.signatures import Signature
from service.core.types import Chunk, Document, IndexedChunk, ManifestEntry, Quarantined, Space

# Raised when the steps make something else of the same bytes than before.
RECIPE = 1
INGESTION_CONTROLS = frozenset({"quality-gates", "personal-policy", "document-scan"})


@dataclass(frozen=True)
class Prepared:
    """A document with all the chunks that it has while it is current, and what tells its copies.

    `released` means that a person let it pass.
    """

    document: Document
    chunks: Sequence[Chunk]
    signature: Signature | None = None
    released: bool = False


@dataclass(frozen=True)
class PreparedFile:
    """What a file gives: documents to write, documents held back, and what is wrong with either.

    `again` means that something could not be checked, so that the file is looked at anew the next time. `fresh` holds
    chunks that were embedded where the file was prepared, by id. `skipped` names parts of kinds that no loader reads.
    """

    entry: ManifestEntry
    documents: Sequence[Prepared]
    held: Sequence[Quarantined] = ()
    problems: Sequence[Problem] = ()
    again: bool = False
    fresh: Mapping[str, IndexedChunk] = field(default_factory=dict)
    skipped: Sequence[str] = ()


# What comes of a file: made ready, wrong, or as it was.
Outcome: TypeAlias = PreparedFile | DocumentProblem | None


@dataclass(frozen=True)
class Known:
    """What is remembered by source: a space's files as they were, and hashes of the contents that a person let pass."""

    files: Mapping[str, ManifestEntry]
    released: Mapping[str, str]


def recipe(app: App, space: Space) -> str:
    """What decides, beside a file's bytes, what comes of it."""
    off = sorted(app.settings.controls_off & INGESTION_CONTROLS)
    settings = app.settings
    parsing = f"{settings.ocr}.{settings.max_archive_files}"
    rules = (",".join(settings.personal_recognisers), injection.edition())
    said = (str(RECIPE), recipe_of(space.policy), ",".join(off), *rules, parsing)
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()[:16]


def one_by_one(app: App, space: Space, files: Sequence[SourceFile | FileProblem], known: Known) -> Iterator[Outcome]:
    """What comes of each file, prepared in this process and parsed in another."""
    with parsers(app.settings) as parsing:
        for each in files:
            yield outcome(app, space, each, known, parsing.load)


def outcome(app: App, space: Space, file: SourceFile | FileProblem, known: Known, load: Load = convert) -> Outcome:
    """What comes of one file."""
    if isinstance(file, FileProblem):
        return file.error
    try:
        return prepare(app, space, file, known, load)
    except DocumentProblem as error:
        return error


def prepare(app: App, space: Space, file: SourceFile, known: Known, load: Load = convert) -> PreparedFile | None:
    """The file made ready by parsing it with `load`, or None when nothing changed since it was last looked at.

    Raises DocumentProblem if it cannot be opened.
    """
    max_bytes = app.settings.max_file_mebibytes * 1024 * 1024
    data = read_source(file, max_bytes)
    entry = ManifestEntry(file.source, content_hash(data), recipe(app, space), len(data), {})
    before = known.files.get(file.source)
    if before is not None and (before.content_hash, before.recipe) == (entry.content_hash, entry.recipe):
        return None
    try:
        loaded = load(file, data, max_bytes)
    except DocumentProblem as error:
        loaded = Loaded((), (FileProblem(file.source, error),))
    return _file(app, space, entry, loaded, known.released)


def _file(app: App, space: Space, entry: ManifestEntry, loaded: Loaded, released: Mapping[str, str]) -> PreparedFile:
    unread = _unread(app, space, entry, loaded.problems)
    documents: list[Prepared] = []
    held, problems, again = [*unread.held], [*unread.problems], unread.again
    for each in loaded.documents:
        draft = draft_of(each, entry.source)
        try:
            draft = private.renamed(app, space, draft)
            draft = replace(draft, released=released.get(draft.source) == draft.content_hash)
            for step in STEPS:
                draft = step(app, space, draft)
        except (DocumentProblem, CouldNotCheck) as error:
            again = again or isinstance(error, CouldNotCheck)
            held.append(held_of(draft, space, error))
            problems.append(Problem.of(draft.source, error))
            continue
        document = document_of(draft, space)
        documents.append(Prepared(document, chunks_of(app, document), signature_of(document), draft.released))
    return PreparedFile(entry, documents, held, problems, again, skipped=unread.skipped)


def _unread(app: App, space: Space, entry: ManifestEntry, parts: Sequence[FileProblem]) -> PreparedFile:
    """What comes of a file, or of files inside it, that no parser could read: held back, skipped, or tried again."""
    held: list[Quarantined] = []
    problems: list[Problem] = []
    skipped: list[str] = []
    again = False
    for part in parts:
        try:
            source = private.part_name(app, space, entry.source, part.source)
        except CouldNotCheck as error:
            again = True
            problems.append(Problem.of(entry.source, error))
            continue
        if isinstance(part.error, UnsupportedFormat):
            skipped.append(source)
            continue
        part.error.detail = said = private.discreet(app, space, part.error.detail)
        held.append(Quarantined(space.name, source, entry.content_hash, part.error.code, said, origin=entry.source))
        problems.append(Problem.of(source, part.error))
    return PreparedFile(entry, (), held, problems, again, skipped=skipped)


STEPS: Sequence[Callable[[App, Space, Draft], Draft]] = (
    clean.cleaned,
    private.treated,  # before the gates, so that the quarantine holds no more than the space may
    quality.checked,
    scan.scanned,
)


def chunks_of(app: App, document: Document) -> list[Chunk]:
    """A document's chunks; a chunk's id stays when other parts of the document change."""
    seen: dict[tuple[str, str], int] = {}
    chunks = []
    for ordinal, piece in enumerate(_pieces(app, document)):
        said = (piece.context, document.text[piece.start : piece.end])
        occurrence = seen[said] = seen.get(said, -1) + 1
        identity = chunk_id(document.id, *said, occurrence)
        page = bisect_right(document.pages, piece.start) if document.pages else None
        chunks.append(Chunk(identity, document.id, ordinal, piece.start, piece.end, piece.context, page))
    return chunks


def _pieces(app: App, document: Document) -> list[Piece]:
    settings = app.settings
    title, pages = document.title, document.pages
    return split(document.text, title, app.encoder, settings.max_chunk_tokens, splitter=settings.splitter, pages=pages)
