"""PPTX to Markdown through python-pptx: a page a slide, its title a heading, tables and charts as tables.

Speaker notes are text, under the slide: they are seen by whoever opens the file, and often say what the slide does not.
Hidden slides, hidden shapes, what lies outside the slide and comments are not seen by its audience.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import groupby
from typing import Any
from zipfile import ZipFile

from lxml import etree
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER

from ingestion.formats import Converted, Hidden
from ingestion.formats.markup import active_content, attribute, child, local, parsed, properties, text_of, within
from ingestion.formats.table import markdown_table

# In hundredths of a point.
_TINY_SIZE = 200
_LISTED = {"buChar": "-", "buAutoNum": "1."}
_FURNITURE = {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER}


def convert(data: bytes, source: str) -> Converted:  # noqa: ARG001  # every format has the same signature
    """Markdown of a presentation, page by page."""
    with ZipFile(BytesIO(data)) as archive:
        meta, hidden = active_content(archive)
        hidden += properties(archive)
        hidden += _comments(archive)
    presentation = Presentation(BytesIO(data))
    size = (presentation.slide_width or 0, presentation.slide_height or 0)
    pages = []
    for slide in presentation.slides:
        found = _Slide(size)
        found.read(slide)
        text = "\n\n".join(filter(None, found.blocks))
        if slide.element.get("show") == "0":
            hidden.append(Hidden("hidden-sheet", text))
            text = ""
        hidden += found.hidden
        pages.append(text)
    seen = tuple(each for each in hidden if each.text.strip())
    return Converted("\n\n".join(filter(None, pages)), pages=tuple(pages), hidden=seen, meta=meta)


class _Slide:
    """One slide on its way: what is seen, in order, and what is not."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self.blocks: list[str] = []
        self.hidden: list[Hidden] = []

    def read(self, slide: Any) -> None:
        self._shapes(slide.shapes)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text.strip()
            self.blocks.append(f"Notes: {notes}" if notes else "")

    def _shapes(self, shapes: Iterable[Any]) -> None:
        for shape in shapes:
            named = next(within(shape.element, "cNvPr"), None)
            alt = attribute(named, "descr") if named is not None else None
            if alt:
                self.hidden.append(Hidden("alt-text", alt))
            if (named is not None and attribute(named, "hidden") in {"1", "true"}) or self._outside(shape):
                self.hidden.append(Hidden("invisible", text_of(shape.element)))
            else:
                self._shape(shape, alt or "")

    def _outside(self, shape: Any) -> bool:
        left, top, width, height = shape.left, shape.top, shape.width, shape.height
        if None in {left, top, width, height} or not any(self._size):
            return False
        return bool(left >= self._size[0] or top >= self._size[1] or left + width <= 0 or top + height <= 0)

    def _shape(self, shape: Any, alt: str) -> None:
        if hasattr(shape, "shapes"):
            self._shapes(shape.shapes)
        elif getattr(shape, "has_table", False):
            self.blocks.append(markdown_table(_grid(shape.table)))
        elif getattr(shape, "has_chart", False):
            self.blocks.append(_chart(shape.chart._chartSpace))
        elif getattr(shape, "has_text_frame", False):
            if not (shape.is_placeholder and shape.placeholder_format.type in _FURNITURE):
                self.blocks.append(self._text(shape))
        else:
            described = " ".join(alt.split())
            self.blocks.append(f"![{described}]()" if described else "")

    def _text(self, shape: Any) -> str:
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        listed = kind in {PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT}
        lines = _numbered([self._paragraph(each, listed=listed) for each in shape.text_frame.paragraphs])
        if kind in {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE}:
            return "# " + " ".join(text for _, text in lines) if any(text for _, text in lines) else ""
        groups = groupby((line for line in lines if line[1]), key=lambda line: bool(line[0]))
        joined = (("\n" if listed else "\n\n").join(mark + text for mark, text in group) for listed, group in groups)
        return "\n\n".join(joined)

    def _paragraph(self, paragraph: Any, *, listed: bool) -> tuple[str, str]:
        """The mark of a list, indented by its level, and the paragraph's text without runs too small to read."""
        kept = []
        for piece in paragraph._p:  # a break between two lines is no run
            text = "".join(each.text or "" for each in within(piece, "t")) or " "
            size = attribute(looks, "sz") if (looks := child(piece, "rPr")) is not None else None
            if size is not None and size.isdigit() and int(size) <= _TINY_SIZE:
                self.hidden.append(Hidden("invisible", text))
            elif local(piece) in {"r", "br", "fld"}:
                kept.append(text)
        own = child(paragraph._p, "pPr")  # bullets are in the XML only
        inherited = "-" if listed and paragraph.level and child(own, "buNone") is None else ""
        mark = next((_LISTED[name] for name in _LISTED if child(own, name) is not None), inherited)
        return ("  " * paragraph.level + f"{mark} " if mark else ""), " ".join("".join(kept).split())


def _numbered(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The lines with the numbers that their lists count."""
    counted: list[tuple[str, str]] = []
    number = 0
    for mark, text in lines:
        number = number + 1 if mark.strip() == "1." else 0
        counted.append((mark.replace("1.", f"{number}."), text))
    return counted


def _grid(table: Any) -> list[list[str]]:
    """The table's rows, a merged cell's text in every place that it covers."""
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                for below in range(cell.span_height):
                    for beside in range(cell.span_width):
                        rows[number + below][column + beside] = cell.text
    return rows


def _chart(space: etree._Element) -> str:
    """The chart's title, and its figures with a row a category. Not through python-pptx: it knows some kinds only."""
    titles = [text_of(line) for title in within(space, "title") for line in within(title, "p")]
    series = [_series(each) for each in within(space, "ser")]
    categories = dict.fromkeys(category for _, points in series for category in points)
    rows = [["" if len(series) > 1 else "Category", *(name for name, _ in series)]]
    rows += [[category, *(points.get(category, "") for _, points in series)] for category in categories]
    return "\n\n".join(filter(None, [*titles[:1], markdown_table(rows)]))


def _series(series: etree._Element) -> tuple[str, dict[str, str]]:
    """A series' name and its values by category, or by number where it has none."""
    named = child(series, "tx")
    name = next((text_of(each) for each in within(named, "v")), "") if named is not None else ""
    labels = _points(child(series, "cat") if child(series, "cat") is not None else child(series, "xVal"))
    values = _points(child(series, "val") if child(series, "val") is not None else child(series, "yVal"))
    return name, {labels.get(index, index): value for index, value in values.items()}


def _points(holder: etree._Element | None) -> dict[str, str]:
    if holder is None:
        return {}
    return {point.get("idx") or "": text_of(point) for point in within(holder, "pt")}


def _comments(archive: ZipFile) -> Iterator[Hidden]:
    for name in archive.namelist():
        if name.startswith("ppt/comments/"):
            for text in within(parsed(archive.read(name)), "text", "txBody"):
                yield Hidden("comment", text_of(text))
