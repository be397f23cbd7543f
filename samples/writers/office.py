"""DOCX, XLSX and CSV files, with fixed dates so that the same source gives the same bytes."""

import csv
import re
from datetime import UTC, datetime
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.table import Table as WordTable
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from writers.blocks import Block, Heading, ListItem, Paragraph, Table, parse
from writers.page import Page

FIXED_DATE = datetime(2026, 7, 1, tzinfo=UTC)
ZIP_DATE = (2026, 7, 1, 0, 0, 0)
STAMP = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(</dcterms:)")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def docx(page: Page) -> bytes:
    """A Word file with heading, list and table styles."""
    document = Document()
    document.core_properties.title = page.title
    document.core_properties.author = "Velquist"
    for block in parse(page.full_text):
        _add_to_word(document, block)
    buffer = BytesIO()
    document.save(buffer)
    return _same_bytes(buffer.getvalue())


def _add_to_word(document: WordDocument, block: Block) -> None:
    match block:
        case Heading(level, text):
            document.add_heading(text, min(level, 9))
        case Paragraph(text):
            document.add_paragraph(text)
        case ListItem(text, number):
            document.add_paragraph(text, style="List Number" if number else "List Bullet")
        case Table(rows):
            grid = document.add_table(len(rows), len(rows[0]), style="Table Grid")
            _mark_head(grid)
            for row, cells in zip(grid.rows, rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text


def _mark_head(grid: WordTable) -> None:
    """Marks the first row as the head: python-docx has no call for it, and without it converters see no head."""
    grid.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def xlsx(page: Page) -> bytes:
    """A workbook: each second-level heading opens a sheet, tables and paragraphs follow as rows."""
    workbook = Workbook()
    for unasked in workbook.worksheets:
        workbook.remove(unasked)
    sheet: Worksheet | None = None
    for block in parse(page.body):
        if isinstance(block, Heading):
            sheet = workbook.create_sheet(block.text[:31])
            continue
        if sheet is None:
            sheet = workbook.create_sheet(page.title[:31])
        _add_to_sheet(sheet, block)
    workbook.properties.title = page.title
    workbook.properties.creator = "Velquist"
    buffer = BytesIO()
    workbook.save(buffer)
    return _same_bytes(buffer.getvalue())


def _add_to_sheet(sheet: Worksheet, block: Block) -> None:
    if isinstance(block, Table):
        for index, row in enumerate(block.rows):
            sheet.append([_cell(text) for text in row])
            if index == 0:
                for cell in sheet[sheet.max_row]:
                    cell.font = Font(bold=True)
    elif isinstance(block, Paragraph | ListItem):
        sheet.append([block.text])


def _cell(text: str) -> str | float | int:
    if not NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def comma_separated(page: Page) -> bytes:
    """The tables of the body as one CSV file; the option `delimiter` defaults to a comma."""
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=page.text_option("delimiter", ","), lineterminator="\n")
    for block in parse(page.body):
        if isinstance(block, Table):
            writer.writerows(block.rows)
    return buffer.getvalue().encode()


def _same_bytes(archive: bytes) -> bytes:
    """The same archive with every date fixed: the libraries write the time of saving."""
    buffer = BytesIO()
    with ZipFile(BytesIO(archive)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            stamp = FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
            content = STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", old.read(name))
            new.writestr(ZipInfo(name, ZIP_DATE), content, ZIP_DEFLATED)
    return buffer.getvalue()
