"""HTML to Markdown through markdownify, with tables of our own: a cell that spans several is repeated in each.

What the reader of the page cannot see is taken out first, and what stands around the page's content after that.
"""

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from markdownify import ATX, MarkdownConverter

from ingestion.formats import Converted
from ingestion.formats.furniture import take_out_furniture
from ingestion.formats.table import markdown_table
from ingestion.formats.text import decoded
from ingestion.formats.unseen import take_out_unseen
from ingestion.splitting.outline import outline_of

# Spans beyond these are slips or attacks: HTML itself stops at 1,000 columns.
_MAX_SPAN = 200
_MAX_TABLE_DEPTH = 10
_LAYOUT_ROLES = {"presentation", "none"}
_HEADINGS = re.compile("h[1-6]")
_LINK_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.I)
_DROPPED = ("script", "style", "svg", "noframes")


def convert(data: bytes, source: str) -> Converted:
    """Markdown of a page; its title is the first h1, else the title element. Raises MislabelledFile."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    return convert_page(decoded(data, source, declared))


def convert_page(page: str) -> Converted:
    """Markdown of a page given as text, without scripts, styles and embedded images."""
    soup = BeautifulSoup(page, "html.parser")
    title = soup.title.get_text().strip() if soup.title else ""
    hidden = tuple(take_out_unseen(soup))
    for element in soup(_DROPPED):
        element.decompose()
    take_out_furniture(soup)
    _unwrap_layout(soup)
    body = soup.body or soup
    try:
        text = _Converter().convert_soup(body)
    except RecursionError:
        # Nested deeper than the converter can walk: the text is whole, only its structure is lost.
        return Converted(body.get_text("\n"), title or None, hidden=hidden)
    first = next((heading.text for heading in outline_of(text).headings if heading.level == 1), None)
    return Converted(text, first or title or None, hidden=hidden)


def markdown_of(page: str) -> str:
    """Markdown of HTML that one of our own converters made, in which everything is seen."""
    soup = BeautifulSoup(page, "html.parser")
    _unwrap_layout(soup)
    try:
        return str(_Converter().convert_soup(soup))
    except RecursionError:
        return soup.get_text("\n")


def _unwrap_layout(soup: BeautifulSoup) -> None:
    """Make tables that arrange a page plain blocks: those that say so, frames of one cell, and rows with headings."""
    depths: dict[int, int] = {}
    for table in soup.find_all("table"):
        outer = table.find_parent("table")
        depths[id(table)] = depth = depths.get(id(outer), 0) + 1
        # Each is searched whole, so what lies a hundred deep would be searched a hundred times.
        if depth > _MAX_TABLE_DEPTH:
            continue
        rows = list(_rows_of(table))
        cells = [cell for row in rows for cell in row.find_all(["td", "th"], recursive=False)]
        framed = len(cells) == 1 or (len(rows) == 1 and table.find(_HEADINGS) is not None)
        if framed or table.get("role") in _LAYOUT_ROLES:
            for part in [table, *rows, *cells]:
                part.attrs["data-layout"] = ""
    for part in soup.select("[data-layout]"):
        part.name = "div"


def _rows_of(table: Tag) -> Iterator[Tag]:
    """The rows of the table itself, without those of tables in it."""
    for part in table.find_all(["tr", "thead", "tbody", "tfoot"], recursive=False):
        if part.name == "tr":
            yield part
        else:
            yield from part.find_all("tr", recursive=False)


class _Converter(MarkdownConverter):
    """markdownify with our choices: links only where they lead to a page, no picture's bytes, terms as a list."""

    def __init__(self) -> None:
        super().__init__(heading_style=ATX, bullets="-", escape_asterisks=False, escape_underscores=False)
        self._cells: dict[int, str] = {}

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        el.attrs.pop("title", None)  # a tooltip, which is hidden text
        scheme = _LINK_SCHEME.match(str(el.get("href") or ""))
        if scheme and scheme[1].lower() not in {"http", "https", "file"}:
            return text
        if _HEADINGS.search(" ".join(parent_tags)) and not text.strip():
            return ""
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]  # its types do not name its methods

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # markdownify's signature
        alt = " ".join(str(el.get("alt") or "").split())
        address = str(el.get("src") or "")
        return alt if address.startswith("data:") or not address else f"![{alt}]({address})"

    def convert_input(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # see above
        if el.get("type") == "checkbox":
            return "[x] " if el.has_attr("checked") else "[ ] "
        return ""

    def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # see above
        term = " ".join(text.split())
        return f"\n- **{term}**" if term else ""

    def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # see above
        lines = text.strip().split("\n")
        return "\n  - " + "\n    ".join(lines) if any(lines) else ""

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # see above
        self._cells[id(el)] = text
        return f"{text}\n\n"

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002  # see above
        return text

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "td" in parent_tags or "th" in parent_tags:
            return f"\n\n{text.strip()}\n\n"
        caption = el.find("caption")
        told = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else ""
        return "\n\n" + "\n\n".join(filter(None, (told, markdown_table(self._grid(el))))) + "\n\n"

    def _grid(self, table: Tag) -> list[list[str]]:
        """The table's rows, a spanning cell's text in every place that it covers."""
        placed: dict[tuple[int, int], str] = {}
        rows = list(_rows_of(table))
        for number, row in enumerate(rows):
            column = 0
            for cell in row.find_all(["td", "th"], recursive=False):
                while (number, column) in placed:
                    column += 1
                down, across = _span(cell, "rowspan"), _span(cell, "colspan")
                for below in range(number, min(number + down, len(rows))):
                    placed.update({(below, column + beside): self._cells.get(id(cell), "") for beside in range(across)})
                column += across
        width = 1 + max((column for _, column in placed), default=-1)
        return [[placed.get((number, column), "") for column in range(width)] for number in range(len(rows))]


def _span(cell: Tag, name: str) -> int:
    value: Any = cell.get(name)
    return max(1, min(_MAX_SPAN, int(value))) if isinstance(value, str) and value.strip().isdigit() else 1
