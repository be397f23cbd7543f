"""What a piece of a table needs in order to be read alone: the names of its columns, and of its row if that is cut.

A table's first row names its columns and a row's first cell names the row. Nothing is rendered or rewritten.
"""

import re
from dataclasses import dataclass

from ingestion.splitting.outline import Table
from ingestion.splitting.spans import Span

_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Head:
    """The names of the columns that a piece holds; `row` is the name of the row that it is cut out of, or empty."""

    row: str
    columns: tuple[str, ...]

    @property
    def line(self) -> str:
        """The columns as a table's row, or empty where none has a name."""
        return f"| {' | '.join(self.columns)} |" if any(self.columns) else ""


def head_of(text: str, table: Table, span: Span) -> Head:
    """The head of a piece that starts inside the table's body. A piece of several rows holds every column."""
    row_start = max(table.start, text.rfind("\n", 0, span.start) + 1)
    row_end = text.find("\n", span.start)
    row = text[row_start : row_end if row_end >= 0 else len(text)]
    before = text[row_start : span.start].strip()
    cut = before not in ("", "|")
    if span.end > row_start + len(row):
        return Head(_name(row) if cut else "", table.columns)
    first = _bars(before) + text.startswith("|", span.start) if cut else 0
    last = _bars(text[row_start : span.end].strip().removesuffix("|"))
    return Head(_name(row) if cut else "", table.columns[first : max(first, last) + 1])


def _bars(row: str) -> int:
    """Bars between cells in the beginning of a row."""
    return len(_BAR.findall(row.removeprefix("|")))


def _name(row: str) -> str:
    return " ".join(_BAR.split(row.strip().removeprefix("|"), maxsplit=1)[0].split())
