"""What records and retrieval need of a lexical index: BM25 over the chunks of one index, in the caller's transaction.

Each index has statistics of its own, so a score tells nothing about spaces that the caller may not read. SQLite's is
service.core.lexical_sqlite, PostgreSQL's service.core.lexical_postgres.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from sqlalchemy import Connection

from service.core.types import Index, IndexedChunk, Scored

# BM25's parameters as in Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), and
# as fixed in SQLite's bm25().
K1, B = 1.2, 0.75
# A word that more of the chunks hold tells nothing (SQLite's bm25() gives it a weight of a millionth), and its chunks
# would all be ranked: it is asked for only when the question has no other.
COMMON_SHARE = 0.5


class Lexical(Protocol):
    """A lexical index behind five verbs."""

    def add(self, connection: Connection, index: Index, chunks: Sequence[IndexedChunk]) -> None:
        """Add chunks that the index does not hold yet."""

    def remove(self, connection: Connection, index: Index, chunk_ids: Sequence[str]) -> None:
        """Remove chunks; unknown ids are passed over."""

    def search(self, connection: Connection, index: Index, question: str, limit: int) -> list[Scored]:
        """At most `limit` chunks that share a word with the question that not most chunks hold, best first."""

    def holders(self, connection: Connection, index: Index, words: Collection[str]) -> dict[str, int]:
        """How many chunks hold each of some words, by their stem; words that none holds are left out."""

    def drop(self, connection: Connection, index: Index) -> None:
        """Forget the index."""
