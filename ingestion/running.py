"""Takes out what a paged document repeats on its pages: headers, footers, page numbers.

A line is one if it stands at the same edge of at least half the pages, the same each time or different only in what
counts the pages. Rows of tables stay: the columns' names on each page are what makes the rows readable.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MIN_PAGES = 3
# Left and right pages may differ, so half of them is enough.
SHARE_OF_PAGES = 0.5
# Lines looked at from each edge.
EDGE_LINES = 3
# What is longer is a paragraph that happens to be the same.
MAX_CHARACTERS = 160
# A line of fewer words and a number may count something else: "Step 3".
HEADER_WORDS = 3
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")
_MARKS = re.compile(r"[^\w#]+")
_PAGE_WORDS = {
    *("page", "p", "pg", "seite", "s", "página", "pág", "pag", "pagina", "bladzijde", "blz", "sida", "side", "strona")
}


@dataclass(frozen=True)
class _Line:
    """A line near an edge: its number on the page, and what it is compared by, which tells the edge too."""

    number: int
    said: str
    heading: bool

    @property
    def edge(self) -> str:
        """Top or bottom."""
        return self.said.partition(" ")[0]


def without_running_lines(pages: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The pages without their running lines, and how many lines that took. A heading stays where it stands first."""
    split = [page.split("\n") for page in pages]
    edges = [list(_edges(lines)) for lines in split]
    holding = Counter(said for page in edges for said in {line.said for line in page})
    needed = max(MIN_PAGES, SHARE_OF_PAGES * sum(map(bool, edges)))
    running = {said for said, count in holding.items() if count >= needed}
    seen: set[str] = set()
    removed = 0
    cleaned = []
    for lines, found in zip(split, edges, strict=True):
        outer = [line for line in found if line.said in running and not _inside(line, found, running)]
        gone = {line.number for line in outer if not line.heading or line.said in seen}
        seen |= {line.said for line in found}
        removed += len(gone)
        cleaned.append("\n".join(line for number, line in enumerate(lines) if number not in gone).strip("\n"))
    return tuple(cleaned), removed


def _inside(line: _Line, found: Sequence[_Line], running: set[str]) -> bool:
    """Whether something that stays stands between the line and its edge of the page."""
    same = [each for each in found if each.edge == line.edge]
    return any(each.said not in running for each in same[: same.index(line)])


def _edges(lines: Sequence[str]) -> Iterator[_Line]:
    """The lines at both edges, the outermost first, up to a row of a table or a long line."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for edge, numbers in (("top", filled[:EDGE_LINES]), ("bottom", filled[: -EDGE_LINES - 1 : -1])):
        for number in numbers:
            line = lines[number].strip()
            if len(line) > MAX_CHARACTERS or line.startswith("|"):
                break
            yield _Line(number, f"{edge} {_compared(line)}", line.startswith("#"))


def _compared(line: str) -> str:
    """The line in small letters without marks; its numbers are all the same where they count pages."""
    plain = line.lstrip("# ").casefold()
    masked = _MARKS.sub(" ", _NUMBER.sub("#", plain)).split()
    words = [word for word in masked if "#" not in word]
    counts_pages = not words or not _PAGE_WORDS.isdisjoint(words) or len(words) >= HEADER_WORDS
    may_count = not line.startswith("#") and not line.endswith((".", "!", "?", ":", ";", ","))
    return " ".join(masked) if counts_pages and may_count else _MARKS.sub(" ", plain).strip()
