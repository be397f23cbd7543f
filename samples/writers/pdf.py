"""PDF files: real headings, lists and ruled tables; optionally a text layer that no reader sees (render mode 3)."""

from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Literal

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, StyleSheet1, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Paragraph as PdfParagraph
from reportlab.platypus import Table as PdfTable

from writers.blocks import Block, Heading, ListItem, Paragraph, Table, parse
from writers.page import Page

MARGIN_POINTS = 60
INVISIBLE: Literal[3] = 3
FLUSH_LEFT = ParagraphStyle("FlushLeft", getSampleStyleSheet()["BodyText"])
FLUSH_RIGHT = ParagraphStyle("FlushRight", FLUSH_LEFT, alignment=TA_RIGHT)
# Rows need air: readers of PDF text join lines which stand close below each other, and so would read down the columns.
ROW_PADDING_POINTS = 9
CELL_PADDING_POINTS = 3
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), ROW_PADDING_POINTS),
        ("BOTTOMPADDING", (0, 0), (-1, -1), ROW_PADDING_POINTS),
        ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING_POINTS),
        ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING_POINTS),
    ]
)


def pdf(page: Page) -> bytes:
    """A PDF, the same bytes every time; the option `hidden_layer` is drawn invisibly on the first page."""
    buffer = BytesIO()
    document = _document(buffer, page.title)
    styles = getSampleStyleSheet()
    flow = [_flowable(block, styles, document.width) for block in parse(page.full_text)]
    spaced = [piece for flowable in flow for piece in (flowable, Spacer(1, 5))]
    hidden = page.text_option("hidden_layer")

    def first_page(canvas: Canvas, _: SimpleDocTemplate) -> None:
        _draw_hidden(canvas, hidden)

    document.build(spaced, onFirstPage=first_page)
    return buffer.getvalue()


def _document(buffer: BytesIO, title: str) -> SimpleDocTemplate:
    return SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=title,
        author="Velquist",
        invariant=1,
        pageCompression=0,
        leftMargin=MARGIN_POINTS,
        rightMargin=MARGIN_POINTS,
    )


def _flowable(block: Block, styles: StyleSheet1, width_points: float) -> Flowable:
    match block:
        case Heading(level, text):
            return PdfParagraph(escape(text), styles[f"Heading{min(level, 4)}"])
        case Paragraph(text):
            return PdfParagraph(escape(text), styles["BodyText"])
        case ListItem(text, number):
            return PdfParagraph(escape(text), styles["Bullet"], bulletText=f"{number}." if number else "-")
        case Table(rows):
            return _table(rows, width_points)


def _table(rows: Sequence[Sequence[str]], width_points: float) -> PdfTable:
    """A ruled table. Of two columns the first is set flush right, so that text readers keep each pair on one line."""
    columns = len(rows[0])
    styles = [FLUSH_RIGHT if columns == 2 and index == 0 else FLUSH_LEFT for index in range(columns)]
    cells = [[PdfParagraph(escape(cell), styles[index]) for index, cell in enumerate(row)] for row in rows]
    return PdfTable(cells, colWidths=[width_points / columns] * columns, style=GRID, repeatRows=1)


def _draw_hidden(canvas: Canvas, hidden: str) -> None:
    if not hidden:
        return
    layer = canvas.beginText(MARGIN_POINTS, MARGIN_POINTS / 2)
    layer.setFont("Helvetica", 6)
    layer.setTextRenderMode(INVISIBLE)
    layer.textLines(hidden)
    # Without this the mode would last: PDF keeps it until the graphics state is restored.
    layer.setTextRenderMode(0)
    canvas.drawText(layer)
