"""PDF to Markdown through pdfium: paragraphs by their distance, headings by their height, ruled tables as tables.

Not through markitdown, which makes tables of prose whose words happen to align, glues words together in it and writes
right-to-left text backwards; on the 22 pages of samples/corpus it took 56 ms a page and this 18, most of that on pages
with rules. No picture is read, and a page without text among others is passed over.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingestion.formats import Converted
from ingestion.formats.pdf_page import Line, PageTable, page_lines, page_tables
from service.core.errors import DamagedFile, EncryptedFile, NoTextLayer

# Two fonts of one size differ in height by less than this.
HEADING_RATIO = 1.15
HEADING_LEVELS = 3
MAX_HEADING_CHARACTERS = 150
# Against the usual distance of two lines on the page. Paragraphs set apart by half a line stand at 1.5.
PARAGRAPH_RATIO = 1.3
# Lines of one paragraph were 1.0 to 1.55 line heights apart in the files tried.
MAX_DISTANCE_RATIO = 1.8
# Writers pad a file behind its end mark, and readers search this far for it.
_END_SEARCHED_BYTES = 1_024
_BULLET = re.compile(r"^[\u2022\u25cf\u25aa\u25e6\uf0b7]\s*")

# pdfium keeps global state: two threads in it crash the process.
_PDFIUM = threading.Lock()


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a PDF. Raises EncryptedFile, DamagedFile, NoTextLayer."""
    if b"%%EOF" not in data.rstrip(b"\0\r\n\t ")[-_END_SEARCHED_BYTES:]:
        raise DamagedFile(f"{source} breaks off before the end of the PDF.", "Copy or export the file again.")
    with _PDFIUM, closing(_opened(data, source)) as document:
        pages = [page_lines(page) for page in document]
        tables = page_tables(data, document, pages)
    if not any(any(map(str.isalnum, line.text)) for lines in pages for line in lines):
        raise NoTextLayer(
            f"{source} has {len(pages)} pages and no text in them.", "Run it through text recognition (OCR) first."
        )
    levels = _heading_levels(pages)
    return Converted("\n\n".join(_page(lines, tables.get(n, []), levels) for n, lines in enumerate(pages)))


def _opened(data: bytes, source: str) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise EncryptedFile(
                f"{source} is protected by a password.", "Save a copy without the password and ingest that."
            ) from error
        raise DamagedFile(f"{source} is cut off or damaged: {error}.", "Copy or export the file again.") from error


def _heading_levels(pages: Sequence[Sequence[Line]]) -> dict[float, int]:
    """The level of each line height, the largest being 1, that stands out from the one most of the text has."""
    heights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            heights[line.height] += len(line.text)
    body = heights.most_common(1)[0][0]
    larger = sorted((height for height in heights if height > HEADING_RATIO * body), reverse=True)
    return {height: min(rank, HEADING_LEVELS) for rank, height in enumerate(larger, start=1)}


def _page(lines: Sequence[Line], tables: Sequence[PageTable], levels: dict[float, int]) -> str:
    """One page: a table stands where its first line stood."""
    parts: list[str] = []
    written: set[int] = set()
    for block in _blocks(lines, tables):
        holder = next((number for number, table in enumerate(tables) if table.holds(block[0])), None)
        if holder is None:
            parts.append(_markdown(block, levels))
        elif holder not in written:
            written.add(holder)
            parts.append(tables[holder].markdown)
    return "\n\n".join(parts)


def _blocks(lines: Sequence[Line], tables: Sequence[PageTable]) -> Iterator[list[Line]]:
    """Lines of one paragraph or heading; a line of a table is a block of its own."""
    if not lines:
        return
    usual = _usual_distance(lines)
    block = [lines[0]]
    for before, line in pairwise(lines):
        distance = (before.bottom - line.bottom) / before.rows
        same = before.height == line.height and 0 <= distance <= PARAGRAPH_RATIO * usual
        if same and not any(table.holds(each) for table in tables for each in (before, line)):
            block.append(line)
        else:
            yield block
            block = [line]
    yield block


def _usual_distance(lines: Sequence[Line]) -> float:
    """Distance in points of most lines from the next one of the same height, without jumps over gaps and columns."""
    pairs = [(upper, lower) for upper, lower in pairwise(lines) if upper.height == lower.height]
    distances = [(upper.bottom - lower.bottom) / upper.rows for upper, lower in pairs]
    near = [
        each for each, (line, _) in zip(distances, pairs, strict=True) if 0 < each < MAX_DISTANCE_RATIO * line.height
    ]
    return median(near) if near else max(line.height for line in lines)


def _markdown(block: Sequence[Line], levels: dict[float, int]) -> str:
    level = levels.get(block[0].height)
    joined = " ".join(line.text for line in block)
    if level and len(joined) <= MAX_HEADING_CHARACTERS and any(map(str.isalpha, joined)) and joined[-1] not in ".,;":
        return f"{'#' * level} {joined}"
    return "\n".join(_BULLET.sub("- ", line.text) for line in block)
