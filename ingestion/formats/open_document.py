"""ODT, ODS and ODP to Markdown: content.xml becomes plain HTML, which goes through the HTML converter.

Of styles only those are read that hide: text not displayed, white, or too small to read. Pictures go.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from html import escape
from io import BytesIO
from zipfile import ZipFile

from lxml import etree

from ingestion.formats import Converted, Hidden, HiddenKind
from ingestion.formats.grid import Cells, sheet_markdown
from ingestion.formats.html import markdown_of
from ingestion.formats.markup import attribute, local, parsed, text_of, within
from ingestion.formats.open_document_styles import Styles, styles_of
from ingestion.title import title_of_name

_DRAWING = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
_MAX_REPEATED = 1_000
_MAX_SPACES = 100
_SKIPPED = {
    "tracked-changes",
    "sequence-decls",
    "annotation-end",
    "forms",
    "notes",
    "variable-decls",
    "table-of-content",
}
_HIDING = {"hidden-text", "hidden-paragraph"}
_TOLD = {"title", "subject", "description", "keyword"}


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a text, a spreadsheet sheet by sheet, or a presentation page by page."""
    with ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        root = parsed(archive.read("content.xml"))
        styles = styles_of(root, parsed(archive.read("styles.xml")) if "styles.xml" in names else None)
        hidden = list(_metadata(archive)) if "meta.xml" in names else []
    writer = _Writer(styles, hidden)
    body = next(within(root, "body"))
    kind = local(body[0])
    if kind == "spreadsheet":
        text, title = "\n\n".join(_sheets(body[0], styles, hidden)), title_of_name(source)
        return Converted(text, title, hidden=_told(hidden))
    if kind == "presentation":
        pages = tuple(markdown_of(writer.page(page)).strip() for page in within(body, "page"))
        return Converted("\n\n".join(filter(None, pages)), pages=pages, hidden=_told(hidden))
    return Converted(markdown_of(writer.children(body[0])), hidden=_told(hidden))


class _Writer:
    """From elements of OpenDocument to HTML; what is not seen goes to `hidden`."""

    def __init__(self, styles: Styles, hidden: list[Hidden]) -> None:
        self._styles = styles
        self._hidden = hidden
        self._lists: list[str] = []

    def page(self, page: etree._Element) -> str:
        name = attribute(page, "style-name") or ""
        written = self.children(page)
        if name in self._styles.hidden_pages:
            self._hidden.append(Hidden("hidden-sheet", text_of(page)))
            return ""
        return written

    def children(self, element: etree._Element) -> str:
        inner = [escape(element.text or "")]
        for each in element:
            inner.append(self._element(each))
            inner.append(escape(each.tail or ""))
        return "".join(inner)

    def _element(self, element: etree._Element) -> str:
        name = local(element)
        if not name or name in _SKIPPED:
            return ""
        style = attribute(element, "style-name") or ""
        hides = name in _HIDING or style in self._styles.unseen or self._is_white(element, style)
        if name in _HIDING | {"p", "h", "span"} and hides:
            return self._told("invisible", element)
        write = self._writers.get(name)
        return write(element, style) if write else self.children(element)

    @cached_property
    def _writers(self) -> dict[str, Callable[[etree._Element, str], str]]:
        return {
            "annotation": lambda element, _: self._told("comment", element),
            "title": lambda element, _: self._told("alt-text", element),
            "desc": lambda element, _: self._told("alt-text", element) or f"<p>{escape(text_of(element))}</p>",
            "h": self._heading,
            "p": self._paragraph,
            "list": self._list,
            "list-item": lambda element, _: f"<li>{self.children(element)}</li>",
            "list-header": lambda element, _: f"<li>{self.children(element)}</li>",
            "span": lambda element, style: self._styles.emphasised(style, self.children(element)),
            "a": self._link,
            "s": lambda element, _: " " * min(_MAX_SPACES, int(attribute(element, "c") or 1)),
            "tab": lambda *_: " ",
            "line-break": lambda *_: "<br>",
            "table": self._table,
            "frame": self._frame,
        }

    def _told(self, kind: HiddenKind, element: etree._Element) -> str:
        self._hidden.append(Hidden(kind, text_of(element)))
        return ""

    def _heading(self, element: etree._Element, _: str) -> str:
        level = min(6, int(attribute(element, "outline-level") or 1))
        return f"<h{level}>{self.children(element)}</h{level}>"

    def _link(self, element: etree._Element, _: str) -> str:
        return f'<a href="{escape(attribute(element, "href") or "")}">{self.children(element)}</a>'

    def _is_white(self, element: etree._Element, style: str) -> bool:
        """Whether it is white on the page itself, and not on a shape or anything with a ground of its own."""
        if style not in self._styles.white:
            return False
        around = [element, *element.iterancestors()]
        return not any(
            (attribute(each, "style-name") or "") in self._styles.coloured or etree.QName(each).namespace == _DRAWING
            for each in around
        )

    def _paragraph(self, element: etree._Element, style: str) -> str:
        inner = self.children(element)
        level = self._styles.heading_level(style)
        return f"<h{level}>{inner}</h{level}>" if level else f"<p>{inner}</p>"

    def _list(self, element: etree._Element, style: str) -> str:
        self._lists.append(style or (self._lists[-1] if self._lists else ""))
        tag = "ol" if self._styles.is_numbered(self._lists[-1], len(self._lists)) else "ul"
        inner = "".join(self._element(each) for each in element)
        self._lists.pop()
        return f"<{tag}>{inner}</{tag}>"

    def _frame(self, element: etree._Element, _: str) -> str:
        inner = self.children(element)
        return f"<h1>{text_of(element)}</h1>" if attribute(element, "class") in {"title", "heading"} else inner

    def _table(self, element: etree._Element, _: str) -> str:
        rows = []
        for row in within(element, "table-row"):
            if next(row.iterancestors(element.tag), None) is not element:
                continue
            cells = "".join(self._cell(cell) for cell in row if local(cell) == "table-cell")
            rows.append(f"<tr>{cells}</tr>")
        return f"<table>{''.join(rows)}</table>"

    def _cell(self, cell: etree._Element) -> str:
        across, down = (attribute(cell, f"number-{each}-spanned") or "1" for each in ("columns", "rows"))
        written = f'<td colspan="{escape(across)}" rowspan="{escape(down)}">{self.children(cell)}</td>'
        return written * min(_MAX_REPEATED, int(attribute(cell, "number-columns-repeated") or 1))


