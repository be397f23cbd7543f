"""Markdown as a flat list of blocks, for the formats that are not text (PDF, DOCX, XLSX, CSV).

Knows headings, paragraphs, lists and tables. Inline markup is dropped: only its text stays. Nested lists are flattened.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True)
class Heading:
    """A heading; `level` counts from 1."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class ListItem:
    """One line of a list; `number` is 0 in a bulleted list."""

    text: str
    number: int


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first row is the head."""

    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | ListItem | Table


def parse(markdown: str) -> list[Block]:
    """The blocks of a Markdown text in reading order."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    return list(_walk(tokens))


def _walk(tokens: list[Token]) -> Iterator[Block]:
    counters: list[int] = []
    heading_level, position = 0, 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "table_open":
            end = next(i for i in range(position, len(tokens)) if tokens[i].type == "table_close")
            yield _table(tokens[position:end])
            position = end
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            counters.append(0 if token.type.startswith("ordered") else -1)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
        elif token.type == "list_item_open" and counters[-1] >= 0:
            counters[-1] += 1
        elif token.type == "heading_open":
            heading_level = int(token.tag[1])
        elif token.type == "inline":
            yield _inline_block(plain(token), heading_level, counters)
            heading_level = 0
        position += 1


def _inline_block(text: str, heading_level: int, counters: list[int]) -> Block:
    if heading_level:
        return Heading(heading_level, text)
    if counters:
        return ListItem(text, max(counters[-1], 0))
    return Paragraph(text)


def _table(tokens: list[Token]) -> Table:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(plain(token))
    return Table(tuple(tuple(row) for row in rows))


def plain(token: Token) -> str:
    """The text of an inline token without its markup; a line break becomes a space."""
    pieces = [" " if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or []]
    return "".join(pieces).strip()
