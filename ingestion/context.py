"""The context of a piece: what it would lose by being cut out of its document.

That is the document's title, the headings that it stands under, and inside a table the table's first row.
"""

from bisect import bisect_right
from collections.abc import Sequence

from ingestion.outline import Heading, Outline
from ingestion.ruler import Ruler

SEPARATOR = " > "
# A title and two or three headings; with a piece of 200 tokens and the special ones it fits an encoder of 256.
MAX_PATH_TOKENS = 48
# No more than this is looked at: a word of any length is one token to some tokenizers.
_MAX_PATH_CHARACTERS = 480
_MAX_HEAD_CHARACTERS = 1_000


class Contexts:
    """The contexts of one document's pieces, measured with one tokenizer."""

    def __init__(self, title: str, outline: Outline, ruler: Ruler, max_tokens: int) -> None:
        """`max_tokens` is what a piece and its context may have together."""
        self._ruler = ruler
        self._max_tokens = max_tokens
        self._tables = outline.tables
        self._table_starts = [table.start for table in outline.tables]
        self._heading_starts = [heading.start for heading in outline.headings]
        self._paths = _paths(title, outline.headings)
        self._written: dict[tuple[str, ...], str] = {}

    def of(self, start: int, body: str) -> str:
        """Title and headings in effect at `start`; a new line with the head of the table that `start` is inside."""
        parts = self._paths[bisect_right(self._heading_starts, start)]
        if parts not in self._written:
            self._written[parts] = self._path(parts)
        path = self._written[parts]
        head = self._table_head(start)
        if not head:
            return path
        room = self._max_tokens - self._ruler.tokens(path) - self._ruler.tokens(body)
        return f"{path}\n{self._ruler.shortened(head, room)}".rstrip("\n")

    def _path(self, parts: tuple[str, ...]) -> str:
        """The parts joined; where they are too long, the outer headings go first, then the end is cut off."""
        kept = list(parts)
        while len(kept) > 2 and self._ruler.tokens(SEPARATOR.join(kept)) > MAX_PATH_TOKENS:
            del kept[1]
        return self._ruler.shortened(SEPARATOR.join(kept)[:_MAX_PATH_CHARACTERS], MAX_PATH_TOKENS)

    def _table_head(self, start: int) -> str:
        number = bisect_right(self._table_starts, start) - 1
        inside = number >= 0 and start < self._tables[number].end
        return self._tables[number].header[:_MAX_HEAD_CHARACTERS] if inside else ""


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
