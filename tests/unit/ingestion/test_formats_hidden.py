"""Text that a file's reader does not see: it is told with the way in which it is hidden, and is no part of the text."""

from collections.abc import Callable
from io import BytesIO

import pytest
from docx import Document
from docx.shared import RGBColor
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from pptx.util import Inches, Pt
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Text
from reportlab.pdfgen.canvas import Canvas

from ingestion.load import LoadedDocument
from tests.files import pdf
from tests.packages import book, changed, open_document, slides

Loader = Callable[[str, bytes | str], LoadedDocument]
SECRET = "obey these words"


def told(document: LoadedDocument, text: str = SECRET) -> set[str]:
    """The ways in which a text is hidden; it must not stand in the document."""
    assert text not in " ".join(document.text.split())
    return {each.kind for each in document.hidden if text in each.text}


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (f"<!-- {SECRET} -->", "comment"),
        (f"<p style='display:none'>{SECRET}</p>", "invisible"),
        (f"<p style='visibility: hidden'>{SECRET}</p>", "invisible"),
        (f"<p style='font-size:0'>{SECRET}</p>", "invisible"),
        (f"<p style='font-size:1px'>{SECRET}</p>", "invisible"),
        (f"<p style='opacity:0'>{SECRET}</p>", "invisible"),
        (f"<p style='color:#fff'>{SECRET}</p>", "invisible"),
        (f"<p style='color:rgb(255, 255, 255)'>{SECRET}</p>", "invisible"),
        (f"<div style='background:#222'><p style='color:#232323'>{SECRET}</p></div>", "invisible"),
        (f"<font color=white>{SECRET}</font>", "invisible"),
        (f"<p style='position:absolute; left:-9999px'>{SECRET}</p>", "invisible"),
        (f"<p style='text-indent:-9999px'>{SECRET}</p>", "invisible"),
        (f"<p style='height:0; overflow:hidden'>{SECRET}</p>", "invisible"),
        (f"<p hidden>{SECRET}</p>", "invisible"),
        (f"<template><p>{SECRET}</p></template>", "invisible"),
        (
            f"<style>.x {{ display: none }} @media print {{ p {{ display: none }} }}</style><b class=x>{SECRET}</b>",
            "invisible",
        ),
        (f"<meta name=description content='{SECRET}'>", "metadata"),
        (f"<a href=x title='{SECRET}'>link</a>", "alt-text"),
        (f"<span aria-label='{SECRET}'>label</span>", "alt-text"),
    ],
)
def test_html(loaded: Loader, element: str, kind: str):
    """What a page hides is told, and what stands around it stays."""
    document = loaded("a.html", f"<p>Words before.</p>{element}<p>Words behind.</p>")
    assert told(document) == {kind}
    assert "Words before." in document.text
    assert "Words behind." in document.text


def test_html_alt_text_stays(loaded: Loader):
    """A picture's description is told and stays as its description."""
    document = loaded("a.html", f"<p>Words</p><img src=a.png alt='{SECRET}'>")
    assert f"![{SECRET}](a.png)" in document.text
    assert [(each.kind, each.text) for each in document.hidden] == [("alt-text", SECRET)]


@pytest.mark.parametrize(
    "element",
    [
        "<div style='background:#000'><p style='color:#fff'>{}</p></div>",
        "<style>td {{ background: navy }}</style><div style='background:url(x)'><p style='color:white'>{}</p></div>",
        "<p aria-hidden=true>{}</p>",
        "<p style='color:#333'>{}</p>",
    ],
)
def test_html_that_is_seen(loaded: Loader, element: str):
    """White on a dark ground, and what is hidden from screen readers only, is seen."""
    assert SECRET in loaded("a.html", element.format(SECRET)).text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Words <!-- {SECRET} --> here", "comment"),
        (f"Words\n\n[//]: # ({SECRET})\n\nhere", "comment"),
        (f'Words <span style="display:none">{SECRET}</span> here', "invisible"),
    ],
)
def test_markdown(loaded: Loader, text: str, kind: str):
    """What Markdown does not show is told; in code everything is seen."""
    assert told(loaded("a.md", text)) == {kind}
    assert SECRET in loaded("b.md", f"Words\n\n```\n<!-- {SECRET} -->\n```").text


def tagged(text: str) -> str:
    return "".join(chr(0xE0000 + ord(each)) for each in text)


def selected(text: str) -> str:
    return "".join(chr(0xE0100 + each - 16) for each in text.encode())


def in_bits(text: str) -> str:
    return "".join("\u200c" if bit == "1" else "\u200b" for each in text for bit in f"{ord(each):08b}")


@pytest.mark.parametrize("hide", [tagged, selected, in_bits])
def test_zero_width(loaded: Loader, hide: Callable[[str], str]):
    """Words written in characters without width are read and taken out."""
    document = loaded("a.txt", f"Wo{hide(SECRET)}rds\u200b here")
    assert told(document) == {"zero-width"}
    assert document.text == "Words here"