def _sheets(body: etree._Element, styles: Styles, hidden: list[Hidden]) -> Iterator[str]:
    for sheet in within(body, "table"):
        if next(sheet.iterancestors(sheet.tag), None) is not None:
            continue
        name = attribute(sheet, "name") or ""
        tables = sheet_markdown(_cells(sheet, hidden))
        if (attribute(sheet, "style-name") or "") in styles.hidden_tables:
            hidden.append(Hidden("hidden-sheet", tables))
        elif tables:
            yield f"## {name}\n\n{tables}"


def _cells(sheet: etree._Element, hidden: list[Hidden]) -> Cells:
    """Texts by place, without those in hidden rows; what is repeated without end is empty in every file seen."""
    cells: Cells = {}
    number = 0
    for row in within(sheet, "table-row"):
        texts = list(_row(row, hidden))
        if attribute(row, "visibility") == "collapse":
            hidden.append(Hidden("hidden-sheet", " ".join(text for _, text in texts)))
            texts = []
        for _ in range(min(_MAX_REPEATED, int(attribute(row, "number-rows-repeated") or 1))):
            cells.update({(number, column): text for column, text in texts})
            number += 1
    return cells


def _row(row: etree._Element, hidden: list[Hidden]) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row:
        if local(cell) not in {"table-cell", "covered-table-cell"}:
            continue
        for note in list(within(cell, "annotation")):
            hidden.append(Hidden("comment", text_of(note)))
            cell.remove(note)
        text = " ".join(text_of(line) for line in within(cell, "p"))
        times = int(attribute(cell, "number-columns-repeated") or 1)
        if text:
            yield from ((column + each, text) for each in range(min(_MAX_REPEATED, times)))
        column += times


def _metadata(archive: ZipFile) -> Iterator[Hidden]:
    for element in parsed(archive.read("meta.xml")).iter(etree.Element):
        if local(element) in _TOLD and text_of(element):
            yield Hidden("metadata", text_of(element))


def _told(hidden: list[Hidden]) -> tuple[Hidden, ...]:
    return tuple(each for each in hidden if each.text.strip())
