"""Reads one file: its bytes, checked against its name, as Markdown text with a title; and the files inside it.

Nothing is judged or removed here: cleaning, quality gates and splitting are later steps.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ingestion.fetching.kinds import EXTENSIONS, KINDS, RECOGNISED, Kind
from ingestion.formats import Converted, Hidden, Part
from ingestion.normalise import normalised
from ingestion.packages import MAX_UNPACKED_RATIO
from ingestion.signature import check_signature
from ingestion.sources import FileProblem, SourceFile, printable
from ingestion.title import shortened, title_of_name, title_of_text
from ingestion.zero_width import without_zero_width
from service.core.errors import (
    ChangingFile,
    DamagedFile,
    DocumentProblem,
    EmptyDocument,
    FileTooLarge,
    HarmfulFile,
    UnreadableFile,
    UnsupportedFormat,
)
from service.core.names import content_hash

MAX_FILES = 1_000
# A mail in an archive in a mail is read; what is deeper was hardly put there by a person.
MAX_DEPTH = 3


@dataclass(frozen=True)
class LoadedDocument:
    """A file, or a file inside one, as Markdown. `content_hash` is its bytes' SHA-256, in hexadecimal.

    `pages` is the text page by page where the format has pages, else empty; `text` is those that hold any, joined by
    empty lines. `meta` is what the file says about itself, such as front matter.
    """

    source: str
    title: str
    text: str
    media_type: str
    content_hash: str
    pages: tuple[str, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """What a file gives: its own text first, then its parts in their order, and the parts that could not be read."""

    documents: tuple[LoadedDocument, ...]
    problems: tuple[FileProblem, ...] = ()


@dataclass
class _Loading:
    """One file on its way: what it may still hold, and what it gave so far."""

    max_bytes: int
    files_left: int
    bytes_left: int
    recognise: bool
    documents: list[LoadedDocument] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    @property
    def exhausted(self) -> bool:
        """Whether it held more than it may: then nothing of it is taken."""
        return self.files_left < 0 or self.bytes_left < 0


def load(file: SourceFile, max_bytes: int) -> Loaded:
    """The file as text, with the title that it gives itself, else its name. Raises a DocumentProblem."""
    return convert(file, read_source(file, max_bytes), max_bytes)


def read_source(file: SourceFile, max_bytes: int) -> bytes:
    """The file's bytes. Raises UnsupportedFormat, UnreadableFile, FileTooLarge, ChangingFile."""
    _kind(file.source, file.path.suffix, recognise=False)
    try:
        status = file.path.stat()
        # Opening a pipe would wait for a writer for ever.
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(f"{file.source} is not a regular file.", "Remove it, or replace it by a file.")
        _check_size(file.source, status.st_size, max_bytes)
        with file.path.open("rb") as stream:
            before = os.fstat(stream.fileno())
            data = stream.read(max_bytes + 1)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise UnreadableFile(
            f"{file.source} cannot be opened: {error.strerror or error}.", "Check that it exists and who may read it."
        ) from error
    # It may have grown since.
    _check_size(file.source, len(data), max_bytes)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise ChangingFile(f"{file.source} changed while it was read.", "Wait until it is written; it is read again.")
    return data


def convert(
    file: SourceFile, data: bytes, max_bytes: int, *, max_files: int = MAX_FILES, recognise: bool = False
) -> Loaded:
    """The bytes of a file as text, with the files inside it. Raises a DocumentProblem that says why it cannot be read.

    A part that cannot be read is a problem of its own. `max_files` and ten times `max_bytes` limit all parts together;
    more of them make the whole file refused. `recognise` reads the pictures of pages.
    """
    loading = _Loading(max_bytes, max_files, MAX_UNPACKED_RATIO * max_bytes, recognise)
    _convert(loading, file.source, file.path.suffix, data, 0)
    if not loading.documents and not loading.problems:
        raise EmptyDocument(f"{file.source} holds no file.", "Remove it, or put files into it.")
    return Loaded(tuple(loading.documents), tuple(loading.problems))


def _convert(loading: _Loading, source: str, suffix: str, data: bytes, depth: int) -> None:
    kind = _kind(source, suffix, recognise=loading.recognise)
    if not data.strip():
        raise EmptyDocument(f"{source} is empty.", "Remove it, or put text into it.")
    with _damage_told(source, kind):
        check_signature(data, suffix.lower(), source, loading.max_bytes)
        converted = kind.convert(data, source)
    if not kind.container:
        loading.documents.append(_document(converted, source, kind, data))
    _convert_parts(loading, source, converted, depth + 1)


