"""The context of a piece: what it would lose by being cut out of its document.

That is the document's title, the headings that it stands under, and inside a table the names of its columns and of the
row that it is cut out of.
"""

from bisect import bisect_right
from collections.abc import Sequence

from ingestion.splitting.outline import Heading, Outline, Table
from ingestion.splitting.ruler import Ruler
from ingestion.splitting.spans import Span
from ingestion.splitting.tables import Head, head_of

SEPARATOR = " > "
# A title and two or three headings; with a piece of 200 tokens and the special ones it fits an encoder of 256.
MAX_PATH_TOKENS = 48
# No more than this is looked at: a word of any length is one token to some tokenizers.
_MAX_PATH_CHARACTERS = 480
_MAX_HEAD_CHARACTERS = 1_000


class Contexts:
    """The contexts of one document's pieces, measured with one tokenizer."""

    def __init__(self, text: str, title: str, outline: Outline, ruler: Ruler, max_tokens: int) -> None:
        """`max_tokens` is what a piece and its context may have together."""
        self._text = text
        self._ruler = ruler
        self._max_tokens = max_tokens
        self._tables = outline.tables
        self._table_starts = [table.start for table in outline.tables]
        self._heading_starts = [heading.start for heading in outline.headings]
        self._paths = _paths(title, outline.headings)
        self._written: dict[tuple[str, ...], str] = {}

    def of(self, span: Span) -> str:
        """Title and headings in effect at the piece's start; below them the head of the table that it starts inside.

        A head for which there is no room loses its last columns.
        """
        path = self.path(span.start)
        table = self.table(span.start)
        if table is None:
            return path
        head = head_of(self._text, table, span)
        named = self._named(path, head)
        room = self._max_tokens - self._ruler.tokens(named) - self._body_tokens(span)
        return "\n".join(filter(None, (named, self._columns(head, room))))

    def lacking(self, span: Span) -> int:
        """Tokens by which the piece is too long for the head of the table that it starts inside, 0 where none is."""
        table = self.table(span.start)
        if table is None:
            return 0
        head = head_of(self._text, table, span)
        wanted = self._ruler.tokens(self._named(self.path(span.start), head)) + self._ruler.tokens(head.line)
        return max(0, wanted + self._body_tokens(span) - self._max_tokens)

    def path(self, start: int) -> str:
        """The title and the headings in effect at `start`."""
        parts = self._paths[bisect_right(self._heading_starts, start)]
        if parts not in self._written:
            self._written[parts] = self._path(parts)
        return self._written[parts]

    def table(self, start: int) -> Table | None:
        """The table whose body `start` is inside."""
        number = bisect_right(self._table_starts, start) - 1
        return self._tables[number] if number >= 0 and start < self._tables[number].end else None

    def _path(self, parts: tuple[str, ...]) -> str:
        """The parts joined; where they are too long, the outer headings go first, then the end is cut off."""
        kept = list(parts)
        while len(kept) > 2 and self._ruler.tokens(SEPARATOR.join(kept)) > MAX_PATH_TOKENS:
            del kept[1]
        return self._ruler.shortened(SEPARATOR.join(kept)[:_MAX_PATH_CHARACTERS], MAX_PATH_TOKENS)

    def _named(self, path: str, head: Head) -> str:
        """The path, with the row's name where another heading would be."""
        name = self._ruler.shortened(head.row[:_MAX_PATH_CHARACTERS], MAX_PATH_TOKENS - self._ruler.tokens(path))
        return SEPARATOR.join(filter(None, (path, name)))

    def _body_tokens(self, span: Span) -> int:
        return self._ruler.tokens(self._text[span.start : span.end])

    def _columns(self, head: Head, room: int) -> str:
        """The names of the columns, from the first on, as many as there is room for."""
        line = head.line
        fitting = self._ruler.shortened(line[:_MAX_HEAD_CHARACTERS], room)
        if fitting == line:
            return line
        bars = fitting.removesuffix("|").rpartition(" | ")[0]
        return f"{bars} |" if bars else ""


def _paths(title: str, headings: Sequence[Heading]) -> list[tuple[str, ...]]:
    """The path before the first heading, then the one from each heading on; the title is not repeated by a heading."""
    root = (title,) if title else ()
    paths: list[tuple[str, ...]] = [root]
    above: list[Heading] = []
    for heading in headings:
        above = [each for each in above if each.level < heading.level] + [heading]
        texts = [each.text for each in above if each.text]
        repeated = bool(texts) and texts[0].casefold() == title.casefold()
        paths.append((*root, *texts[repeated:]))
    return paths
