"""Compares a file's first bytes with what its name claims, before any parser sees it.

It recognises formats by their signatures only; whether the rest holds is the parser's business.
"""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from service.core.errors import DamagedFile, EncryptedFile, FileTooLarge, MislabelledFile

# XML packs about 20 to 1; a small archive that unpacks to far more is made to fill the memory.
MAX_UNPACKED_RATIO = 10

_PDF, _OLE, _ZIP = "a PDF", "an Office file of before 2007", "a ZIP archive"
_WORD, _EXCEL = "a Word document", "an Excel workbook"
_EXPECTED = {".pdf": _PDF, ".docx": _WORD, ".xlsx": _EXCEL}
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
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
)
_PARTS = (("word/", _WORD), ("xl/", _EXCEL), ("ppt/", "a PowerPoint presentation"))
# Word and Excel wrap a document with a password into an OLE container with a stream of this name.
_PASSWORD_STREAM = "EncryptedPackage".encode("utf-16-le")
# Readers accept junk before a PDF's signature as far as this many bytes.
_PDF_SEARCHED_BYTES = 1_024
_UNLOCK = "Save a copy without the password and ingest that."


def check_signature(data: bytes, extension: str, source: str, max_bytes: int) -> None:
    """Refuse `data` that is not what `extension` says; an extension without a signature stands for text.

    Raises MislabelledFile, EncryptedFile, DamagedFile for an archive that breaks off, FileTooLarge for one that would
    unpack to more than MAX_UNPACKED_RATIO times `max_bytes`.
    """
    expected = _EXPECTED.get(extension)
    found = _signature(data, expected)
    office = expected in {_WORD, _EXCEL}
    if office and found == _OLE and _PASSWORD_STREAM in data:
        raise EncryptedFile(f"{source} is protected by a password.", _UNLOCK)
    if office and found == _ZIP:
        found = _checked_archive(data, source, MAX_UNPACKED_RATIO * max_bytes)
    if found != expected:
        raise MislabelledFile(
            f"{source} is {found or f'not {expected}'}, not what its ending {extension} says.",
            "Give it the ending of its real format, or save it as what it claims to be.",
        )


def _signature(data: bytes, expected: str | None) -> str | None:
    if data.startswith(b"%PDF-") or (expected == _PDF and b"%PDF-" in data[:_PDF_SEARCHED_BYTES]):
        return _PDF
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)


def _checked_archive(data: bytes, source: str, max_unpacked: int) -> str:
    """What kind of document an archive is, by the folders in it."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except BadZipFile as error:
        raise DamagedFile(f"{source} is cut off or damaged: {error}.", "Copy or export the file again.") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise EncryptedFile(f"{source} is protected by a password.", _UNLOCK)
    if (unpacked := sum(entry.file_size for entry in entries)) > max_unpacked:
        raise FileTooLarge(
            f"{source} unpacks to {unpacked / 2**20:.0f} MiB; {max_unpacked / 2**20:.0f} MiB are allowed.",
            f"Split it, or raise RAGREADY_MAX_FILE_MEBIBYTES; {MAX_UNPACKED_RATIO} times that are allowed.",
        )
    kinds = (kind for folder, kind in _PARTS if any(entry.filename.startswith(folder) for entry in entries))
    return next(kinds, _ZIP)
