"""Where the tables of a sheet are: blocks of cells that empty rows and columns set apart.

A block under another one of the same columns goes on with its table when it does not begin with a head of its own: rows
behind an empty line would lose their column names.
"""

import re
from collections.abc import Iterator
from typing import TypeAlias

from ingestion.formats.table import markdown_table

# Text by row and column.
Cells: TypeAlias = dict[tuple[int, int], str]
Rows: TypeAlias = list[list[str]]

_FIGURE = re.compile(r"[-+(]?[\d.,\s]*\d[\d.,\s]*[)%€$£]?|\d{4}-\d\d-\d\d.*|TRUE|FALSE")


def sheet_markdown(cells: Cells) -> str:
    """The blocks of a sheet: tables, and single cells as lines."""
    written = (rows[0][0] if [len(row) for row in rows] == [1] else markdown_table(rows) for rows in blocks(cells))
    return "\n\n".join(filter(None, written))


def blocks(cells: Cells) -> Iterator[Rows]:
    """Each block of cells as rows of equal length, from the top left to the bottom right."""
    found = list(_split(cells, rows_first=True)) if cells else []
    merged: list[Cells] = []
    for block in found:
        columns = {column for _, column in block}
        above = next((each for each in reversed(merged) if columns & {column for _, column in each}), None)
        if above is not None and _goes_on(above, block):
            above.update(block)
        else:
            merged.append(dict(block))
    for block in merged:
        yield _rows(block)


def _split(cells: Cells, *, rows_first: bool, tried: bool = False) -> Iterator[Cells]:
    """Cut at empty rows, then at empty columns, and so on until neither is left."""
    groups = _cut(cells, 0 if rows_first else 1)
    if len(groups) == 1:
        if tried:
            yield cells
            return
        yield from _split(cells, rows_first=not rows_first, tried=True)
        return
    for group in groups:
        yield from _split(group, rows_first=not rows_first)


def _cut(cells: Cells, axis: int) -> list[Cells]:
    used = sorted({place[axis] for place in cells})
    number, group_of = 0, {}
    for before, line in zip([used[0], *used], used, strict=False):
        number += line > before + 1
        group_of[line] = number
    groups: list[Cells] = [{} for _ in range(number + 1)]
    for place, text in cells.items():
        groups[group_of[place[axis]]][place] = text
    return groups


def _goes_on(above: Cells, below: Cells) -> bool:
    """Whether a block has the columns of the one above, more than one, and begins with figures, not with names."""
    columns, others = ({column for _, column in each} for each in (above, below))
    if len(columns) < 2 or not others <= columns or min(others) != min(columns):
        return False
    top = min(row for row, _ in below)
    first = [text for (row, _), text in below.items() if row == top]
    return len(first) > 1 and any(map(_FIGURE.fullmatch, first))


def _rows(cells: Cells) -> Rows:
    rows, columns = (sorted({place[axis] for place in cells}) for axis in (0, 1))
    return [[cells.get((row, column), "") for column in columns] for row in rows]
