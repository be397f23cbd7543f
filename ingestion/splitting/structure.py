"""Cuts a text where its structure does: before a heading, between blocks, between sentences, rows and list items.

A piece is filled as far as it goes, and ends early only where a section or a block does. A heading stays with what
follows it, and a table's first row with its second. Pieces do not overlap.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingestion.splitting.outline import Outline, Table
from ingestion.splitting.ruler import Ruler, Words
from ingestion.splitting.spans import Span, fitted
from service.core.sentences import sentences

# A piece ends before a heading once it is this full, and between two blocks once it is that full (docs/splitting.md).
HEADING_FILL = 0.5
BLOCK_FILL = 0.9
# Rows are little text each, and a piece of many rows is like none of them.
ROWS_SHARE = 0.5


@dataclass(frozen=True)
class Structure:
    """A text with the offsets at which it may be cut, in order, and those of them that start a block or a section."""

    text: str
    ruler: Ruler
    words: Words
    cuts: list[int]
    blocks: list[int]
    sections: list[int]
    tables: tuple[Table, ...]

    def tokens(self, start: int, end: int) -> int:
        """Tokens of text[start:end], as they were counted in the whole text."""
        first, last = (bisect_left(self.words.starts, at) for at in (start, end))
        return self.words.tokens[last] - self.words.tokens[first]

    def pieces(self, span: Span, max_tokens: int) -> Iterator[Span]:
        """Spans of at most `max_tokens` tokens, in order."""
        return fitted(self.text, self._packed(span, max_tokens), self.ruler, max_tokens)

    def _packed(self, span: Span, max_tokens: int) -> Iterator[Span]:
        start = span.start
        while start < span.end:
            end = self._end(start, span.end, max_tokens)
            yield Span(start, end)
            start = end

    def _end(self, start: int, limit: int, max_tokens: int) -> int:
        """Where the piece that begins at `start` ends: at a cut, or beyond the limit where no cut is before it."""
        max_tokens = self._with_few_rows(start, max_tokens)
        if self.tokens(start, limit) <= max_tokens:
            return limit
        reach = self._reach(start, max_tokens)
        for cuts, fill in ((self.sections, HEADING_FILL), (self.blocks, BLOCK_FILL), (self.cuts, 0.0)):
            last = bisect_right(cuts, reach) - 1
            while last >= 0 and cuts[last] > start and self.tokens(start, cuts[last]) >= fill * max_tokens:
                if self.ruler.tokens(self.text[start : cuts[last]]) <= max_tokens:
                    return cuts[last]
                last -= 1
        following = bisect_right(self.cuts, start)
        return min(self.cuts[following] if following < len(self.cuts) else limit, limit)

    def _reach(self, start: int, max_tokens: int) -> int:
        """The last offset before which there are no more than `max_tokens` tokens."""
        word = bisect_left(self.words.starts, start)
        return self.words.starts[bisect_right(self.words.tokens, self.words.tokens[word] + max_tokens) - 1]

    def _with_few_rows(self, start: int, max_tokens: int) -> int:
        """The limit of a piece that begins at `start`: less where it would hold a part of a table."""
        few = round(max_tokens * ROWS_SHARE)
        number = bisect_right(self.tables, start, key=lambda table: table.end)
        reach = self._reach(start, max_tokens)
        for table in self.tables[number:]:
            if table.head >= reach:
                break
            if table.head <= start and self.tokens(start, table.end) > few:
                return few
            if table.head > start and table.end > reach:
                return max(few, self.tokens(start, table.head))
        return max_tokens


def structure_of(text: str, outline: Outline, ruler: Ruler) -> Structure:
    """Where a text may be cut: not behind a heading or a table's first row, nor before headings with nothing below."""
    headings = outline.headings
    ends = [each.end for each in headings]

    def beneath_heading(at: int) -> bool:
        above = bisect_right(ends, at) - 1
        return above >= 0 and not text[ends[above] : at].strip()

    bare = {each.start for each in headings[_with_text_below(text, outline) :]}
    forbidden = bare | {each.start for each in outline.tables}
    sections = [each.start for each in headings if each.start not in forbidden and not beneath_heading(each.start)]
    allowed = {at for at in outline.blocks if at not in forbidden and not beneath_heading(at)}
    blocks = sorted(allowed.union(sections))
    rest = (each.start for each in sentences(text))
    cuts = sorted(allowed.union(at for at in rest if at not in forbidden and not beneath_heading(at)))
    return Structure(text, ruler, ruler.words(text), cuts, blocks, sections, outline.tables)


def _with_text_below(text: str, outline: Outline) -> int:
    """How many headings there are without those at the end that nothing follows."""
    number, end = len(outline.headings), len(text)
    while number and not text[outline.headings[number - 1].end : end].strip():
        number -= 1
        end = outline.headings[number].start
    return number


def smaller(spans: Iterable[Span], lacking: Callable[[Span], int], structure: Structure) -> Iterator[Span]:
    """The spans, with each that lacks room for its context cut into smaller ones, no smaller than a quarter."""
    for span in spans:
        if tokens := lacking(span):
            size = structure.ruler.tokens(structure.text[span.start : span.end])
            yield from structure.pieces(span, max(size - tokens, size // 4, 1))
        else:
            yield span
