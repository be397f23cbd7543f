"""What each format's text becomes: order, headings, lists, tables, pages, and the files inside a file."""

import json
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from ingestion.fetching.kinds import EXTENSIONS
from ingestion.load import Loaded, LoadedDocument
from service.core.errors import DamagedFile, UnsupportedFormat
from tests.files import docx, mail, pdf, xlsx
from tests.outlook import outlook_message
from tests.packages import archive, book, open_document, slides

Loader = Callable[[str, bytes | str], LoadedDocument]
AllLoader = Callable[[str, bytes | str], Loaded]
PROSE = "It says in so many words what a rider needs to know about the bike"


def drawn(draw: Callable[[Canvas], None], size: tuple[float, float] = (595, 842)) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def test_front_matter_is_meta(loaded: Loader):
    """Front matter's plain values and lists are the document's meta, without quotes and comments."""
    text = '---\ntitle: "A: b"\nsupersedes: old.md\ndate: 2026-02-01 # new\ntags:\n  - hr\n  - pay\nlang: en\n---\nText'
    assert loaded("a.md", text).meta == {
        "title": "A: b",
        "supersedes": "old.md",
        "date": "2026-02-01",
        "tags": "hr, pay",
        "lang": "en",
    }


def test_html_spans_are_repeated(loaded: Loader):
    """A cell that spans rows or columns stands in every place that it covers."""
    page = (
        "<table><tr><th rowspan=2>Model</th><th colspan=2>Price</th></tr><tr><th>new</th><th>used</th></tr>"
        "<tr><td>Tarn</td><td>3</td><td>2</td></tr></table>"
    )
    rows = ["| Model | Price | Price |", "| --- | --- | --- |", "| Model | new | used |", "| Tarn | 3 | 2 |"]
    assert loaded("a.html", page).text == "\n".join(rows)


def test_html_layout_table(loaded: Loader):
    """A table that arranges a page, headings in its cells, is no table."""
    page = "<table><tr><td><h1>Lease</h1><p>A bike.</p></td><td>Menu</td></tr></table>"
    document = loaded("a.html", page)
    assert document.text.startswith("# Lease\n\nA bike.")
    assert "|" not in document.text


def test_pdf_columns(loaded: Loader):
    """Two columns are read one after the other, under a title that spans both, though drawn line by line."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(
            60, 800, "Everything there is to know about a bike and how it is looked after all the year round, in short"
        )
        for line in range(12):
            canvas.drawString(60, 760 - 13 * line, f"left {line} {PROSE[:38]}")
            canvas.drawString(320, 760 - 13 * line, f"right {line} {PROSE[:38]}")

    text = loaded("a.pdf", drawn(draw)).text
    places = [text.index(each) for each in ("Everything", "left 0", "left 11", "right 0", "right 11")]
    assert places == sorted(places)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_pdf_turned_page(loaded: Loader, turn: int):
    """A page that is shown turned is read as it is shown."""

    def draw(canvas: Canvas) -> None:
        width, height = (842, 595) if turn % 180 else (595, 842)
        turned = {90: (90, 0, -595), 180: (180, -595, -842), 270: (270, -842, 0)}[turn]
        canvas.rotate(turned[0])
        canvas.translate(turned[1], turned[2])
        for line in range(6):
            canvas.drawString(50, height - 60 - 14 * line, f"{line} {PROSE[: min(60, int(width / 8))]}")

    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(drawn(draw))))
    writer.pages[0].rotate(turn)
    buffer = BytesIO()
    writer.write(buffer)
    lines = loaded("a.pdf", buffer.getvalue()).text.split("\n")
    assert [line[0] for line in lines if line] == list("012345")


def test_pdf_table_without_rules(loaded: Loader):
    """Short cells that stand in columns are a table."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 780, "Prices of the models that we lease, by the month and with everything included.")
        for row, cells in enumerate([("Model", "Month", "Year"), ("Tarn", "61.50", "690"), ("Fell", "48", "540")]):
            for column, cell in enumerate(cells):
                canvas.drawString(60 + 120 * column, 740 - 15 * row, cell)

    assert loaded("a.pdf", drawn(draw)).text.endswith(
        "| Model | Month | Year |\n| --- | --- | --- |\n| Tarn | 61.50 | 690 |\n| Fell | 48 | 540 |"
    )


