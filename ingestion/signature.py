"""Compares a file's first bytes with what its name claims, before any parser sees it.

It recognises formats by their signatures only; whether the rest holds is the parser's business.
"""

from collections.abc import Sequence
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from ingestion.packages import MAX_UNPACKED_RATIO, UNLOCK, check_entities, package_entries
from service.core.errors import EncryptedFile, MislabelledFile

_PDF, _OLE, _ZIP, _RTF = "a PDF", "an Office file of before 2007", "a ZIP archive", "an RTF document"
_WORD, _EXCEL, _SLIDES = "a Word document", "an Excel workbook", "a PowerPoint presentation"
_TEXT, _SHEET, _SHOW = "an OpenDocument text", "an OpenDocument spreadsheet", "an OpenDocument presentation"
_BOOK, _OUTLOOK = "an EPUB book", "an Outlook message"
_EXPECTED = {
    ".pdf": _PDF,
    ".docx": _WORD,
    ".docm": _WORD,
    ".xlsx": _EXCEL,
    ".xlsm": _EXCEL,
    ".pptx": _SLIDES,
    ".pptm": _SLIDES,
    ".odt": _TEXT,
    ".ods": _SHEET,
    ".odp": _SHOW,
    ".epub": _BOOK,
    ".rtf": _RTF,
    ".msg": _OUTLOOK,
    ".zip": _ZIP,
}
_SIGNATURES = (
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"{\\rtf", _RTF),
    (b"%!PS", "a PostScript document"),
)
_PARTS = (("word/", _WORD), ("xl/", _EXCEL), ("ppt/", _SLIDES))
# What an entry of this name says the package is: OpenDocument and EPUB put it first and unpacked.
_TYPE_ENTRY = "mimetype"
_TYPE_BYTES = 256
_DECLARED = (
    (b"application/vnd.oasis.opendocument.text", _TEXT),
    (b"application/vnd.oasis.opendocument.spreadsheet", _SHEET),
    (b"application/vnd.oasis.opendocument.presentation", _SHOW),
    (b"application/epub+zip", _BOOK),
)
# Office wraps a document with a password into an OLE container with a stream of this name.
_PASSWORD_STREAM = "EncryptedPackage".encode("utf-16-le")
# Outlook's messages are OLE containers with a stream of this name.
_MESSAGE_STREAM = "__properties_version1.0".encode("utf-16-le")
# OpenDocument leaves the packages readable and says here that their content is not.
_MANIFEST, _ENCRYPTED_ENTRY = "META-INF/manifest.xml", b"encryption-data"
# Books that are locked to a reader's licence name the scheme here.
_RIGHTS = "META-INF/rights.xml"
# Readers accept junk before a PDF's signature as far as this many bytes.
_PDF_SEARCHED_BYTES = 1_024


def check_signature(data: bytes, extension: str, source: str, max_bytes: int) -> None:
    """Refuse `data` that is not what `extension` says; an extension without a signature stands for text.

    Raises MislabelledFile, EncryptedFile, and what `package_entries` raises for a package that may not be unpacked.
    """
    expected = _EXPECTED.get(extension)
    found = _signature(data, expected)
    if expected in {_WORD, _EXCEL, _SLIDES} and found == _OLE and _PASSWORD_STREAM in data:
        raise EncryptedFile(f"{source} is protected by a password.", UNLOCK)
    if expected is not None and found == _ZIP:
        found = _package(data, package_entries(data, source, MAX_UNPACKED_RATIO * max_bytes), source)
    if found == _OLE and _MESSAGE_STREAM in data:
        found = _OUTLOOK
    if found != expected:
        raise MislabelledFile(
            f"{source} is {found or f'not {expected}'}, not what its ending {extension} says.",
            "Give it the ending of its real format, or save it as what it claims to be.",
        )
    if found is not None and found != _ZIP and _signature(data, None) == _ZIP:
        check_entities(data, source)


def _signature(data: bytes, expected: str | None) -> str | None:
    if data.startswith(b"%PDF-") or (expected == _PDF and b"%PDF-" in data[:_PDF_SEARCHED_BYTES]):
        return _PDF
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)


def _package(data: bytes, entries: Sequence[ZipInfo], source: str) -> str:
    """What kind of document a package is: by what it declares, else by the folders in it. Raises EncryptedFile."""
    names = {entry.filename for entry in entries}
    if _TYPE_ENTRY in names:
        with ZipFile(BytesIO(data)) as archive, archive.open(_TYPE_ENTRY) as stream:
            declared = stream.read(_TYPE_BYTES).strip()
            found = next((name for media_type, name in _DECLARED if declared == media_type), _ZIP)
            locked = _RIGHTS in names or (
                found != _BOOK and _MANIFEST in names and _ENCRYPTED_ENTRY in archive.read(_MANIFEST)
            )
        if locked:
            raise EncryptedFile(f"{source} is protected by a password or a licence.", UNLOCK)
        return found
    return next((kind for folder, kind in _PARTS if any(name.startswith(folder) for name in names)), _ZIP)
