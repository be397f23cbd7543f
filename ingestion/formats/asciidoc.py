"""AsciiDoc to Markdown by its plain marks: titles, tables and comments. Anything else stays as it is written."""

import re
from collections.abc import Iterator, Sequence

from ingestion.formats import Converted, Hidden
from ingestion.formats.table import markdown_table
from ingestion.formats.text import decoded

_TITLE = re.compile(r"^(={1,6})\s+(.*)$")
_TABLE_EDGE = re.compile(r"^[|,:!]={3,}\s*$")
_COMMENT_EDGE = re.compile(r"^/{4,}\s*$")
_ATTRIBUTE = re.compile(r"^:!?[\w-]+!?:|^\[[^\]]*\]\s*$|^(?:include|image|toc)::")
_CAPTION = re.compile(r"^\.(?=\S)(?!\.)")
_BULLET = re.compile(r"^(\s*)(\*+|-|\.+)\s+")
_CELL = re.compile(r"(?:[\d.+*^<>]*[aehlmsd]?)?\|")


def convert(data: bytes, source: str) -> Converted:
    """Markdown of AsciiDoc; comments are hidden text. Raises MislabelledFile."""
    lines = decoded(data, source).split("\n")
    hidden = [Hidden("comment", line[2:]) for line in lines if line.startswith("//") and not line.startswith("///")]
    return Converted("\n".join(_written(lines)), hidden=tuple(hidden))


def _written(lines: Sequence[str]) -> Iterator[str]:
    table: list[str] | None = None
    in_comment = False
    for line in lines:
        if _COMMENT_EDGE.match(line):
            in_comment = not in_comment
        elif _TABLE_EDGE.match(line):
            if table is not None:
                yield from ["", markdown_table(_rows(table)), ""]
            table = [] if table is None else None
        elif table is not None:
            table.append(line)
        elif not in_comment and not line.startswith("//"):
            yield from _line(line)
    if table:
        yield from ["", *table]


def _line(line: str) -> Iterator[str]:
    if title := _TITLE.match(line):
        yield from ["", f"{'#' * len(title[1])} {title[2]}", ""]
    elif bullet := _BULLET.match(line):
        mark = "1." if bullet[2][0] == "." else "-"
        yield "  " * (len(bullet[2]) - 1) + f"{mark} {line[bullet.end() :]}"
    elif not _ATTRIBUTE.match(line):
        yield _CAPTION.sub("", line)


def _rows(lines: Sequence[str]) -> list[list[str]]:
    """Rows of cells: those on the first line that has any tell how many one row has."""
    rows = [[cell.strip() for cell in _CELL.split(line)[1:]] for line in lines if "|" in line]
    width = max(map(len, rows), default=0)
    if all(len(row) == 1 for row in rows[1:]) and rows and len(rows[0]) > 1:
        cells = [cell for row in rows for cell in row]
        return [cells[at : at + len(rows[0])] for at in range(0, len(cells), len(rows[0]))]
    return [row + [""] * (width - len(row)) for row in rows]
