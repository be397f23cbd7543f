"""Files that are made to exhaust or escape their reader: each is refused, or read for what it is, in little time."""

import os
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from ingestion.load import Loaded, LoadedDocument, convert, read_source
from ingestion.sources import SourceFile, find_sources
from service.core.errors import (
    ChangingFile,
    DocumentProblem,
    EncryptedFile,
    FileTooLarge,
    HarmfulFile,
)
from tests.files import docx, xlsx
from tests.packages import archive, book, changed, open_document, slides

MEBIBYTE = 2**20
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'

Loader = Callable[[str, bytes | str], LoadedDocument]
AllLoader = Callable[[str, bytes | str], Loaded]


def of_problems(loaded: Loaded) -> dict[str, type[DocumentProblem]]:
    return {each.source: type(each.error) for each in loaded.problems}


def test_archive_that_unpacks_to_too_much(all_loaded: AllLoader):
    """An archive of more than ten times the limit is refused before it is unpacked."""
    with pytest.raises(FileTooLarge, match="11 MiB"):
        all_loaded("a.zip", archive({"a.txt": b"x" * 11 * MEBIBYTE}))


def test_archive_packed_too_tight(tmp_path: Path):
    """An archive that is packed tighter than files are is refused, whatever the limit."""
    content = archive({"a.txt": bytes(40 * MEBIBYTE)})
    with pytest.raises(HarmfulFile, match="times its size"):
        convert(SourceFile(tmp_path / "a.zip", "a.zip"), content, 100 * MEBIBYTE)


def test_nested_bomb(all_loaded: AllLoader):
    """Archives in archives share one limit: what they unpack to together is too much."""
    layer = archive({f"{number}.txt": b"x " * (MEBIBYTE // 4) for number in range(8)})
    bomb = archive({f"{number}.zip": layer for number in range(8)})
    with pytest.raises(HarmfulFile, match="more files, or larger ones"):
        all_loaded("a.zip", bomb)


def test_nested_too_deep(all_loaded: AllLoader):
    """An archive in an archive in an archive is read, and no deeper."""
    content = archive({"end.txt": "the end"})
    for number in range(4):
        content = archive({f"{number}.zip": content, f"{number}.txt": f"words {number}"})
    loaded = all_loaded("a.zip", content)
    assert {each.text for each in loaded.documents} == {"words 3", "words 2", "words 1"}
    assert set(of_problems(loaded).values()) == {HarmfulFile}


def test_too_many_files(tmp_path: Path):
    """More files than are allowed, in one archive or in several, make the whole one refused."""
    content = archive({f"{number}.txt": "words" for number in range(6)})
    nested = archive({"a.zip": archive({"1.txt": "a", "2.txt": "b"}), "b.zip": archive({"3.txt": "c", "4.txt": "d"})})
    for given in (content, nested):
        with pytest.raises(HarmfulFile, match="RAGREADY_MAX_ARCHIVE_FILES"):
            convert(SourceFile(tmp_path / "a.zip", "a.zip"), given, MEBIBYTE, max_files=5)


def test_overlapping_entries(all_loaded: AllLoader):
    """Entries that share their bytes, so that a small archive holds large files many times, are refused."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", os.urandom(40_000).hex())
        packed.writestr("b.txt", "words")
        entries = packed.infolist()
        entries[1].header_offset = entries[0].header_offset
        entries[1].compress_size, entries[1].file_size, entries[1].CRC = (
            entries[0].compress_size,
            entries[0].file_size,
            entries[0].CRC,
        )
    with pytest.raises(HarmfulFile, match="overlap"):
        all_loaded("a.zip", buffer.getvalue())


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "/etc/passwd.txt", "..\\..\\boot.txt", "C:/boot.txt"])
def test_path_traversal(all_loaded: AllLoader, name: str):
    """A member whose name leads out of the archive is refused by name; the others are read, and nothing is written."""
    loaded = all_loaded("a.zip", archive({name: "evil words", "good.txt": "good words"}))
    assert [each.text for each in loaded.documents] == ["good words"]
    assert list(of_problems(loaded).values()) == [HarmfulFile]


def test_encrypted_archive(all_loaded: AllLoader):
    """An archive with a password is encrypted."""
    content = bytearray(archive({"a.txt": "words"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        struct.pack_into("<H", content, at, 1)
    with pytest.raises(EncryptedFile):
        all_loaded("a.zip", bytes(content))


PACKAGES = {
    "a.docx": (docx("Words"), "word/document.xml"),
    "a.xlsx": (xlsx([["some", "words"]]), "xl/workbook.xml"),
    "a.pptx": (slides(lambda _: None), "ppt/slides/slide1.xml"),
    "a.odt": (open_document("text", "<text:p>Words</text:p>"), "content.xml"),
    "a.epub": (book({"a.xhtml": "<p>Words</p>"}), "OPS/book.opf"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", PACKAGES)
def test_entity_expansion(all_loaded: AllLoader, name: str, encoding: str):
    """A package whose XML declares entities is refused before a parser sees it, in any encoding."""
    package, part = PACKAGES[name]

    def declare(each: str, data: bytes) -> bytes:
        if each != part:
            return data
        text = data.decode()
        start = text.index("<", text.index("?>") + 2) if text.startswith("<?xml") else 0
        return f"{ENTITIES}{text[start:]}".encode(encoding)

    with pytest.raises(HarmfulFile, match="entities"):
        all_loaded(name, changed(package, declare))


def test_external_entity_is_not_read(loaded: Loader, tmp_path: Path):
    """An HTML page with an external entity is a page: nothing is read from the disk."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    page = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><p>Words &e; here</p>'
    assert "the secret" not in loaded("a.html", page).text


def test_deep_html(loaded: Loader):
    """A page nested 20,000 deep keeps its text."""
    assert "bottom" in loaded("a.html", "<div>" * 20_000 + "the bottom" + "</div>" * 20_000).text


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><td>" * 2_000 + "the bottom",
        "<b><i>" * 2_000 + "the bottom",
        "<style>" + ".a div p {display: none}" * 5_000 + "</style>" + "<div>x</div>" * 1_000 + "the bottom",
    ],
    ids=["tables", "unclosed", "rules"],
)
def test_html_that_repeats(loaded: Loader, page: str):
    """A page of thousands of nested tables, open elements or style rules is read in its time."""
    assert "bottom" in loaded("a.html", page).text


def test_deep_json(loaded: Loader):
    """JSON nested beyond what a parser walks is a stated problem."""
    with pytest.raises(DocumentProblem, match="no JSON"):
        loaded("a.json", "[" * 200_000)


def test_endless_spans(loaded: Loader):
    """A cell that says it spans a million columns does not."""
    document = loaded("a.html", "<table><tr><td colspan=1000000 rowspan=1000000>a</td><td>b</td></tr></table>")
    assert len(document.text) < 10_000


def test_file_that_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that is written while it is read is a stated problem of its own, and reads once it rests."""
    path = tmp_path / "a.txt"
    path.write_text("words")
    real = Path.open

    def opened(self, *arguments):
        stream = real(self, *arguments)

        class Slow:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                stream.close()

            def fileno(self):
                return stream.fileno()

            def read(self, size):
                data = stream.read(size)
                with real(path, "a") as more:
                    more.write("more")
                return data

        return Slow()

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(ChangingFile, match="changed while it was read"):
        read_source(SourceFile(path, "a.txt"), MEBIBYTE)
    monkeypatch.undo()
    assert read_source(SourceFile(path, "a.txt"), MEBIBYTE) == b"wordsmore"


def test_names_that_deceive(tmp_path: Path):
    """Newlines and marks that turn the direction of writing show in a source as what they are."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a\nb.txt").write_text("words")
    (folder / "gpj.\u202etxt.md").write_text("words")
    assert sorted(each.source for each in find_sources([folder])) == ["folder/a\\nb.txt", "folder/gpj.\\u202etxt.md"]


