"""What stands on a PDF's pages: lines with their place and height, and tables drawn with rules.

Lengths are points (1/72 inch) from the page's lower left corner. It does not decide what is a heading or a paragraph.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import pdfplumber
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pdfplumber.page import Page
from pdfplumber.table import Table

from ingestion.formats.table import markdown_table

# Fewer paths draw no grid of two by two; more are a map or a plot, which takes seconds to search for tables.
TABLE_PATHS = range(4, 1_000)
_TOLERANCE_POINTS = 2.0
_JOINED_AT_HYPHEN = 2


@dataclass(frozen=True)
class Line:
    """A line of text. `height` is its font's, to half a point; `rows` is above 1 where hyphens joined lines to one."""

    text: str
    left: float
    right: float
    bottom: float
    height: float
    rows: int


@dataclass(frozen=True)
class PageTable:
    """A ruled table and the rectangle that it fills."""

    left: float
    bottom: float
    right: float
    top: float
    markdown: str

    def overlaps(self, line: Line) -> bool:
        """Whether any of the line's width stands in the rectangle."""
        beside = line.right < self.left or line.left > self.right
        return not beside and self.bottom - _TOLERANCE_POINTS <= line.bottom + line.height / 2 <= self.top

    def holds(self, line: Line) -> bool:
        """Whether the whole line stands in the rectangle."""
        inside = line.left >= self.left - _TOLERANCE_POINTS and line.right <= self.right + _TOLERANCE_POINTS
        return inside and self.overlaps(line)


def page_lines(page: pdfium.PdfPage) -> list[Line]:
    """The lines of a page in the file's order, without empty ones."""
    textpage = page.get_textpage()
    codes = [pdfium_c.FPDFText_GetUnicode(textpage, index) for index in range(textpage.count_chars())]
    lines: list[Line] = []
    start = 0
    for end in [*(index for index, code in enumerate(codes) if code == ord("\n")), len(codes)]:
        if any(code > ord(" ") for code in codes[start:end]):
            lines.append(_line(textpage, codes[start:end], start))
        start = end + 1
    return lines


def _line(textpage: pdfium.PdfTextPage, codes: Sequence[int], start: int) -> Line:
    """The line of `codes`, which begin at character `start` of the page and hold a visible one."""
    visible = [start + at for at, code in enumerate(codes) if code > ord(" ")]
    first, last = visible[0], visible[-1]
    left, right = textpage.get_charbox(first, loose=True)[0], textpage.get_charbox(last, loose=True)[2]
    # Not a bullet's: that may come from a font of another height.
    letter = next((first + at for at, code in enumerate(codes[first - start :]) if chr(code).isalnum()), first)
    _, bottom, _, top = textpage.get_charbox(letter, loose=True)
    # pdfium counts in UTF-16 units.
    units = b"".join(code.to_bytes(2, "little") for code in codes if code != _JOINED_AT_HYPHEN and code <= 0xFFFF)
    text = " ".join(units.decode("utf-16-le", "replace").split())
    # Right-to-left lines begin at their right end.
    ends = sorted((left, right))
    return Line(text, ends[0], ends[1], bottom, round(2 * (top - bottom)) / 2, 1 + codes.count(_JOINED_AT_HYPHEN))


def page_tables(
    data: bytes, document: pdfium.PdfDocument, pages: Sequence[Sequence[Line]]
) -> dict[int, list[PageTable]]:
    """Ruled tables by page number from 0; a page without rules, or turned, has none."""
    ruled = [number for number in range(len(document)) if pages[number] and _may_hold_table(document[number])]
    if not ruled:
        return {}
    # It warns of each odd font and colour, none of which touches where the rules are.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(BytesIO(data)) as plumbed:
            return {number: _tables(document[number], plumbed.pages[number], pages[number]) for number in ruled}
    # pdfminer is stricter than pdfium and raises anything. Without it the cells are still there, as lines.
    except Exception:  # noqa: BLE001
        return {}


def _may_hold_table(page: pdfium.PdfPage) -> bool:
    box = page.get_mediabox()
    if page.get_rotation() or box[:2] != (0, 0) or page.get_cropbox() != box:
        return False  # the two libraries' coordinates differ there
    paths = sum(1 for _ in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH]))
    return paths in TABLE_PATHS


def _tables(page: pdfium.PdfPage, plumbed: Page, lines: Sequence[Line]) -> list[PageTable]:
    """Tables that hold whole lines only, the outermost where they are nested."""
    height, textpage = page.get_height(), page.get_textpage()
    found: list[PageTable] = []
    for table in sorted(plumbed.find_tables(), key=_area, reverse=True):
        left, top, right, bottom = table.bbox
        rows = [[_cell_text(textpage, cell, height) for cell in row.cells] for row in table.rows]
        candidate = PageTable(left, height - bottom, right, height - top, markdown_table(rows))
        nested = any(_inside(candidate, outer) for outer in found)
        if _is_grid(rows) and not nested and all(map(candidate.holds, filter(candidate.overlaps, lines))):
            found.append(candidate)
    return found


def _is_grid(rows: Sequence[Sequence[str]]) -> bool:
    """Whether cells are really filled as a table's are: a frame around prose has rules too."""
    filled = sum(1 for row in rows for cell in row if cell)
    return sum(sum(map(bool, row)) >= 2 for row in rows) >= 2 and 2 * filled >= sum(map(len, rows))


def _cell_text(textpage: pdfium.PdfTextPage, cell: tuple[float, float, float, float] | None, height: float) -> str:
    if cell is None:
        return ""
    left, top, right, bottom = cell
    text: str = textpage.get_text_bounded(left=left, bottom=height - bottom, right=right, top=height - top)
    return text.strip()


def _area(table: Table) -> float:
    left, top, right, bottom = table.bbox
    return float((right - left) * (bottom - top))


def _inside(inner: PageTable, outer: PageTable) -> bool:
    return outer.left <= inner.left and inner.right <= outer.right and outer.bottom <= inner.bottom <= outer.top
