"""What stands on a PDF's page: pieces of lines with their place, height and weight, and the text that nobody sees.

Lengths are points (1/72 inch) from the lower left corner of the page as it is shown: a turned page is turned upright
first. It does not decide what is a heading, a paragraph or a table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingestion.formats.pdf_sight import Look, Sight

Box = tuple[float, float, float, float]
# pdfium writes this where a hyphen at a line's end joins two lines to one.
_JOINED_AT_HYPHEN = 2
# A wider gap than this share of the line's height may part two cells; words stand about a quarter apart.
_GAP_RATIO = 0.7
_QUARTER_TURNS = 4


@dataclass(frozen=True)
class Piece:
    """A line of text, or a part of one behind a gap. `height` is its font's, to half a point.

    `line` numbers the lines in the file's order; `joins` says that its last word goes on in the next piece.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    height: float
    bold: bool
    line: int
    joins: bool = False


@dataclass(frozen=True)
class PageContent:
    """A page's pieces in the file's order, and what is written on it out of sight, by kind."""

    pieces: tuple[Piece, ...]
    unseen: tuple[tuple[Look, str], ...]
    width: float
    height: float
    turned: bool


@dataclass(frozen=True)
class _Letter:
    code: int
    box: Box | None
    bold: bool


def page_content(page: pdfium.PdfPage, sight: Sight) -> PageContent:
    """The pieces of a page, and its unseen text."""
    textpage = page.get_textpage()
    frame = page.get_bbox()
    looks = sight.of(page, textpage)
    turns = page.get_rotation() // 90
    letters: list[_Letter] = []
    unseen: dict[Look, list[str]] = {}
    before: Look = "seen"
    for index in range(textpage.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(textpage, index)
        look, bold = looks.of_letter(index, before)
        before = look
        if look != "seen":
            unseen.setdefault(look, []).append(chr(code) if code > _JOINED_AT_HYPHEN else "")
        else:
            box = _box(textpage, index, frame, turns) if code > ord(" ") else None
            letters.append(_Letter(code, box, bold))
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    if turns % 2:
        width, height = height, width
    more = _reading_turns(letters)
    if more:
        letters = [
            _Letter(each.code, each.box and _turned(each.box, width, height, more), each.bold) for each in letters
        ]
        width, height = (height, width) if more % 2 else (width, height)
    pieces = tuple(_pieces(letters))
    said = tuple((look, _decoded(map(ord, "".join(text)))) for look, text in unseen.items())
    return PageContent(pieces, said, width, height, bool(turns or more))


def _box(textpage: pdfium.PdfTextPage, index: int, frame: Box, turns: int) -> Box | None:
    """A letter's box on the page as it is shown; None for one without."""
    rectangle = pdfium_c.FS_RECTF()
    if not pdfium_c.FPDFText_GetLooseCharBox(textpage, index, rectangle):
        return None
    left, bottom = rectangle.left - frame[0], rectangle.bottom - frame[1]
    right, top = rectangle.right - frame[0], rectangle.top - frame[1]
    ends = (min(left, right), min(bottom, top), max(left, right), max(bottom, top))
    return _turned(ends, frame[2] - frame[0], frame[3] - frame[1], turns) if turns else ends


def _turned(box: Box, width: float, height: float, turns: int) -> Box:
    """A box on a page of this size after quarter turns clockwise."""
    for _ in range(turns % _QUARTER_TURNS):
        left, bottom, right, top = box
        box = (bottom, width - right, top, width - left)
        width, height = height, width
    return box


def _reading_turns(letters: Sequence[_Letter]) -> int:
    """Quarter turns clockwise that make most of the page's lines read from left to right, or right to left."""
    along = up = down = 0.0
    for one, other in pairwise(letters):
        if one.box is None or other.box is None:
            continue
        across, rise = other.box[0] - one.box[0], other.box[1] - one.box[1]
        if abs(rise) > 2 * abs(across):
            up, down = up + max(rise, 0), down + max(-rise, 0)
        else:
            along += abs(across)
    if along >= max(up, down):
        return 0
    return 1 if up > down else 3


def _pieces(letters: Sequence[_Letter]) -> Iterator[Piece]:
    line, piece = 0, list[_Letter]()
    for letter in letters:
        if letter.code in {ord("\n"), ord("\r"), _JOINED_AT_HYPHEN}:
            joins = letter.code == _JOINED_AT_HYPHEN
            yield from _piece(piece, line, joins=joins)
            piece = []
            line += letter.code != ord("\r")
            continue
        last = next((each.box for each in reversed(piece) if each.box), None)
        if letter.box and last and _apart(last, letter.box):
            yield from _piece(piece, line)
            piece = []
        piece.append(letter)
    yield from _piece(piece, line)


def _apart(one: Box, other: Box) -> bool:
    """Whether a gap between two letters is wider than between words, in either direction of writing."""
    gap = max(other[0] - one[2], one[0] - other[2])
    return gap > _GAP_RATIO * max(one[3] - one[1], other[3] - other[1])


def _piece(letters: Sequence[_Letter], line: int, *, joins: bool = False) -> Iterator[Piece]:
    boxed = [each for each in letters if each.box is not None]
    text = " ".join(_decoded(each.code for each in letters).split())
    if not boxed or not text:
        return
    # Not a bullet's height: that may come from a font of another one.
    first = next((each for each in boxed if chr(each.code).isalnum()), boxed[0])
    boxes = [each.box for each in boxed if each.box is not None]
    bottom, top = first.box[1], first.box[3]  # type: ignore[index]  # it is one of the boxed
    yield Piece(
        text=text,
        left=min(box[0] for box in boxes),
        bottom=bottom,
        right=max(box[2] for box in boxes),
        top=top,
        height=round(2 * (top - bottom)) / 2,
        bold=2 * sum(each.bold for each in boxed) > len(boxed),
        line=line,
        joins=joins,
    )


def _decoded(codes: Iterable[int]) -> str:
    """Text of UTF-16 units, which is what pdfium counts in."""
    units = b"".join(code.to_bytes(2, "little") for code in codes if code <= 0xFFFF)
    return units.decode("utf-16-le", "replace")
