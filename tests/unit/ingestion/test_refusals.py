"""What the loader refuses, and as which problem."""

import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from ingestion.load import EXTENSIONS, LoadedDocument, load
from ingestion.sources import SourceFile
from service.core.errors import (
    DamagedFile,
    DocumentProblem,
    EmptyDocument,
    EncryptedFile,
    FileTooLarge,
    MislabelledFile,
    NoTextLayer,
    UnreadableFile,
    UnsupportedFormat,
)
from tests.files import docx, encrypted_pdf, mail, pdf, xlsx

MEBIBYTE = 2**20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

Loader = Callable[[str, bytes | str], LoadedDocument]


def refused(loaded: Loader, name: str, content: bytes | str) -> type[DocumentProblem]:
    """The problem's class; its detail must name the source and its remedy must not be empty."""
    with pytest.raises(DocumentProblem) as caught:
        loaded(name, content)
    assert f"folder/{name}" in caught.value.detail
    assert caught.value.remedy
    return type(caught.value)


@pytest.mark.parametrize("name", ["a.exe", "a", "a.doc", ".md"])
def test_unsupported(loaded: Loader, name: str):
    """An unknown ending is not read."""
    assert refused(loaded, name, "text") is UnsupportedFormat


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("content", [b"", b" \r\n\t "])
def test_empty(loaded: Loader, extension: str, content: bytes):
    """A file of no bytes or of blank space is empty in every format."""
    assert refused(loaded, f"a{extension}", content) is EmptyDocument


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "---\ntitle: Only front matter\n---\n"),
        ("a.md", "---\n\n***\n"),
        ("a.html", "<html><head><title></title><script>x()</script></head><body></body></html>"),
        ("a.docx", docx()),
        ("a.xlsx", xlsx([])),
        ("a.csv", ";;\n;;\n"),
    ],
)
def test_no_text(loaded: Loader, name: str, content: bytes | str):
    """A file without a letter or digit of text is empty."""
    assert refused(loaded, name, content) is EmptyDocument


def test_encrypted_pdf(loaded: Loader):
    """A PDF that asks for a password is encrypted."""
    assert refused(loaded, "a.pdf", encrypted_pdf("secret", "owner")) is EncryptedFile


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_encrypted_office(loaded: Loader, name: str):
    """An Office file with a password is encrypted."""
    content = OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 600
    assert refused(loaded, name, content) is EncryptedFile


def test_office_before_2007(loaded: Loader):
    """An Office file of before 2007 under a new ending is mislabelled, not encrypted."""
    assert refused(loaded, "a.docx", OLE + b"\x00" * 600 + "WordDocument".encode("utf-16-le")) is MislabelledFile


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", pdf("Some words", pages=5)),
        ("a.docx", docx(*["Some words"] * 50)),
        ("a.xlsx", xlsx([["some", "words"]] * 50)),
    ],
)
def test_truncated(loaded: Loader, name: str, content: bytes, share: float):
    """A PDF, Word or Excel file that breaks off is damaged, wherever it does."""
    assert refused(loaded, name, content[: int(share * len(content))]) is DamagedFile


def test_broken_parts(loaded: Loader):
    """An archive that is whole around a broken document is damaged."""
    for name, part in (("a.docx", "word/document.xml"), ("a.xlsx", "xl/workbook.xml")):
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(part, "<not closed")
        assert refused(loaded, name, buffer.getvalue()) is DamagedFile


def test_flipped_bytes(loaded: Loader):
    """A Word file with a changed byte in its text is damaged."""
    content = bytearray(docx("Some words"))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        middle = archive.getinfo("word/document.xml").header_offset + 200
    content[middle : middle + 8] = bytes(8)
    assert refused(loaded, "a.docx", bytes(content)) is DamagedFile


def test_mail_that_breaks_off(loaded: Loader):
    """A mail that ends before its last part does is damaged."""
    message = mail()
    message.add_attachment(b"x" * 500, maintype="application", subtype="pdf", filename="plan.pdf")
    assert refused(loaded, "a.eml", bytes(message)[:-200]) is DamagedFile


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv", "a.eml", "a.docx", "a.xlsx"])
def test_pdf_under_another_name(loaded: Loader, name: str):
    """A PDF under any other ending is mislabelled."""
    assert refused(loaded, name, pdf("Some words")) is MislabelledFile


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", docx("Some words")),
        ("a.pdf", "Just words"),
        ("a.txt", docx("Some words")),
        ("a.xlsx", docx("Some words")),
        ("a.docx", xlsx([["some", "words"]])),
        ("a.docx", "Just words"),
        ("a.txt", PNG),
        ("a.pdf", PNG),
        ("a.md", b"GIF89a\x01\x00\x01\x00"),
        ("a.html", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
        ("a.csv", b"\x1f\x8b\x08\x00rest"),
        ("a.txt", b"\x7fELF\x02\x01\x01"),
        ("a.txt", b"words and a NUL \x00 byte"),
        ("a.txt", bytes(range(1, 32)) * 20),
        ("a.txt", b"{\\rtf1 words}"),
        ("a.eml", "Just words, no header\n\nmore"),
    ],
)
def test_mislabelled(loaded: Loader, name: str, content: bytes | str):
    """Content that contradicts the ending is mislabelled."""
    assert refused(loaded, name, content) is MislabelledFile


def test_archive_without_a_document(loaded: Loader):
    """A ZIP archive with neither Word's nor Excel's parts is mislabelled."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", "words")
    assert refused(loaded, "a.docx", buffer.getvalue()) is MislabelledFile


def test_too_large(loaded: Loader):
    """A file over the limit is refused with its size, the limit and the setting."""
    with pytest.raises(FileTooLarge, match=r"1\.5 MiB; 1\.0 MiB .*RAGREADY_MAX_FILE_MEBIBYTES"):
        loaded("a.txt", b"x" * (MEBIBYTE * 3 // 2))


def test_archive_bomb(loaded: Loader):
    """A small archive that would unpack to far more than the limit is too large, and is not unpacked."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(11 * MEBIBYTE))
    assert refused(loaded, "a.docx", buffer.getvalue()) is FileTooLarge


@pytest.mark.parametrize("lines", [[], ["   "]])
def test_pdf_without_text(loaded: Loader, lines: list[str]):
    """A PDF whose pages hold no text has no text layer."""
    assert refused(loaded, "scan.pdf", pdf(*lines, pages=2)) is NoTextLayer


def test_unreadable(tmp_path: Path):
    """A folder, a pipe and a file that is gone are unreadable, and reading a pipe does not wait."""
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("folder.pdf", "pipe.txt", "gone.md"):
        with pytest.raises(UnreadableFile, match=name):
            load(SourceFile(tmp_path / name, name), MEBIBYTE)
