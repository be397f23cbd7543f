"""How much of a document survives its conversion to text: ours and plain markitdown, on files with their Markdown.

A folder holds FILE beside FILE.expected.md, at any depth. A file that cannot be converted scores 0 and is counted. What
is measured is the text that is indexed, not how it looks: emphasis, blank space and the drawing of tables do not count.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from rapidfuzz import fuzz

from eval.statistics import Estimate, mean
from service.core.errors import InvalidSuite

EXPECTED = ".expected.md"
MAX_BYTES = 50 * 2**20
HALVES = ("tune", "test")
METRICS = ("similarity", "headings", "cells")

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE_ROW = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_MIDNIGHT = re.compile(r"(?<=\d) 00:00:00\b")
_MARKS = re.compile(r"\\(?=[^\w\s])|[*~`]+|(?<!\w)_+|_+(?!\w)")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_CELL_SEPARATOR = re.compile(r"(?<!\\)\|")

# A file to Markdown; raises anything for a file that it cannot read.
Converter: TypeAlias = Callable[[Path], str]


@dataclass(frozen=True)
class Case:
    """A file, the Markdown expected of it, and which half of its format's files it belongs to."""

    path: Path
    expected: str
    format: str
    half: str


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1: of likeness, of headings and of table cells kept; None where nothing is expected."""

    case: Case
    similarity: float
    headings: float | None
    cells: float | None
    failure: str = ""


@dataclass(frozen=True)
class Row:
    """One converter on one half of one format. `failed` files are in the means with 0."""

    format: str
    half: str
    converter: str
    n: int
    failed: int
    similarity: Estimate
    headings: Estimate
    cells: Estimate


def measure(folder: Path, converters: dict[str, Converter]) -> list[Row]:
    """Every converter on every case of the folder, by format and half. Raises InvalidSuite for a folder without any."""
    cases = list(read_cases(folder))
    if not cases:
        raise InvalidSuite(f"{folder} holds no FILE{EXPECTED}.", "Put each file's expected Markdown beside it.")
    rows = []
    for name, convert in converters.items():
        scores = [score(case, convert) for case in cases]
        for kind in sorted({case.format for case in cases}):
            for half in HALVES:
                chosen = [each for each in scores if (each.case.format, each.case.half) == (kind, half)]
                rows.append(_row(kind, half, name, chosen))
    return sorted((row for row in rows if row.n), key=lambda row: (row.format, HALVES.index(row.half)))


def read_cases(folder: Path) -> Iterator[Case]:
    """The folder's cases: of each format every second file, by name, is for tuning and the others are for testing."""
    files = sorted(
        path for path in folder.rglob(f"*{EXPECTED}") if path.with_name(path.name[: -len(EXPECTED)]).is_file()
    )
    seen: Counter[str] = Counter()
    for expected in files:
        path = expected.with_name(expected.name[: -len(EXPECTED)])
        kind = path.suffix.lower().lstrip(".")
        yield Case(path, expected.read_text(encoding="utf-8"), kind, HALVES[seen[kind] % len(HALVES)])
        seen[kind] += 1


def score(case: Case, convert: Converter) -> Score:
    """How much of the case's expected text the converter keeps."""
    text, failure = "", ""
    try:
        text = convert(case.path)
    # Whatever a converter raises is its failure, and the others go on.
    except Exception as error:  # noqa: BLE001
        failure = f"{type(error).__name__}: {error}"
    similarity = fuzz.ratio(plain(text), plain(case.expected)) / 100
    return Score(
        case,
        similarity,
        _kept(headings(case.expected), headings(text)),
        _kept(cells(case.expected), cells(text)),
        failure,
    )


def plain(markdown: str) -> str:
    """Markdown without what is no text: emphasis, comments, pictures, rules of tables, midnights, wide spaces."""
    text = _COMMENT.sub(" ", html.unescape(unicodedata.normalize("NFKC", markdown)))
    text = _MIDNIGHT.sub("", text)
    lines = (line for line in text.split("\n") if not _RULE_ROW.match(line))
    return " ".join(_MARKS.sub("", _IMAGE.sub(" ", "\n".join(lines))).split())


def headings(markdown: str) -> Counter[str]:
    """The texts of all headings, whatever their level."""
    found = (_HEADING.match(line) for line in markdown.split("\n"))
    return Counter(text for each in found if each and (text := plain(each[1]).casefold()))


def cells(markdown: str) -> Counter[str]:
    """The texts of all cells that hold any, of tables with more than one column: one of a single column is a list."""
    lines = (line.strip() for line in markdown.split("\n"))
    found: Counter[str] = Counter()
    for is_row, group in groupby(lines, key=lambda line: line.startswith("|")):
        rows = [_CELL_SEPARATOR.split(line.strip("|")) for line in group if not _RULE_ROW.match(line)]
        if is_row and any(len(row) > 1 for row in rows):
            found.update(text for row in rows for cell in row if (text := plain(cell).casefold()))
    return found


def ours(path: Path) -> str:
    """This repository's converters; the documents in a file one after the other."""
    from ingestion.load import load  # noqa: PLC0415  # loads parsers
    from ingestion.sources import SourceFile  # noqa: PLC0415

    return "\n\n".join(each.text for each in load(SourceFile(path, path.name), MAX_BYTES).documents)


def markitdown() -> Converter:
    """Plain markitdown, as a demo would use it."""
    from markitdown import MarkItDown  # noqa: PLC0415  # loads a model

    converter = MarkItDown(enable_plugins=False)
    return lambda path: converter.convert_local(path).markdown


def as_data(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as plain data."""
    return [asdict(row) for row in rows]


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, each figure with its 95% interval and the number of files behind it."""
    lines = ["| format | half | converter | n | failed | similarity | headings kept | table cells kept |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in rows:
        figures = (_shown(getattr(row, metric), row.n) for metric in METRICS)
        lines.append(
            f"| {row.format} | {row.half} | {row.converter} | {row.n} | {row.failed} | {' | '.join(figures)} |"
        )
    return "\n".join(lines)


def _row(kind: str, half: str, converter: str, scores: Sequence[Score]) -> Row:
    return Row(
        format=kind,
        half=half,
        converter=converter,
        n=len(scores),
        failed=sum(1 for each in scores if each.failure),
        similarity=mean([each.similarity for each in scores]),
        headings=mean([each.headings for each in scores if each.headings is not None]),
        cells=mean([each.cells for each in scores if each.cells is not None]),
    )


def _kept(expected: Counter[str], found: Counter[str]) -> float | None:
    return (expected & found).total() / expected.total() if expected else None


def _shown(figure: Estimate, n: int) -> str:
    if figure.value is None:
        return "–"
    interval = "" if figure.low is None else f" ({figure.low:.2f}–{figure.high:.2f})"
    return f"{figure.value:.3f}{interval}" + (f", n {figure.n}" if figure.n != n else "")
