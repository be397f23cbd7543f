"""Tables on a PDF's page: those drawn with rules, through pdfplumber, and those whose cells only stand in columns."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

import pdfplumber
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pdfplumber.page import Page
from pdfplumber.table import Table

from ingestion.formats.pdf_page import PageContent, Piece
from ingestion.formats.table import markdown_table

# Fewer paths draw no grid of two by two; more are a map or a plot, which takes seconds to search for tables.
TABLE_PATHS = range(4, 1_000)
_TOLERANCE_POINTS = 2.0
# Rows of one table stand no further apart than this many line heights.
_MAX_ROW_DISTANCE = 2.6
_MIN_ROWS = 3
# Cells of a table without rules are short, in line heights; two columns of prose stand side by side too.
_MAX_CELL_RATIO = 14.0
# Lists side by side are no table.
_LIST_ITEM = re.compile(r"[\u2022\u25cf\u25aa\u25e6\ue000-\uf8ff]|\d+[.)]\s")
_MAX_LISTED = 0.5
_MIN_CORRIDOR_RATIO = 0.2
_MIN_FILLED = 0.55


@dataclass(frozen=True)
class PageTable:
    """A table and the rectangle that it fills."""

    left: float
    bottom: float
    right: float
    top: float
    markdown: str

    def overlaps(self, piece: Piece) -> bool:
        """Whether any of the piece's width stands in the rectangle."""
        beside = piece.right < self.left or piece.left > self.right
        return not beside and self.bottom - _TOLERANCE_POINTS <= (piece.bottom + piece.top) / 2 <= self.top

    def holds(self, piece: Piece) -> bool:
        """Whether the whole piece stands in the rectangle."""
        inside = piece.left >= self.left - _TOLERANCE_POINTS and piece.right <= self.right + _TOLERANCE_POINTS
        return inside and self.overlaps(piece)


def ruled_tables(data: bytes, document: pdfium.PdfDocument, pages: Sequence[PageContent]) -> dict[int, list[PageTable]]:
    """Tables with rules by page number from 0; a page without rules, or turned, has none."""
    ruled = [number for number, page in enumerate(pages) if page.pieces and _may_hold_table(document[number], page)]
    if not ruled:
        return {}
    # It warns of each odd font and colour, none of which touches where the rules are.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(BytesIO(data)) as plumbed:
            return {number: _ruled(document[number], plumbed.pages[number], pages[number]) for number in ruled}
    # pdfminer is stricter than pdfium and raises anything. Without it the cells are still there, as lines.
    except Exception:  # noqa: BLE001
        return {}


def aligned_tables(pieces: Sequence[Piece], *, right_to_left: bool = False) -> list[PageTable]:
    """Tables without rules: rows of short pieces with the same empty corridors between them."""
    found, run = [], list[list[Piece]]()
    for row in _rows(pieces):
        if run and _fits(run, row):
            run.append(row)
            continue
        found += _aligned(run, right_to_left=right_to_left)
        run = [row] if len(row) > 1 else []
    return found + _aligned(run, right_to_left=right_to_left)


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces by the line that they share, from the top down, and from left to right in it."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: (-each.top, each.left)):
        if rows and (piece.bottom + piece.top) / 2 > rows[-1][0].bottom:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda each: each.left) for row in rows]


def _fits(run: Sequence[Sequence[Piece]], row: Sequence[Piece]) -> bool:
    """Whether a row belongs to the table that its upper neighbours make: near, and with a corridor in common."""
    above = run[-1][0]
    near = above.bottom - row[0].bottom <= _MAX_ROW_DISTANCE * max(above.height, row[0].height)
    return near and len(row) > 1 and len(_columns([*run, row])) > 1


