"""Finds what commands a language model in a text: sentence by sentence, and in windows that no sentence is.

The windows are two neighbouring sentences read as one, each cell of a table and all cells of a row, the text of each
picture, and what stands between the marks that turn the direction of writing. What commands is the detector's to say.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.core.errors import CouldNotCheck
from service.core.injection import Command, Detect
from service.core.sentences import sentences

# Windows stand in one text, so that the detector is asked once: no sentence goes on over an empty line.
_BETWEEN = "\n\n"
# With a bound: many openings of pictures that never close would each be read to the end.
_PICTURE = re.compile(r"(?<=!\[)[^\]\n]{1,2000}+(?=\]\()")
_ROW = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)
_CELL = re.compile(r"(?:\\\||[^|\n])+")
_TURNED = re.compile("\u202e([^\u202c\n]+)\u202c?")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t].*$", re.MULTILINE)
_END = re.compile(r"[\s.!?:;,…|]+$")
# What would make a window a heading or a list.
_MARKS = "#|=-+*>~ \t"
_TWO_WORDS = re.compile(r"\w\W+\w")


@dataclass(frozen=True)
class _Window:
    """What is read for `text[start:end]`; a `wide` one counts only where no part of it does."""

    start: int
    end: int
    said: str
    wide: bool = False


def orders(detect: Detect, text: str) -> list[Command]:
    """Spans that command, in reading order, none of which overlap. Raises CouldNotCheck for what the detector dies of.

    A picture's text stands apart from the sentence around it, and so does a cell from its row.
    """
    try:
        alone = [each for start, end in _prose(text) for each in _of_sentences(detect, text, start, end)]
        windows = _of_windows(detect, [each for each in _windows(text) if _TWO_WORDS.search(each.said)])
    # whatever it is, nothing was checked; its message may quote the text and is not repeated
    except Exception as error:
        raise CouldNotCheck(
            f"Instructions could not be looked for: {type(error).__name__}.", "The next ingestion tries again."
        ) from error
    narrow = _apart([*alone, *(Command(rule, each.start, each.end) for each, rule in windows if not each.wide)])
    wide = [Command(rule, each.start, each.end) for each, rule in windows if each.wide and not _touches(each, narrow)]
    return _apart([*narrow, *wide])


def _prose(text: str) -> Iterator[tuple[int, int]]:
    """What stands between the rows of tables."""
    position = 0
    for row in _ROW.finditer(text):
        yield position, row.start()
        position = row.end()
    yield position, len(text)


def _of_sentences(detect: Detect, text: str, start: int, end: int) -> Iterator[Command]:
    """What commands in prose. Headings come together from the detector, and only those that command are meant."""
    shown = _PICTURE.sub(lambda picture: " " * len(picture.group()), text[start:end])
    for each in detect(shown, "document") if shown.strip() else ():
        headings = [*_HEADING.finditer(shown, each.start, each.end)]
        guilty = [found for found in headings if detect(found.group(), "document")]
        for found in guilty:
            yield Command(each.rule, start + found.start(), start + found.end())
        if not guilty:
            yield Command(each.rule, start + each.start, start + each.end)


def _windows(text: str) -> Iterator[_Window]:
    for picture in _PICTURE.finditer(text):
        yield _Window(picture.start(), picture.end(), picture.group().lstrip(_MARKS))
    for turned in _TURNED.finditer(text):
        yield _Window(turned.start(), turned.end(), turned.group(1)[::-1].lstrip(_MARKS))
    for row in _ROW.finditer(text):
        cells = [*_cells(row)]
        yield from cells
        said = " ".join(_END.sub("", each.said) for each in cells)
        yield _Window(row.start(), row.end(), said, wide=True)
    yield from _neighbours(text)


def _cells(row: re.Match[str]) -> Iterator[_Window]:
    for cell in _CELL.finditer(row.group()):
        blank = len(cell.group()) - len(cell.group().lstrip())
        start = row.start() + cell.start() + blank
        if said := cell.group().strip():
            yield _Window(start, start + len(said), said.lstrip(_MARKS))


def _neighbours(text: str) -> Iterator[_Window]:
    spans = [each for each in sentences(text) if not text[each.start : each.end].lstrip().startswith("|")]
    for one, other in pairwise(spans):
        said = f"{_END.sub('', text[one.start : one.end])} {text[other.start : other.end]}"
        yield _Window(one.start, other.end, " ".join(said.split()).lstrip(_MARKS), wide=True)


def _of_windows(detect: Detect, windows: Sequence[_Window]) -> list[tuple[_Window, str]]:
    """The windows that command, each with the rule that says so."""
    starts, position = [], 0
    for each in windows:
        starts.append(position)
        position += len(each.said) + len(_BETWEEN)
    commands = detect(_BETWEEN.join(each.said for each in windows), "document") if windows else []
    return [(windows[bisect_right(starts, each.start) - 1], each.rule) for each in commands]


def _touches(window: _Window, found: Sequence[Command]) -> bool:
    return any(each.start < window.end and window.start < each.end for each in found)


def _apart(found: Sequence[Command]) -> list[Command]:
    """Overlapping spans joined under the rule of the first."""
    apart: list[Command] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if apart and each.start < apart[-1].end:
            before = apart.pop()
            apart.append(Command(before.rule, before.start, max(before.end, each.end)))
        else:
            apart.append(each)
    return apart