def test_part_names_that_deceive(all_loaded: AllLoader):
    """So they do in the name of a part."""
    [document] = all_loaded("a.zip", archive({"a\u202eb.txt": "words"})).documents
    assert document.source == "folder/a.zip/a\\u202eb.txt"


def drawn_pdf(content: bytes, more: bytes = b"") -> bytes:
    """A PDF of one page with this content, and further objects behind it; readers have to look for its objects."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"%PDF-1.5\n" + b"".join(b"%d 0 obj%b endobj\n" % each for each in enumerate(objects, start=1))
    return body + more + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"


WORDS = b"BT /F1 12 Tf 72 700 Td (Words in sight) Tj ET"


def test_pdf_of_many_lines(loaded: Loader):
    """A page of 30,000 drawn lines is read for its text."""
    lines = b"".join(b"0 %d m 100 %d l S\n" % (number % 800, number % 800) for number in range(30_000))
    assert loaded("a.pdf", drawn_pdf(lines + WORDS)).text == "Words in sight"


def test_pdf_of_a_million_objects(tmp_path: Path):
    """A million objects that nothing refers to are passed over."""
    content = drawn_pdf(WORDS, b"".join(b"%d 0 obj null endobj\n" % number for number in range(6, 1_000_006)))
    [document] = convert(SourceFile(tmp_path / "a.pdf", "a.pdf"), content, 50 * MEBIBYTE).documents
    assert document.text == "Words in sight"


def test_pdf_that_loops(loaded: Loader):
    """A PDF whose tree of pages leads back to itself is a stated problem."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"]
    body = b"%PDF-1.5\n" + b"".join(b"%d 0 obj%b endobj\n" % each for each in enumerate(objects, start=1))
    with pytest.raises(DocumentProblem, match=r"folder/a\.pdf"):
        loaded("a.pdf", body + b"trailer<</Root 1 0 R/Size 3>>\n%%EOF")