def test_joiners_and_flags_stay(loaded: Loader):
    """Emoji families, flags and Persian joiners are text."""
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f"
    text = "\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 " + flag
    document = loaded("a.txt", text)
    assert (document.text, document.hidden) == (text, ())


def word(build: Callable[[Document], None]) -> bytes:
    document = Document()
    document.add_paragraph("Words in sight.")
    build(document)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_word_runs(loaded: Loader):
    """Hidden, white and tiny runs are told, and white ones on a coloured ground are seen."""

    def vanish(document: Document) -> None:
        document.add_paragraph().add_run(SECRET).font.hidden = True

    def white(document: Document) -> None:
        document.add_paragraph().add_run(SECRET).font.color.rgb = RGBColor(255, 255, 255)

    def tiny(document: Document) -> None:
        document.add_paragraph().add_run(SECRET).font.size = Pt(1)

    for number, build in enumerate((vanish, white, tiny)):
        document = loaded(f"{number}.docx", word(build))
        assert told(document) == {"invisible"}
        assert "Words in sight." in document.text


def test_word_white_on_colour(loaded: Loader):
    """White text in a cell with a dark ground is seen."""

    def build(document: Document) -> None:
        cell = document.add_table(1, 1).cell(0, 0)
        run = cell.paragraphs[0].add_run(SECRET)
        run.font.color.rgb = RGBColor(255, 255, 255)
        shade = run._r.makeelement(f"{W}shd", {f"{W}fill": "1F3864"})
        cell._tc.get_or_add_tcPr().append(shade)

    assert SECRET in loaded("a.docx", word(build)).text


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def test_word_comments_and_properties(loaded: Loader):
    """Comments and properties are told."""

    def build(document: Document) -> None:
        document.add_comment(document.paragraphs[0].runs, text="remark to remember")
        document.core_properties.subject = SECRET

    document = loaded("a.docx", word(build))
    assert told(document) == {"metadata"}
    assert told(document, "remark to remember") == {"comment"}


def test_word_macros_and_template(loaded: Loader):
    """A document with macros and a template elsewhere gives its text; both are told, and nothing is fetched."""
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Type="http://x/attachedTemplate" Target="http://127.0.0.1:9/evil.dotm" TargetMode="External"/></Relationships>'
    )
    given = changed(
        word(lambda _: None),
        lambda _, data: data,
        **{"word/vbaProject.bin": b"macro", "word/_rels/settings.xml.rels": relations.encode()},
    )
    document = loaded("a.docm", given)
    assert document.text == "Words in sight."
    assert document.meta == {"macros": "not run", "external": "attachedTemplate: not fetched"}
    assert told(document, "evil.dotm") == {"metadata"}


def test_slides(loaded: Loader):
    """Hidden slides, shapes outside the slide, tiny text and descriptions are told."""

    def hidden(slide) -> None:
        slide.shapes.title.text = "first secret"
        slide.element.set("show", "0")

    def outside(slide) -> None:
        slide.shapes.title.text = "Words in sight"
        slide.shapes.add_textbox(Inches(30), 0, Inches(2), Inches(1)).text_frame.text = "second secret"
        run = slide.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.paragraphs[0].add_run()
        run.text, run.font.size = "third secret", Pt(1)

    document = loaded("a.pptx", slides(hidden, outside))
    assert document.text == "# Words in sight"
    assert told(document, "first secret") == {"hidden-sheet"}
    assert told(document, "second secret") == {"invisible"}
    assert told(document, "third secret") == {"invisible"}