def _convert_parts(loading: _Loading, source: str, converted: Converted, depth: int) -> None:
    """Each part as documents of its own. Raises HarmfulFile where they are too many or too large."""
    taken: set[str] = set()
    for part in converted.parts:
        loading.files_left -= 1
        loading.bytes_left -= len(part.data)
        if loading.exhausted:
            raise HarmfulFile(
                f"{source} holds more files, or larger ones, than are allowed.",
                "Unpack it and ingest the folder, or raise RAGREADY_MAX_ARCHIVE_FILES.",
            )
        named = _part_source(source, part.name, taken)
        try:
            _check_part(named, part, loading.max_bytes, depth)
            _convert(loading, named, PurePosixPath(part.name).suffix, part.data, depth)
        except DocumentProblem as error:
            if loading.exhausted:
                raise
            loading.problems.append(FileProblem(named, error))


def _part_source(source: str, name: str, taken: set[str]) -> str:
    """The part's source; of two parts of one name, the second gets a number."""
    named = first = f"{source}/{printable(name)}"
    suffix = PurePosixPath(first).suffix
    number = 1
    while named in taken:
        number += 1
        named = f"{first.removesuffix(suffix)} ({number}){suffix}"
    taken.add(named)
    return named


def _check_part(named: str, part: Part, max_bytes: int, depth: int) -> None:
    """Nothing is written where a name says, but a name that climbs is made to fool somebody."""
    if part.problem is not None:
        raise part.problem
    path = PurePosixPath(part.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise HarmfulFile(f"The name of {named} leads out of its archive.", "Pack it again, with plain names.")
    if depth > MAX_DEPTH:
        raise HarmfulFile(f"{named} lies {depth} files deep; {MAX_DEPTH} are read.", "Unpack it and ingest the folder.")
    _check_size(named, len(part.data), max_bytes)


def _document(converted: Converted, source: str, kind: Kind, data: bytes) -> LoadedDocument:
    """The converted file with its texts in one spelling. Raises EmptyDocument."""
    visible, decoded = without_zero_width(converted.text)
    pages = tuple(normalised(without_zero_width(page)[0]) for page in converted.pages)
    body = "\n\n".join(filter(None, pages)) if pages else normalised(visible)
    if not any(map(str.isalnum, body)):
        raise EmptyDocument(f"{source} holds no word of text.", "Remove it, or put text into it.")
    titles = (converted.title, title_of_text(body), title_of_name(source))
    hidden = [Hidden(each.kind, normalised(each.text)) for each in converted.hidden]
    hidden += [Hidden("zero-width", normalised(each)) for each in decoded]
    return LoadedDocument(
        source=source,
        title=next(filter(None, (shortened(normalised(title or "")) for title in titles)), source),
        text=body,
        media_type=kind.media_type,
        content_hash=content_hash(data),
        pages=pages,
        hidden=tuple(each for each in hidden if each.text),
        meta={normalised(key): normalised(value) for key, value in converted.meta.items()},
    )


def _kind(source: str, suffix: str, *, recognise: bool) -> Kind:
    kind = KINDS.get(suffix.lower())
    if kind is None:
        raise UnsupportedFormat(
            f"{source} has the ending {suffix.lower()!r}, which no loader reads.",
            f"Convert it to one of {' '.join(EXTENSIONS)}.",
        )
    return RECOGNISED.get(suffix.lower(), kind) if recognise else kind


def _check_size(source: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FileTooLarge(
            f"{source} has {size / 2**20:.1f} MiB; {max_bytes / 2**20:.1f} MiB are allowed.",
            "Split it, or raise RAGREADY_MAX_FILE_MEBIBYTES.",
        )


@contextmanager
def _damage_told(source: str, kind: Kind) -> Iterator[None]:
    """Raises DamagedFile for whatever else a file makes its reader raise."""
    try:
        yield
    # Neither a parser that is not installed nor a lack of memory says anything about the file.
    except (DocumentProblem, ImportError, MemoryError):
        raise
    # For a file that breaks its format zipfile and the parsers raise anything, from KeyError to zlib.error.
    except Exception as error:
        raise DamagedFile(
            f"{source} cannot be read as {kind.media_type}: {type(error).__name__}: {error}.",
            "Open and save it again with the program that made it.",
        ) from error
