"""CSV, TSV and XLSX to Markdown tables.

Not through markitdown: it reads commas only, and pandas fills a workbook's gaps with NaN and "Unnamed: 3".
"""

import csv
import re
import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from io import BytesIO, StringIO

from openpyxl import load_workbook

from ingestion.formats import Converted
from ingestion.formats.text import decoded
from ingestion.title import title_of_name

SNIFFED_CHARACTERS = 8_192
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")


def convert_separated(data: bytes, source: str) -> Converted:
    """The rows of a CSV or TSV file as one table. Raises MislabelledFile."""
    text = decoded(data, source)
    rows = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text, source))
    return Converted(markdown_table(rows), title_of_name(source))


def convert_workbook(data: bytes, source: str) -> Converted:
    """Each sheet of a workbook under its name; formulas as the values that were saved with them."""
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that do not touch the text.
        warnings.simplefilter("ignore")
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True)
        sheets = []
        for sheet in workbook.worksheets:
            # The size that a sheet claims may be a million empty columns; without it, rows are as long as they are.
            sheet.reset_dimensions()
            rows = ([_shown(cell.value, cell.number_format or "") for cell in row] for row in sheet.iter_rows())
            sheets.append((sheet.title, markdown_table(rows)))
    return Converted("\n\n".join(f"## {name}\n\n{table}" for name, table in sheets if table), title_of_name(source))


def markdown_table(rows: Iterable[Sequence[str]]) -> str:
    """`rows` as a Markdown table whose first row is the head; empty rows and columns go.

    Leading rows with a single filled cell are lines above the table: that is how people title one.
    """
    filled = [cells for row in rows if any(cells := [" ".join(cell.split()) for cell in row])]
    first = next((number for number, cells in enumerate(filled) if sum(map(bool, cells)) > 1), 0)
    lines = ["".join(cells) + "\n" for cells in filled[:first]]
    used = sorted({column for cells in filled[first:] for column, cell in enumerate(cells) if cell})
    grid = [[cells[column] if column < len(cells) else "" for column in used] for cells in filled[first:]]
    if grid:
        lines += [_line(grid[0]), _line(["---"] * len(used)), *map(_line, grid[1:])]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_UNESCAPED_PIPE.sub(r"\|", cell) for cell in cells) + " |"


def _delimiter(text: str, source: str) -> str:
    fallback = "\t" if source.lower().endswith(".tsv") else ","
    # A row cut in the middle would count as one with fewer columns.
    sample = text[:SNIFFED_CHARACTERS]
    whole = sample[: sample.rfind("\n") + 1] or sample
    try:
        return csv.Sniffer().sniff(whole, delimiters=",;\t|").delimiter
    except csv.Error:
        return fallback


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