def _columns(rows: Sequence[Sequence[Piece]]) -> list[tuple[float, float]]:
    """Spans of the page's width that hold pieces, with an empty corridor through all rows between each two."""
    pieces = sorted((piece for row in rows for piece in row), key=lambda each: each.left)
    columns = [(pieces[0].left, pieces[0].right)]
    for piece in pieces[1:]:
        left, right = columns[-1]
        if piece.left - right > _MIN_CORRIDOR_RATIO * piece.height:
            columns.append((piece.left, piece.right))
        else:
            columns[-1] = (left, max(right, piece.right))
    return columns


def _aligned(run: Sequence[Sequence[Piece]], *, right_to_left: bool) -> list[PageTable]:
    if len(run) < _MIN_ROWS:
        return []
    columns = _columns(run)[:: -1 if right_to_left else 1]
    pieces = [piece for row in run for piece in row]
    grid = [
        [" ".join(piece.text for piece in row if left <= piece.left <= right) for left, right in columns] for row in run
    ]
    filled = [cell for row in grid for cell in row if cell]
    widths = sorted((piece.right - piece.left) / piece.height for piece in pieces)
    listed = sum(1 for cell in filled if _LIST_ITEM.match(cell))
    if widths[len(widths) // 2] > _MAX_CELL_RATIO or listed > _MAX_LISTED * len(filled):
        return []
    if len(filled) < _MIN_FILLED * len(columns) * len(grid):
        return []
    left, right = min(each[0] for each in columns), max(each[1] for each in columns)
    return [PageTable(left, min(p.bottom for p in pieces), right, max(p.top for p in pieces), markdown_table(grid))]


def _may_hold_table(page: pdfium.PdfPage, content: PageContent) -> bool:
    box = page.get_mediabox()
    if content.turned or box[:2] != (0, 0) or page.get_cropbox() != box:
        return False  # the two libraries' coordinates differ there
    paths = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH])
    return sum(1 for _ in islice(paths, TABLE_PATHS.stop)) in TABLE_PATHS


def _ruled(page: pdfium.PdfPage, plumbed: Page, content: PageContent) -> list[PageTable]:
    """Tables that hold whole pieces only, the outermost where they are nested."""
    height, pieces = page.get_height(), content.pieces
    # pdfium cuts text at a cell's edge, where pieces may run together; but it reads unseen text too.
    textpage = None if content.unseen else page.get_textpage()
    found: list[PageTable] = []
    for table in sorted(plumbed.find_tables(), key=_area, reverse=True):
        left, top, right, bottom = table.bbox
        rows = [
            [_cell_text(textpage, cell, height) if textpage else _seen_text(pieces, cell, height) for cell in row.cells]
            for row in table.rows
        ]
        candidate = PageTable(left, height - bottom, right, height - top, markdown_table(rows))
        nested = any(_inside(candidate, outer) for outer in found)
        if _is_grid(rows) and not nested and _is_whole(candidate, pieces):
            found.append(candidate)
    return found


def _is_whole(candidate: PageTable, pieces: Sequence[Piece]) -> bool:
    """Whether no line goes on outside: rules that a table has on some sides only enclose a part of it."""
    inside = [piece for piece in pieces if candidate.holds(piece)]
    lines = {piece.line for piece in inside}
    return all(candidate.holds(piece) for piece in pieces if piece.line in lines or candidate.overlaps(piece))


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


def _seen_text(pieces: Sequence[Piece], cell: tuple[float, float, float, float] | None, height: float) -> str:
    if cell is None:
        return ""
    left, top, right, bottom = cell
    inside = [
        piece.text
        for piece in pieces
        if left <= (piece.left + piece.right) / 2 <= right and top <= height - (piece.bottom + piece.top) / 2 <= bottom
    ]
    return " ".join(inside)


def _area(table: Table) -> float:
    left, top, right, bottom = table.bbox
    return float((right - left) * (bottom - top))


def _inside(inner: PageTable, outer: PageTable) -> bool:
    return outer.left <= inner.left and inner.right <= outer.right and outer.bottom <= inner.bottom <= outer.top