def test_pdf_bold_heading(loaded: Loader):
    """A bold line of the text's own size is a heading."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(60, 780, "How to claim")
        canvas.setFont("Helvetica", 10)
        for line in range(3):
            canvas.drawString(60, 750 - 13 * line, PROSE)

    assert loaded("a.pdf", drawn(draw)).text.startswith("# How to claim\n\n")


def test_pdf_pages(loaded: Loader):
    """Each page is kept, an empty one too, and the text is those that hold any."""

    def draw(canvas: Canvas) -> None:
        for words in ("First page", "", "Third page"):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(60, 780, words)
            canvas.showPage()

    document = loaded("a.pdf", drawn(draw))
    assert document.pages == ("First page", "", "Third page")
    assert document.text == "First page\n\nThird page"


def test_slides(loaded: Loader):
    """A presentation gives a page a slide: title, list, table, chart, notes."""

    def first(slide) -> None:
        slide.shapes.title.text = "Loan bikes"
        slide.placeholders[1].text = "One for each centre"
        slide.notes_slide.notes_text_frame.text = "Ask for a helmet"

    def second(slide) -> None:
        slide.shapes.title.text = "Figures"
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
        for place, cell in enumerate(("Centre", "Bikes", "Gent", "12")):
            table.cell(place // 2, place % 2).text = cell
        data = CategoryChartData()
        data.categories = ["May", "June"]
        data.add_series("Loans", (3, 4.5))
        data.add_series("Returns", (2, 4))
        slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(2), data)

    document = loaded("a.pptx", slides(first, second))
    assert document.pages == (
        "# Loan bikes\n\nOne for each centre\n\nNotes: Ask for a helmet",
        "# Figures\n\n| Centre | Bikes |\n| --- | --- |\n| Gent | 12 |\n\n"
        "|  | Loans | Returns |\n| --- | --- | --- |\n| May | 3 | 2 |\n| June | 4.5 | 4 |",
    )
    assert document.title == "Loan bikes"


def test_workbook_blocks(loaded: Loader):
    """Two tables on a sheet are two; rows behind an empty one stay in their table."""
    rows: list[list[object]] = [
        ["part", "price", None, "centre", "bikes"],
        ["belt", 61, None, "Gent", 12],
        [],
        ["bell", 9, None, "Lyon", 4],
        [],
        [],
        ["model", "weight"],
        ["Tarn", 21],
    ]
    assert loaded("a.xlsx", xlsx(rows)).text == (
        "## Prices\n\n| part | price |\n| --- | --- |\n| belt | 61 |\n| bell | 9 |\n\n"
        "| centre | bikes |\n| --- | --- |\n| Gent | 12 |\n| Lyon | 4 |\n\n"
        "| model | weight |\n| --- | --- |\n| Tarn | 21 |"
    )


def test_open_document_text(loaded: Loader):
    """An ODT's headings, paragraphs, lists and tables stay."""
    body = (
        '<text:h text:outline-level="1">Leave</text:h><text:p>You have<text:s text:c="2"/>26 days.</text:p>'
        "<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert loaded("a.odt", open_document("text", body)).text == (
        "# Leave\n\nYou have 26 days.\n\n- one\n\n| a | b |\n| --- | --- |"
    )


def test_open_document_sheet(loaded: Loader):
    """An ODS's sheets are tables under their names; a cell repeated without end is not."""
    row = "<table:table-row>{}</table:table-row>"
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    endless = '<table:table-cell table:number-columns-repeated="16384"/>'
    body = "".join(
        row.format(cell.format(a) + cell.format(b) + endless) for a, b in (("part", "price"), ("belt", "61"))
    )
    document = loaded("a.ods", open_document("spreadsheet", f'<table:table table:name="Prices">{body}</table:table>'))
    assert document.text == "## Prices\n\n| part | price |\n| --- | --- |\n| belt | 61 |"


def test_book(loaded: Loader):
    """An EPUB's chapters come in their reading order under the book's title."""
    chapters = {"b.xhtml": "<h1>One</h1><p>first</p>", "a.xhtml": "<h1>Two</h1><p>second</p>"}
    document = loaded("a.epub", book(chapters))
    assert (document.title, document.text) == ("The book", "# One\n\nfirst\n\n# Two\n\nsecond")


def test_rich_text(loaded: Loader):
    """An RTF's paragraphs are text, umlauts and Unicode characters included."""
    assert loaded("a.rtf", rb"{\rtf1\ansi\ansicpg1252 Gr\'f6\'dfe\par Caf\u233? here\par}").text == "Größe\n\nCafé here"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"part": "belt", "price": 61}, {"part": "bell", "price": None}],
         "| part | price |\n| --- | --- |\n| belt | 61 |\n| bell |  |"),
        ({"name": "Tarn", "sizes": ["S", "M"], "motor": {"watts": 250, "on": True}},
         "- name: Tarn\n- sizes:\n  - S\n  - M\n- motor:\n  - watts: 250\n  - on: true"),
    ],
)  # fmt: skip
def test_json(loaded: Loader, value: object, text: str):
    """Like records are a table, other values an outline."""
    assert loaded("a.json", json.dumps(value)).text == text


def test_json_lines(loaded: Loader):
    """Lines of JSON are one table; a line that is none is named."""
    assert loaded("a.jsonl", '{"a": 1}\n\n{"a": 2}\n').text == "| a |\n| --- |\n| 1 |\n| 2 |"
    with pytest.raises(DamagedFile, match="line 2"):
        loaded("b.jsonl", '{"a": 1}\n{"a"\n')


