"""Reads one file: its bytes, checked against its name, as Markdown text with a title.

Nothing is judged or removed here: cleaning, quality gates and splitting are later steps.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass

from ingestion.formats import Converted, html, mail, pdf, table, text, word
from ingestion.normalise import normalised
from ingestion.signature import check_signature
from ingestion.sources import SourceFile
from ingestion.title import shortened, title_of_name, title_of_text
from service.core.errors import (
    DamagedFile,
    DocumentProblem,
    EmptyDocument,
    FileTooLarge,
    UnreadableFile,
    UnsupportedFormat,
)
from service.core.names import content_hash


@dataclass(frozen=True)
class LoadedDocument:
    """A file as Markdown. `content_hash` is its bytes' SHA-256, in hexadecimal."""

    source: str
    title: str
    text: str
    media_type: str
    content_hash: str


@dataclass(frozen=True)
class _Format:
    media_type: str
    convert: Callable[[bytes, str], Converted]


_MARKDOWN = _Format("text/markdown", text.convert_markdown)
_HTML = _Format("text/html", html.convert)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_FORMATS = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": _Format("text/plain", text.convert),
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": _Format("application/pdf", pdf.convert),
    ".docx": _Format(f"{_OFFICE}.wordprocessingml.document", word.convert),
    ".csv": _Format("text/csv", table.convert_separated),
    ".tsv": _Format("text/tab-separated-values", table.convert_separated),
    ".xlsx": _Format(f"{_OFFICE}.spreadsheetml.sheet", table.convert_workbook),
    ".eml": _Format("message/rfc822", mail.convert),
}
EXTENSIONS = tuple(_FORMATS)


def load(file: SourceFile, max_bytes: int) -> LoadedDocument:
    """The file as text, with the title that it gives itself, else its name. Raises a DocumentProblem."""
    return convert(file, read_source(file, max_bytes), max_bytes)


def read_source(file: SourceFile, max_bytes: int) -> bytes:
    """The file's bytes. Raises UnsupportedFormat, UnreadableFile, FileTooLarge."""
    extension = file.path.suffix.lower()
    if extension not in _FORMATS:
        raise UnsupportedFormat(
            f"{file.source} has the ending {extension!r}, which no loader reads.",
            f"Convert it to one of {' '.join(EXTENSIONS)}.",
        )
    return _read(file, max_bytes)


def convert(file: SourceFile, data: bytes, max_bytes: int) -> LoadedDocument:
    """The bytes of a file as text. Raises a DocumentProblem that says why they cannot be read."""
    extension = file.path.suffix.lower()
    if not data.strip():
        raise EmptyDocument(f"{file.source} is empty.", "Remove it, or put text into it.")
    check_signature(data, extension, file.source, max_bytes)
    converted = _converted(data, file.source, _FORMATS[extension])
    body = normalised(converted.text)
    if not any(map(str.isalnum, body)):
        raise EmptyDocument(f"{file.source} holds no word of text.", "Remove it, or put text into it.")
    titles = (converted.title, title_of_text(body), title_of_name(file.source))
    return LoadedDocument(
        source=file.source,
        title=next(filter(None, (shortened(normalised(title or "")) for title in titles)), file.source),
        text=body,
        media_type=_FORMATS[extension].media_type,
        content_hash=content_hash(data),
    )


def _read(file: SourceFile, max_bytes: int) -> bytes:
    try:
        status = file.path.stat()
        # Opening a pipe would wait for a writer for ever.
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(f"{file.source} is not a regular file.", "Remove it, or replace it by a file.")
        _check_size(file.source, status.st_size, max_bytes)
        with file.path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(
            f"{file.source} cannot be opened: {error.strerror or error}.", "Check that it exists and who may read it."
        ) from error
    # It may have grown since.
    _check_size(file.source, len(data), max_bytes)
    return data


def _check_size(source: str, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FileTooLarge(
            f"{source} has {size / 2**20:.1f} MiB; {max_bytes / 2**20:.1f} MiB are allowed.",
            "Split it, or raise RAGREADY_MAX_FILE_MEBIBYTES.",
        )


def _converted(data: bytes, source: str, kind: _Format) -> Converted:
    try:
        return kind.convert(data, source)
    # Neither a parser that is not installed nor a lack of memory says anything about the file.
    except (DocumentProblem, ImportError, MemoryError):
        raise
    # For a file that breaks its format the parsers raise anything, from KeyError to zlib.error.
    except Exception as error:
        raise DamagedFile(
            f"{source} cannot be read as {kind.media_type}: {type(error).__name__}: {error}.",
            "Open and save it again with the program that made it.",
        ) from error