def test_workbook(loaded: Loader):
    """Hidden sheets, rows and columns, white cells and comments are told; filtered rows are seen."""
    workbook = Workbook()
    sheet = workbook.active
    for row in (["part", "price", "column secret"], ["belt", 61, ""], ["row secret", 1, ""], ["cell secret", 2, ""]):
        sheet.append(row)
    sheet["A1"].comment = Comment("comment secret", "Desk")
    sheet["A4"].font = Font(color="FFFFFFFF")
    sheet["B1"].font, sheet["B1"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF000080")
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    other = workbook.create_sheet("Drafts")
    other.append(["sheet secret"])
    other.sheet_state = "hidden"
    third = workbook.create_sheet("Filtered")
    for name in ("name", "kept", "filtered out"):
        third.append([name, 1])
    third.auto_filter.ref = "A1:B3"
    third.auto_filter.add_filter_column(0, ["kept"])
    third.row_dimensions[3].hidden = True
    buffer = BytesIO()
    workbook.save(buffer)
    document = loaded("a.xlsx", buffer.getvalue())
    assert {told(document, f"{each} secret").pop() for each in ("column", "row", "sheet")} == {"hidden-sheet"}
    assert told(document, "cell secret") == {"invisible"}
    assert told(document, "comment secret") == {"comment"}
    assert "| part | price |" in document.text
    assert "filtered out" in document.text


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(72, 750, "Words in sight.")
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def test_pdf(loaded: Loader):
    """Invisible, white, tiny and outlying text of a PDF is told; white on a dark ground is seen."""

    def invisible(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(3)
        text.textLine(SECRET)
        canvas.drawText(text)

    def white(canvas: Canvas) -> None:
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(72, 700, SECRET)

    def tiny(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 0.8)
        canvas.drawString(72, 700, SECRET)

    def outside(canvas: Canvas) -> None:
        canvas.drawString(72, -300, SECRET)

    for number, draw in enumerate((invisible, white, tiny, outside)):
        document = loaded(f"{number}.pdf", drawn(draw))
        assert told(document) == {"invisible"}, draw.__name__
        assert document.text == "Words in sight."

    def on_dark(canvas: Canvas) -> None:
        canvas.setFillColorRGB(0, 0, 0.4)
        canvas.rect(60, 690, 300, 30, fill=1)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(72, 700, SECRET)

    assert SECRET in loaded("dark.pdf", drawn(on_dark)).text


def test_pdf_information_and_notes(loaded: Loader):
    """A PDF's information and the notes stuck to its pages are told."""

    def draw(canvas: Canvas) -> None:
        canvas.setSubject(SECRET)

    writer = PdfWriter(clone_from=PdfReader(BytesIO(drawn(draw))))
    writer.add_annotation(0, Text(text="note to remember", rect=(50, 550, 200, 650)))
    buffer = BytesIO()
    writer.write(buffer)
    document = loaded("a.pdf", buffer.getvalue())
    assert told(document) == {"metadata"}
    assert told(document, "note to remember") == {"comment"}


def test_pdf_layer(loaded: Loader):
    """Text on a layer that is off is told; on one that is on it is seen."""
    content = (
        b"BT /F1 12 Tf 72 700 Td (Words in sight) Tj ET "
        b"/OC /L1 BDC BT /F1 12 Tf 72 650 Td (off layer) Tj ET EMC "
        b"/OC /L2 BDC BT /F1 12 Tf 72 600 Td (on layer) Tj ET EMC"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[6 0 R]/ON[7 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources"
        b"<</Font<</F1 5 0 R>>/Properties<</L1 6 0 R/L2 7 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/OCG/Name(Drafts)>>",
        b"<</Type/OCG/Name(Shown)>>",
    ]
    body = b"%PDF-1.5\n" + b"".join(b"%d 0 obj%b endobj\n" % each for each in enumerate(objects, start=1))
    document = loaded("a.pdf", body + b"trailer<</Root 1 0 R/Size 8>>\n%%EOF")
    assert told(document, "off layer") == {"hidden-layer"}
    assert "on layer" in document.text


def test_open_document(loaded: Loader):
    """Hidden styles and comments of an ODT, and hidden tables of an ODS, are told."""
    styles = (
        '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="P1"><style:text-properties fo:color="#ffffff"/></style:style>'
    )
    body = (
        '<text:p>Words <text:span text:style-name="T1">first secret</text:span>here'
        "<office:annotation><text:p>third secret</text:p></office:annotation></text:p>"
        '<text:p text:style-name="P1">second secret</text:p>'
    )
    document = loaded("a.odt", open_document("text", body, styles, f"<dc:subject>{SECRET}</dc:subject>"))
    assert document.text == "Words here"
    assert told(document) == {"metadata"}
    assert told(document, "first secret") == told(document, "second secret") == {"invisible"}
    assert told(document, "third secret") == {"comment"}
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    sheet = (
        '<table:table table:name="{}" table:style-name="{}"><table:table-row><table:table-cell><text:p>{}</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )
    sheets = sheet.format("A", "ta1", "seen") + sheet.format("B", "ta2", SECRET)
    assert told(loaded("a.ods", open_document("spreadsheet", sheets, styles))) == {"hidden-sheet"}


def test_book(loaded: Loader):
    """A book's description and what its chapters hide is told."""
    chapters = {"a.xhtml": "<p>Words</p><!-- remark to remember -->"}
    document = loaded("a.epub", book(chapters, description=SECRET))
    assert told(document) == {"metadata"}
    assert told(document, "remark to remember") == {"comment"}


def test_rich_text(loaded: Loader):
    """A hidden group of an RTF is told."""
    document = loaded("a.rtf", rf"{{\rtf1\ansi Words {{\v {SECRET}}}here\par}}")
    assert document.text == "Words here"
    assert told(document) == {"invisible"}


def test_formulas_in_csv(loaded: Loader):
    """A CSV's formulas are text, and counted: nothing computes them."""
    document = loaded("a.csv", 'name,value\nx,=HYPERLINK("http://x")\ny,-5\nz,@SUM(A1)\n')
    assert '=HYPERLINK("http://x")' in document.text
    assert document.meta == {"formulas": "2"}


def test_nothing_hidden(loaded: Loader):
    """A plain file hides nothing."""
    assert loaded("a.md", "# Words\n\nmore").hidden == ()
    assert loaded("a.html", "<h1>Words</h1><p>more</p>").hidden == ()
    assert [each.kind for each in loaded("a.pdf", pdf("Words")).hidden] == ["metadata", "metadata"]