def test_attachments_are_documents(all_loaded: AllLoader):
    """A mail's attachments are documents of their own, as are those of a mail in it; what cannot be read is told."""
    inner = mail("Inner / mail", "Words inside.\n")
    inner.add_attachment(b"deep words", maintype="text", subtype="plain", filename="deep.txt")
    message = mail()
    message.add_attachment(docx("Two signatures."), maintype="application", subtype="x", filename="rules.docx")
    message.add_attachment(b"\x89PNG\r\n", maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv")
    message.add_attachment(inner)
    loaded = all_loaded("a.eml", bytes(message))
    assert [each.source for each in loaded.documents] == [
        "folder/a.eml",
        "folder/a.eml/rules.docx",
        "folder/a.eml/attachment 3.csv",
        "folder/a.eml/Inner - mail.eml",
        "folder/a.eml/Inner - mail.eml/deep.txt",
    ]
    assert loaded.documents[1].text == "Two signatures."
    [problem] = loaded.problems
    assert (problem.source, type(problem.error)) == ("folder/a.eml/logo.png", UnsupportedFormat)


def test_outlook_message(all_loaded: AllLoader):
    """An Outlook mail reads as other mails do, attachments included."""
    loaded = all_loaded("a.msg", outlook_message("Größe", "See there.", attachments={"a.txt": b"inner words"}))
    assert loaded.documents[0].text == (
        'From: "Desk" <desk@example.com>\nSubject: Größe\nAttachments: a.txt\n\nSee there.'
    )
    assert loaded.documents[1].text == "inner words"


def test_archive(all_loaded: AllLoader):
    """An archive gives its files as documents, archives in it too, hidden files left out; it is none itself."""
    inner = archive({"deep/b.txt": "inner words"})
    loaded = all_loaded(
        "a.zip",
        archive({"x/a.md": "# T\n\nwords", "in.zip": inner, "bad.pdf": "words", "__MACOSX/a.md": "x", ".b": "x"}),
    )
    assert [(each.source, each.text) for each in loaded.documents] == [
        ("folder/a.zip/in.zip/deep/b.txt", "inner words"),
        ("folder/a.zip/x/a.md", "# T\n\nwords"),
    ]
    assert [each.source for each in loaded.problems] == ["folder/a.zip/bad.pdf"]


def test_parts_of_one_name(all_loaded: AllLoader):
    """Two attachments of one name are two documents."""
    message = mail()
    for words in (b"one", b"two"):
        message.add_attachment(words, maintype="text", subtype="plain", filename="a.txt")
    loaded = all_loaded("a.eml", bytes(message))
    assert [each.source for each in loaded.documents[1:]] == ["folder/a.eml/a.txt", "folder/a.eml/a (2).txt"]


def test_text_is_its_pages(loaded: Loader):
    """Where there are pages, their texts are the document's text, so that a caller can count where each begins."""
    document = loaded("a.pdf", pdf("Some  words\u200b", pages=3))
    assert document.text == "\n\n".join(filter(None, document.pages))


def test_every_kind_has_a_converter():
    """Each ending leads to a converter that is there."""
    from ingestion.fetching.kinds import KINDS  # noqa: PLC0415

    assert all(callable(KINDS[extension].convert) for extension in EXTENSIONS)


def test_a_damaged_member_costs_no_other(all_loaded: AllLoader):
    """Of an archive in which one member's bytes are broken the others are read, and the broken one is named."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("whole.md", "# Bells\n\nEvery bell is brass.\n")
        archive.writestr("broken.md", "# Lamps\n\nEvery lamp is bright.\n")
    data = packed.getvalue().replace(b"Every lamp is bright", b"Every lamp is broken", 1)
    loaded = all_loaded("a.zip", data)
    assert [each.source for each in loaded.documents] == ["folder/a.zip/whole.md"]
    assert [(each.source, each.error.code) for each in loaded.problems] == [("folder/a.zip/broken.md", "damaged-file")]


def test_parts_of_one_name_stay_apart(all_loaded: AllLoader):
    """Two attachments of one name and a third that has the name which the second would get are three documents."""
    message = mail()
    for name, words in (("a.md", "one bell"), ("a.md", "two bells"), ("a (2).md", "three bells")):
        message.add_attachment(words.encode(), maintype="text", subtype="markdown", filename=name)
    loaded = all_loaded("m.eml", bytes(message))
    texts = {each.source.removeprefix("folder/m.eml/"): each.text for each in loaded.documents[1:]}
    assert sorted(texts.values()) == ["one bell", "three bells", "two bells"]
    assert len(texts) == 3


def test_an_attached_mail_with_a_slip_in_an_address_is_read(all_loaded: AllLoader):
    """A long header of an attached mail is not written anew, for which its addresses would have to be right."""
    inner = mail("Inner", "Words inside.\n")
    message = mail()
    message.add_attachment(inner)
    data = bytes(message).replace(b"Subject: Inner", b"To: " + b"desk@example.com, " * 12 + b'"\r\nSubject: Inner', 1)
    loaded = all_loaded("m.eml", data)
    assert "Words inside." in loaded.documents[-1].text
    assert loaded.problems == ()
