"""The sentences of a Markdown text, as spans: prose by sentencex, list items, table rows with their header, code.

A heading is not a sentence: it names what follows and answers nothing. A fenced block of code is one sentence of its
kind. Only `readable` rewrites: it makes the plain sentence that a reader sees from a span.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import sentencex

_HEADING = re.compile(r"\s{0,3}#{1,6}(\s|$)")
_RULE = re.compile(r"[\s|:*_=-]*$")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+)\s*$")
_ENDS_PARAGRAPH = re.compile(r"\s*$|\s{0,3}#{1,6}(\s|$)|\s*(?:[-*+•]|\d{1,3}[.)])\s+\S|\s*\||\s*(\*\s*){3,}$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"(\*\*|__|`)")
_BAR = re.compile(r"(?<!\\)\|")
# From a fence to the next, or to the end where a chunk was cut inside; a bare fence that is not closed is an end.
_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[^`\s][^`\r\n]*)?\r?\n"
    r"(?P<code>.*?)(?:^ {0,3}(?P=fence)[`~]*[ \t]*\r?$|(?(language)\Z|(?!)))",
    re.MULTILINE | re.DOTALL,
)
_HEADED = re.compile(r"\s{0,3}#{1,6}\s+(.+?)\s*#*\s*\n\s*(?=\S)")
_EMPHASIS = re.compile(r"(?<!\w)[*_]([^*_\n]+)[*_](?!\w)")


Kind: TypeAlias = Literal["prose", "item", "row", "code"]


@dataclass(frozen=True)
class Sentence:
    """A span `text[start:end]` that can stand as evidence.

    `header` holds the column names when it is a table row; `above` the spans of the heading and of the table's head
    that it stands under, as far as the text holds them. A block of code is one sentence.
    """

    start: int
    end: int
    header: tuple[str, ...] = ()
    above: tuple[tuple[int, int], ...] = ()
    kind: Kind = "prose"


def sentences(text: str, header: tuple[str, ...] = ()) -> list[Sentence]:
    """Every sentence of `text` in reading order. `header` names the columns when `text` begins inside a table."""
    found: list[Sentence] = []
    heading: tuple[tuple[int, int], ...] = ()
    head: tuple[tuple[int, int], ...] = ()
    for block in _blocks(text):
        span = text[block.start : block.end]
        if block.kind == "heading":
            heading, head, header = ((block.start, block.end),), (), ()
        elif block.kind == "prose":
            head, header = (), ()
            found.extend(_prose(text, block, heading))
        elif block.kind == "code":
            head, header = (), ()
            found.append(Sentence(block.start, block.end, above=heading, kind="code"))
        elif _next_is_rule(text, block.end):
            head, header = ((block.start, block.end),), cells(span)
        elif not _RULE.match(span):
            found.append(Sentence(block.start, block.end, header, heading + head, "row"))
    return found


def readable(text: str, sentence: Sentence) -> str:
    """The sentence without markup; a table row as `column: value` pairs, code as it is.

    A heading that the span begins with names what the sentence speaks of: `heading: sentence`.
    """
    span = text[sentence.start : sentence.end]
    if sentence.kind == "code":
        return span
    if not (sentence.header or span.lstrip().startswith("|")):
        return _plain(_HEADED.sub(r"\1: ", span, count=1) if span.lstrip().startswith("#") else span)
    values = [_plain(cell) for cell in cells(span)]
    names = [_plain(name) for name in sentence.header] + [""] * len(values)
    pairs = [f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value]
    return "; ".join(pairs)


@dataclass(frozen=True)
class _Block:
    """Lines that belong together: a heading, one table row, one list item, one paragraph, or what a fence holds."""

    start: int
    end: int
    kind: Literal["heading", "row", "prose", "code"]


def _blocks(text: str) -> Iterator[_Block]:
    position = 0
    for fenced in _FENCED.finditer(text):
        yield from _markdown(text, position, fenced.start())
        if code := fenced["code"].rstrip():
            yield _Block(fenced.start("code"), fenced.start("code") + len(code), "code")
        position = fenced.end()
    yield from _markdown(text, position, len(text))


def _markdown(text: str, position: int, stop: int) -> Iterator[_Block]:
    """The blocks of text[position:stop], which holds no fenced code."""
    open_block: _Block | None = None
    for line in text[position:stop].splitlines(keepends=True):
        start, end = position, position + len(line.rstrip())
        position += len(line)
        if open_block and _ENDS_PARAGRAPH.match(line):
            yield open_block
            open_block = None
        if line.lstrip().startswith("|"):
            yield _Block(start, end, "row")
        elif _HEADING.match(line):
            yield _Block(start, end, "heading")
        elif _UNDERLINE.match(line):
            if open_block:  # a Setext heading
                yield _Block(open_block.start, open_block.end, "heading")
            open_block = None
        elif not _RULE.match(line):
            open_block = _Block(open_block.start if open_block else start, end, "prose")
    if open_block:
        yield open_block


def _prose(text: str, block: _Block, heading: tuple[tuple[int, int], ...]) -> Iterator[Sentence]:
    marker = _ITEM.match(text, block.start, block.end)
    first = marker.end() if marker else block.start
    for found in sentencex.get_sentence_boundaries("en", text[first : block.end]):
        span = text[first + found["start_index"] : first + found["end_index"]]
        start = first + found["start_index"] + len(span) - len(span.lstrip())
        if span.strip():
            yield Sentence(start, start + len(span.strip()), above=heading, kind="item" if marker else "prose")


def _next_is_rule(text: str, end: int) -> bool:
    following = text[end:].lstrip("\r\n").split("\n", 1)[0]
    return "-" in following and following.lstrip().startswith("|") and bool(_RULE.match(following))


def cells(row: str) -> tuple[str, ...]:
    r"""The cells of a table's row; a bar written as \| is part of its cell."""
    inner = row.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.strip().replace("\\|", "|") for cell in _BAR.split(inner))


def _plain(text: str) -> str:
    text = _EMPHASIS.sub(r"\1", _MARKUP.sub("", _LINK.sub(r"\1", text)))
    return " ".join(text.split())
