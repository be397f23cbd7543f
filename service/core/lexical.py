"""Lexical search: BM25 over the chunks of one index, in the records database and in its transactions.

SQLite keeps one FTS5 table an index; PostgreSQL stems with its text search and ranks from a table of postings, because
its own ts_rank knows no document frequencies. Each index has statistics of its own, so a score tells nothing about
spaces that the caller may not read. Does not search vectors.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection, text

from service.core.types import Index, IndexedChunk, Scored

# Weight of a match in title and headings against one in the body.
CONTEXT_WEIGHT = 1.0
# BM25's parameters as in Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), and
# as fixed in SQLite's bm25().
K1, B = 1.2, 0.75
_WORD = re.compile(r"\w+")


class Lexical(Protocol):
    """What records and retrieval need of a lexical index; every call runs in the caller's transaction."""

    def add(self, connection: Connection, index: Index, chunks: Sequence[IndexedChunk]) -> None:
        """Add chunks that the index does not hold yet."""

    def remove(self, connection: Connection, index: Index, chunk_ids: Sequence[str]) -> None:
        """Remove chunks; unknown ids are passed over."""

    def search(self, connection: Connection, index: Index, question: str, limit: int) -> list[Scored]:
        """At most `limit` chunks that share a word with the question, best first."""

    def drop(self, connection: Connection, index: Index) -> None:
        """Forget the index."""


class SqliteLexical:
    """BM25 by SQLite's FTS5 with the Porter stemmer."""

    def add(self, connection: Connection, index: Index, chunks: Sequence[IndexedChunk]) -> None:
        """Add chunks, creating the index's table at its first chunk."""
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {_table(index)} USING "
            "fts5(chunk_id UNINDEXED, context, body, tokenize = 'porter unicode61')"
        )
        _find_by_id(connection, index)
        if chunks:
            connection.execute(
                text(f"INSERT INTO {_table(index)} (chunk_id, context, body) VALUES (:id, :context, :body)"),
                [{"id": each.chunk.id, "context": each.chunk.context, "body": each.text} for each in chunks],
            )

    def remove(self, connection: Connection, index: Index, chunk_ids: Sequence[str]) -> None:
        """Remove chunks by id."""
        if chunk_ids and self._exists(connection, index):
            _find_by_id(connection, index)
            rows = f"SELECT id FROM {_table(index, '_content')} WHERE c0 = :id"
            connection.execute(
                text(f"DELETE FROM {_table(index)} WHERE rowid IN ({rows})"), [{"id": each} for each in chunk_ids]
            )

    def search(self, connection: Connection, index: Index, question: str, limit: int) -> list[Scored]:
        """FTS5 returns lower-is-better ranks; the sign is turned."""
        words = dict.fromkeys(_WORD.findall(question.lower()))
        if not words or not self._exists(connection, index):
            return []
        rows = connection.execute(
            text(
                f"SELECT chunk_id, -bm25({_table(index)}, 0, {CONTEXT_WEIGHT}, 1.0) AS score FROM {_table(index)} "
                f"WHERE {_table(index)} MATCH :match ORDER BY score DESC, chunk_id LIMIT :limit"
            ),
            {"match": " OR ".join(f'"{word}"' for word in words), "limit": limit},
        )
        return [Scored(row.chunk_id, row.score) for row in rows]

    def drop(self, connection: Connection, index: Index) -> None:
        """Drop the index's table."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_table(index)}")

    def _exists(self, connection: Connection, index: Index) -> bool:
        found = connection.execute(
            text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": _table(index).strip('"')}
        )
        return found.first() is not None


class PostgresLexical:
    """BM25 over lexemes that PostgreSQL's English text search configuration makes."""

    def add(self, connection: Connection, index: Index, chunks: Sequence[IndexedChunk]) -> None:
        """Count each chunk's lexemes, those of title and headings with their own weight."""
        if chunks:
            connection.execute(
                _ADD_POSTINGS,
                [
                    {"index": index.name, "id": each.chunk.id, "text": f"{each.chunk.context}\n{each.text}"}
                    for each in chunks
                ],
            )

    def remove(self, connection: Connection, index: Index, chunk_ids: Sequence[str]) -> None:
        """Remove chunks by id."""
        if chunk_ids:
            connection.execute(
                text("DELETE FROM postings WHERE index_name = :index AND chunk_id = ANY(:ids)"),
                {"index": index.name, "ids": list(chunk_ids)},
            )

    def search(self, connection: Connection, index: Index, question: str, limit: int) -> list[Scored]:
        """BM25 summed over the question's lexemes; a chunk's length counts its lexemes."""
        rows = connection.execute(
            _SEARCH_POSTINGS, {"index": index.name, "question": question, "limit": limit, "k1": K1, "b": B}
        )
        return [Scored(row.chunk_id, float(row.score)) for row in rows]

    def drop(self, connection: Connection, index: Index) -> None:
        """Forget the index's postings."""
        connection.execute(text("DELETE FROM postings WHERE index_name = :index"), {"index": index.name})


def _table(index: Index, suffix: str = "") -> str:
    # Names hold [a-z0-9.-] only (service.core.names), so quoting makes them safe as an identifier.
    return f'"lexical.{index.name}{suffix}"'


def _find_by_id(connection: Connection, index: Index) -> None:
    """Let rows be found by their chunk: FTS5 would read them all. Its own table of contents takes an index."""
    connection.exec_driver_sql(
        f"CREATE INDEX IF NOT EXISTS {_table(index, '_by_chunk')} ON {_table(index, '_content')} (c0)"
    )


_ADD_POSTINGS = text("""
    WITH lexemes AS (
        SELECT lexeme, cardinality(positions) AS frequency
        FROM unnest(to_tsvector('english', CAST(:text AS text)))
    )
    INSERT INTO postings (index_name, lexeme, chunk_id, frequency, length)
    SELECT CAST(:index AS text), lexeme, CAST(:id AS text), frequency, sum(frequency) OVER ()
    FROM lexemes WHERE octet_length(lexeme) < 256
""")

_SEARCH_POSTINGS = text("""
    WITH asked AS (
        SELECT lexeme FROM unnest(to_tsvector('english', CAST(:question AS text)))
    ), whole AS (
        SELECT count(*)::float AS chunks, avg(length)::float AS mean_length
        FROM (SELECT DISTINCT chunk_id, length FROM postings WHERE index_name = :index) AS each
    ), found AS (
        SELECT p.chunk_id, p.frequency, p.length, count(*) OVER (PARTITION BY p.lexeme) AS holders
        FROM postings p JOIN asked USING (lexeme) WHERE p.index_name = :index
    )
    SELECT chunk_id, sum(
        ln(1 + (chunks - holders + 0.5) / (holders + 0.5))
        * frequency * (:k1 + 1) / (frequency + :k1 * (1 - :b + :b * length / mean_length))
    ) AS score
    FROM found, whole GROUP BY chunk_id ORDER BY score DESC, chunk_id LIMIT :limit
""")
