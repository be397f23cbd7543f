"""XLSX to Markdown: each sheet under its name, each block of cells a table; formulas as the values saved with them.

Read cell by cell through openpyxl, a row at a time, so that a sheet's size costs no memory. Hidden sheets, rows and
columns, unless a filter or a fold hides them, white text and comments are apart. Charts are not read.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import WorkSheetParser

from ingestion.formats import Converted, Hidden
from ingestion.formats.grid import Cells, sheet_markdown
from ingestion.formats.markup import active_content, parsed, properties, text_of, within
from ingestion.title import title_of_name

# A merged range over a whole sheet is a slip or an attack.
_MAX_MERGED_CELLS = 10_000
# A format of nothing but separators shows nothing.
_SHOWS_NOTHING = {";;", ";;;"}
_WHITE = {"FFFFFFFF", "00FFFFFF"}


def convert(data: bytes, source: str) -> Converted:
    """Each sheet that is seen as tables under its name."""
    with ZipFile(BytesIO(data)) as archive:
        meta, hidden = active_content(archive)
        hidden += properties(archive)
        hidden += _comments(archive)
    sheets = []
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that do not touch the text.
        warnings.simplefilter("ignore")
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True)
        for sheet in workbook.worksheets:
            found = _Sheet(sheet)
            found.read()
            text = sheet_markdown(found.seen)
            if sheet.sheet_state != "visible":
                hidden.append(Hidden("hidden-sheet", text))
            elif text:
                sheets.append(f"## {sheet.title}\n\n{text}")
            hidden += found.hidden()
    seen = tuple(each for each in hidden if each.text.strip())
    return Converted("\n\n".join(sheets), title_of_name(source), hidden=seen, meta=meta)


@dataclass
class _Sheet:
    """One sheet on its way: its cells as they are shown, and those that are not seen, by row and column from 1."""

    sheet: Any
    seen: Cells = field(default_factory=dict)
    folded_away: Cells = field(default_factory=dict)
    invisible: Cells = field(default_factory=dict)
    _unseen_styles: dict[int, bool] = field(default_factory=dict)

    def read(self) -> None:
        workbook = self.sheet.parent
        with self.sheet._get_source() as source:
            parser = WorkSheetParser(
                source,
                self.sheet._shared_strings,
                data_only=True,
                epoch=workbook.epoch,
                date_formats=workbook._date_formats,
                timedelta_formats=workbook._timedelta_formats,
            )
            for row, cells in parser.parse():
                row_hidden = _is_hidden(parser.row_dimensions.get(str(row), {}))
                for cell in cells:
                    self._take(cell, row_hidden)
        self._hide_columns(parser)
        self._unhide_filtered(parser)
        self._repeat_merged(parser)

    def hidden(self) -> Iterator[Hidden]:
        for kind, cells in (("hidden-sheet", self.folded_away), ("invisible", self.invisible)):
            if cells:
                yield Hidden(kind, " ".join(cells.values()))  # type: ignore[arg-type]  # both are kinds

    def _take(self, cell: dict[str, Any], row_hidden: bool) -> None:
        if cell["value"] is None:
            return
        style = int(cell["style_id"])
        read = ReadOnlyCell(self.sheet, cell["row"], cell["column"], cell["value"], cell["data_type"], style)
        text = " ".join(_shown(read.value, read.number_format or "").split())
        if text:
            place = (cell["row"], cell["column"])
            (self._group(read, style) if not row_hidden else self.folded_away)[place] = text

    def _group(self, cell: ReadOnlyCell, style: int) -> Cells:
        if style not in self._unseen_styles:
            white = cell.font is not None and cell.font.color is not None and cell.font.color.rgb in _WHITE
            bare = cell.fill is None or cell.fill.fill_type is None or cell.fill.fgColor.rgb in _WHITE
            self._unseen_styles[style] = (white and bare) or cell.number_format in _SHOWS_NOTHING
        return self.invisible if self._unseen_styles[style] else self.seen

    def _hide_columns(self, parser: WorkSheetParser) -> None:
        hidden = [
            range(int(attributes["min"]), int(attributes["max"]) + 1)
            for attributes in parser.column_dimensions.values()
            if _is_hidden(attributes)
        ]
        for place in [place for place in self.seen if any(place[1] in columns for columns in hidden)]:
            self.folded_away[place] = self.seen.pop(place)

    def _unhide_filtered(self, parser: WorkSheetParser) -> None:
        """Rows that a filter hides are a click away, and what was filtered when the file was saved says nothing."""
        chosen = getattr(parser, "auto_filter", None)
        if chosen is None or not chosen.ref or not chosen.filterColumn:
            return
        first, _, last = chosen.ref.replace("$", "").partition(":")
        rows = range(_row_of(first), _row_of(last or first) + 1)
        columns = range(_column_of(first), _column_of(last or first) + 1)
        for place in [place for place in self.folded_away if place[0] in rows and place[1] in columns]:
            self.seen[place] = self.folded_away.pop(place)

    def _repeat_merged(self, parser: WorkSheetParser) -> None:
        """A merged cell's text in every place that it covers, if it covers a table's, not a line's, worth."""
        for merged in parser.merged_cells.mergeCell if parser.merged_cells else ():
            first_column, first_row, last_column, last_row = merged.bounds
            text = self.seen.get((first_row, first_column))
            size = (last_row - first_row + 1) * (last_column - first_column + 1)
            if text is None or size > _MAX_MERGED_CELLS:
                continue
            for row in range(first_row, last_row + 1):
                for column in range(first_column, last_column + 1):
                    self.seen[row, column] = text


def _comments(archive: ZipFile) -> Iterator[Hidden]:
    for name in archive.namelist():
        if name.startswith(("xl/comments", "xl/threadedComments")):
            for comment in within(parsed(archive.read(name)), "comment", "threadedComment"):
                yield Hidden("comment", text_of(comment))


def _is_hidden(attributes: dict[str, str]) -> bool:
    """Hidden for good: a row or column of a folded group unfolds at a click."""
    folded = int(attributes.get("outlineLevel") or 0) > 0
    return attributes.get("hidden") in {"1", "true"} and not folded


def _row_of(place: str) -> int:
    return int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or 0)


def _column_of(place: str) -> int:
    return int(column_index_from_string(place.rstrip("0123456789")))


def _shown(value: object, number_format: str) -> str:
    """A cell as its reader sees it: no midnight on a date, no trailing zeros, percentages as percentages."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case int() | float():
            return f"{value * 100:.12g}%" if "%" in number_format else f"{value:.15g}"
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
    return str(value)
