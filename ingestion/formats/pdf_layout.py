"""The order in which a PDF's page is read: columns one after the other, what spans them where it stands.

The file's own order is that of drawing; it is kept only for what belongs to one paragraph.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from ingestion.formats.pdf_page import Piece

# Against the usual distance of two lines on the page. Paragraphs set apart by half a line stand at 1.5.
PARAGRAPH_RATIO = 1.3
# Lines of one paragraph were 1.0 to 1.55 line heights apart in the files tried.
MAX_DISTANCE_RATIO = 1.8
# What two columns of prose have and a table or a form has not.
_MIN_PIECES = 8
_MIN_COLUMN_SHARE = 0.2
_MIN_PROSE_RATIO = 8.0
_MIN_PROSE_SHARE = 0.6
_MAX_CROSSING_SHARE = 0.25
_MIN_OVERLAP = 0.5
_MIN_GUTTER_RATIO = 0.6
_STEP_POINTS = 3.0


@dataclass(frozen=True)
class Line:
    """A line of text, put together from its pieces."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    height: float
    bold: bool
    joins: bool


def reading_order(pieces: Sequence[Piece], *, right_to_left: bool = False) -> Iterator[list[Piece]]:
    """The pieces region by region: a column's, or what spans the columns between two of their parts."""
    gutter = _gutter(pieces)
    if gutter is None:
        if pieces:
            yield list(pieces)
        return
    for band in _bands(pieces, gutter):
        sides = ([each for each in band if each.right <= gutter], [each for each in band if each.right > gutter])
        if any(each.left < gutter for each in sides[1]):
            yield band
            continue
        for side in reversed(sides) if right_to_left else sides:
            yield from reading_order(side, right_to_left=right_to_left)


def blocks(region: Sequence[Piece], *, right_to_left: bool = False) -> list[list[Line]]:
    """Paragraphs and headings of a region from the top down."""
    lines = list(_lines(region))
    if not lines:
        return []
    usual = _usual_distance(lines)
    found = [[lines[0]]]
    for before, line in pairwise(lines):
        distance = before.bottom - line.bottom
        beside = line.left > before.right or line.right < before.left
        same = before.height == line.height and before.bold == line.bold and 0 <= distance <= PARAGRAPH_RATIO * usual
        if (same and not beside) or before.joins:
            found[-1].append(line)
        else:
            found.append([line])
    return _from_the_top(found, right_to_left=right_to_left)


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """Where the page parts into two columns of prose; None where it does not."""
    if len(pieces) < _MIN_PIECES:
        return None
    left, right = min(each.left for each in pieces), max(each.right for each in pieces)
    found: list[tuple[int, float, float]] = []
    at = left + 0.15 * (right - left)
    while at < left + 0.85 * (right - left):
        one = [each for each in pieces if each.right <= at]
        other = [each for each in pieces if each.left >= at]
        crossing = len(pieces) - len(one) - len(other)
        if one and other and crossing <= _MAX_CROSSING_SHARE * len(pieces) and _are_columns(one, other):
            width = min(each.left for each in other) - max(each.right for each in one)
            found.append((crossing, -width, at))
        at += _STEP_POINTS
    return min(found)[2] if found else None


def _are_columns(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Whether both sides hold a fair part of the text, in lines of prose, beside each other and apart."""
    total = sum(len(each.text) for each in [*one, *other])
    for side in (one, other):
        characters = sum(len(each.text) for each in side)
        prose = sum(len(each.text) for each in side if each.right - each.left >= _MIN_PROSE_RATIO * each.height)
        if characters < _MIN_COLUMN_SHARE * total or prose < _MIN_PROSE_SHARE * characters:
            return False
    spans = [(min(each.bottom for each in side), max(each.top for each in side)) for side in (one, other)]
    shared = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    width = min(each.left for each in other) - max(each.right for each in one)
    wide = width >= _MIN_GUTTER_RATIO * median(each.height for each in [*one, *other])
    return wide and shared >= _MIN_OVERLAP * min(top - bottom for bottom, top in spans)


def _bands(pieces: Sequence[Piece], gutter: float) -> Iterator[list[Piece]]:
    """From the top down: groups that cross the gutter, and what stands between them on either side of it."""
    crossing = sorted((each for each in pieces if each.left < gutter < each.right), key=lambda each: -each.top)
    others = [each for each in pieces if not each.left < gutter < each.right]
    between: list[Piece] = []
    for piece in crossing:
        above = [each for each in others if each.bottom >= (piece.bottom + piece.top) / 2]
        if above:
            if between:
                yield between
                between = []
            yield above
            others = [each for each in others if each not in above]
        between.append(piece)
    if between:
        yield between
    if others:
        yield others


def _lines(pieces: Sequence[Piece]) -> Iterator[Line]:
    for _, group in groupby(pieces, key=lambda each: each.line):
        parts = list(group)
        yield Line(
            text=" ".join(each.text for each in parts),
            left=min(each.left for each in parts),
            bottom=parts[0].bottom,
            right=max(each.right for each in parts),
            top=parts[0].top,
            height=parts[0].height,
            bold=all(each.bold for each in parts),
            joins=parts[-1].joins,
        )


def _usual_distance(lines: Sequence[Line]) -> float:
    """Distance in points of most lines from the next one of the same height, without jumps over gaps and columns."""
    pairs = [(upper, lower) for upper, lower in pairwise(lines) if upper.height == lower.height]
    distances = [(upper.bottom - lower.bottom, upper.height) for upper, lower in pairs]
    near = [distance for distance, height in distances if 0 < distance < MAX_DISTANCE_RATIO * height]
    return median(near) if near else max(line.height for line in lines)


def _from_the_top(found: list[list[Line]], *, right_to_left: bool) -> list[list[Line]]:
    """Blocks in the file's order, unless that goes back up the page: then by their first line's height on it.

    Of blocks side by side, the one where reading begins comes first.
    """
    if not any(_goes_back(one[-1], other[0]) for one, other in pairwise(found)):
        return found
    ordered = sorted(found, key=lambda block: -block[0].top)
    for number in range(1, len(ordered)):
        place = number
        while place and _before(ordered[place], ordered[place - 1], right_to_left=right_to_left):
            ordered[place - 1], ordered[place] = ordered[place], ordered[place - 1]
            place -= 1
    return ordered


def _goes_back(line: Line, following: Line) -> bool:
    beside = following.left > line.right or following.right < line.left
    return not beside and following.bottom > line.top


def _before(block: list[Line], other: list[Line], *, right_to_left: bool) -> bool:
    """Whether a block that is a little lower is read first, since both begin on one line."""
    one, two = block[0], other[0]
    level = abs(one.bottom - two.bottom) < 0.5 * min(one.height, two.height)
    return level and (one.left > two.left if right_to_left else one.left < two.left)
