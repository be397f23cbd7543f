"""CSV and TSV to Markdown tables, and the table that every format with tables writes.

Not through markitdown: it reads commas only.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from ingestion.formats import Converted
from ingestion.formats.text import decoded
from ingestion.title import title_of_name

SNIFFED_CHARACTERS = 8_192
# A cell of this size is text, not data; the csv module's own limit is 131,072 characters.
MAX_CELL_CHARACTERS = 10_000_000
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
# What a spreadsheet would compute, were the file opened in one. A number with a sign is none.
_FORMULA = re.compile(r"[=@]\s*\w|[+-]\s*[A-Za-z(]")


def convert(data: bytes, source: str) -> Converted:
    """The rows of a CSV or TSV file as one table. Raises MislabelledFile.

    Formulas are text here and nothing computes them; `meta` says how many cells hold one.
    """
    text = decoded(data, source)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text, source)))
    formulas = sum(1 for row in rows for cell in row if _FORMULA.match(cell))
    meta = {"formulas": str(formulas)} if formulas else {}
    return Converted(markdown_table(rows), title_of_name(source), meta=meta)


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
