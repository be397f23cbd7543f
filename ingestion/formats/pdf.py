"""PDF to Markdown through pdfium: columns in reading order, headings by height and weight, tables with rules or not.

Not through markitdown, which makes tables of prose whose words happen to align, glues words together in it and writes
right-to-left text backwards. Text that nobody sees is apart. Pictures are read only where that is switched on.
"""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingestion.formats import Converted, Hidden
from ingestion.formats.pdf_layers import information, notes_and_fields
from ingestion.formats.pdf_layout import Line, blocks, reading_order
from ingestion.formats.pdf_page import PageContent, Piece, page_content
from ingestion.formats.pdf_sight import Sight
from ingestion.formats.pdf_table import PageTable, aligned_tables, ruled_tables
from service.core.errors import DamagedFile, EncryptedFile, NoTextLayer

# Two fonts of one size differ in height by less than this.
HEADING_RATIO = 1.15
HEADING_LEVELS = 3
MAX_HEADING_CHARACTERS = 150
# A line all bold is a heading where no more than this share of the text is.
MAX_BOLD_SHARE = 0.3
# Writers pad a file behind its end mark, and readers search this far for it.
_END_SEARCHED_BYTES = 1_024
# Symbol fonts' own characters among them: Word's bullets come as those.
_BULLET = re.compile(r"^[\u2022\u25cf\u25aa\u25e6\u25a0\ue000-\uf8ff]\s*")
_SENTENCE_ENDS = ".,;:"

# pdfium keeps global state: two threads in it crash the process.
_PDFIUM = threading.Lock()


@dataclass(frozen=True)
class _Styles:
    """Which heights of lines are headings, and of which level; `bold` is the level of bold lines, 0 for none."""

    levels: dict[float, int]
    bold: int


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a PDF, page by page. Raises EncryptedFile, DamagedFile, NoTextLayer."""
    return _converted(data, source, recognise=False)


def convert_recognised(data: bytes, source: str) -> Converted:
    """As `convert`; the text of pages that are pictures is recognised. Raises NoTextLayer without the extra `ocr`."""
    return _converted(data, source, recognise=True)


def _converted(data: bytes, source: str, *, recognise: bool) -> Converted:
    if b"%%EOF" not in data.rstrip(b"\0\r\n\t ")[-_END_SEARCHED_BYTES:]:
        raise DamagedFile(f"{source} breaks off before the end of the PDF.", "Copy or export the file again.")
    with _PDFIUM, closing(_opened(data, source)) as document:
        sight = Sight(data)
        contents = [page_content(page, sight) for page in document]
        ruled = ruled_tables(data, document, contents)
        noted = [notes_and_fields(page) for page in document]
        hidden = list(information(document))
        styles = _styles(contents)
        pages = [
            "\n\n".join(filter(None, [_page(content, ruled.get(number, []), styles), *noted[number][1]]))
            for number, content in enumerate(contents)
        ]
        if recognise:
            pages = [page or _recognised(document[number], source) for number, page in enumerate(pages)]
    if not any(map(str.isalnum, "".join(pages))):
        raise NoTextLayer(
            f"{source} has {len(pages)} pages and no text in them.",
            "Set RAGREADY_OCR=true, with the extra `ocr` installed, or run it through text recognition first.",
        )
    hidden += [note for notes, _ in noted for note in notes]
    hidden += [Hidden(look, text) for page in contents for look, text in page.unseen if look != "seen"]
    seen = tuple(each for each in hidden if each.text.strip())
    return Converted("\n\n".join(filter(None, pages)), pages=tuple(pages), hidden=seen)


def _recognised(page: pdfium.PdfPage, source: str) -> str:
    from ingestion.formats.recognise import recognised_page  # noqa: PLC0415  # only where it is switched on

    return recognised_page(page, source)


def _opened(data: bytes, source: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise EncryptedFile(
                f"{source} is protected by a password.", "Save a copy without the password and ingest that."
            ) from error
        raise DamagedFile(f"{source} is cut off or damaged: {error}.", "Copy or export the file again.") from error


def _styles(pages: Sequence[PageContent]) -> _Styles:
    """The level of each line height, the largest being 1, that stands out from the one most of the text has."""
    heights: Counter[float] = Counter()
    bold = total = 0
    for page in pages:
        for piece in page.pieces:
            heights[piece.height] += len(piece.text)
            bold += piece.bold * len(piece.text)
            total += len(piece.text)
    if not heights:
        return _Styles({}, 0)
    body = heights.most_common(1)[0][0]
    larger = sorted((height for height in heights if height > HEADING_RATIO * body), reverse=True)
    levels = {height: min(rank, HEADING_LEVELS) for rank, height in enumerate(larger, start=1)}
    return _Styles(levels, min(len(larger), HEADING_LEVELS) + 1 if bold < MAX_BOLD_SHARE * total else 0)


def _page(content: PageContent, ruled: Sequence[PageTable], styles: _Styles) -> str:
    """One page: a table stands in the text like a line of its size."""
    free = [piece for piece in content.pieces if not any(table.holds(piece) for table in ruled)]
    right_to_left = _is_right_to_left(free)
    placed = [_as_piece(table, number) for number, table in enumerate(ruled)]
    parts: list[str] = []
    for region in reading_order([*free, *placed], right_to_left=right_to_left):
        whole = _with_tables(region, right_to_left=right_to_left)
        parts += [_markdown(block, styles) for block in blocks(whole, right_to_left=right_to_left)]
    return "\n\n".join(parts)


def _with_tables(region: Sequence[Piece], *, right_to_left: bool) -> list[Piece]:
    """The region's pieces with those that stand in columns put together to tables."""
    tables = aligned_tables([piece for piece in region if piece.height], right_to_left=right_to_left)
    kept: list[Piece] = []
    for piece in region:
        number = next((number for number, table in enumerate(tables) if piece.height and table.holds(piece)), None)
        if number is None:
            kept.append(piece)
        elif not any(each.line == _table_line(number, aligned=True) for each in kept):
            kept.append(_as_piece(tables[number], number, aligned=True))
    return kept


def _as_piece(table: PageTable, number: int, *, aligned: bool = False) -> Piece:
    """A table as a piece without a font's height, on a line of its own."""
    line = _table_line(number, aligned=aligned)
    return Piece(table.markdown, table.left, table.bottom, table.right, table.top, 0.0, bold=False, line=line)


def _table_line(number: int, *, aligned: bool) -> int:
    return -1 - 2 * number - aligned


def _is_right_to_left(pieces: Sequence[Piece]) -> bool:
    letters = "".join(piece.text for piece in pieces)[:2_000]
    right = sum(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in letters)
    return 2 * right > sum(map(str.isalpha, letters)) > 0


def _markdown(block: Sequence[Line], styles: _Styles) -> str:
    if block[0].height == 0:
        return block[0].text  # a table
    joined = "".join(_joined(block, " "))
    level = styles.levels.get(block[0].height) or (styles.bold if block[0].bold and len(block) <= 2 else 0)
    wordy = any(map(str.isalpha, joined)) and joined[-1] not in _SENTENCE_ENDS
    if level and len(joined) <= MAX_HEADING_CHARACTERS and wordy:
        return f"{'#' * level} {joined}"
    return "".join(_joined(block, "\n"))


def _joined(block: Sequence[Line], separator: str) -> Iterator[str]:
    """The block's lines; a word that a hyphen parted is put together."""
    for number, line in enumerate(block):
        yield _BULLET.sub("- ", line.text)
        if number + 1 < len(block):
            yield "" if line.joins else separator
