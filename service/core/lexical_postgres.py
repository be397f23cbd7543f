"""BM25 over lexemes that PostgreSQL's English text search makes; its own ts_rank knows no document frequencies.

A table of postings is the inverted index, and a row an index keeps how many chunks and lexemes it holds.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, text

from service.core.lexical import COMMON_SHARE, K1, B
from service.core.types import Index, IndexedChunk, Scored


class PostgresLexical:
    """A lexical index for PostgreSQL; see service.core.lexical."""

    def add(self, connection: Connection, index: Index, chunks: Sequence[IndexedChunk]) -> None:
        """Count each chunk's lexemes, those of title and headings among them."""
        if chunks:
            connection.execute(
                _ADD,
                [
                    {"index": index.name, "id": each.chunk.id, "text": f"{each.chunk.context}\n{each.text}"}
                    for each in chunks
                ],
            )
            _count(connection, index.name, [each.chunk.id for each in chunks], 1)

    def remove(self, connection: Connection, index: Index, chunk_ids: Sequence[str]) -> None:
        """Remove chunks by id."""
        if chunk_ids:
            _remove(connection, index.name, chunk_ids)

    def search(self, connection: Connection, index: Index, question: str, limit: int) -> list[Scored]:
        """BM25 summed over the question's lexemes; a chunk's length counts its lexemes."""
        rows = connection.execute(
            _SEARCH,
            {"index": index.name, "question": question, "limit": limit, "k1": K1, "b": B, "common": COMMON_SHARE},
        )
        return [Scored(row.chunk_id, float(row.score)) for row in rows]

    def holders(self, connection: Connection, index: Index, words: Collection[str]) -> dict[str, int]:
        """Stop words, of which no postings are kept, count as held by every chunk."""
        rows = connection.execute(_HOLDERS, {"index": index.name, "words": list(words)})
        return {row.word: row.holders for row in rows if row.holders}

    def drop(self, connection: Connection, index: Index) -> None:
        """Forget the index's postings."""
        connection.execute(text("DELETE FROM postings WHERE index_name = :index"), {"index": index.name})
        connection.execute(text("DELETE FROM lexical_sizes WHERE index_name = :index"), {"index": index.name})


def take_out(connection: Connection, chunk_ids: Sequence[str]) -> None:
    """Remove chunks from every index of the database."""
    held = text("SELECT DISTINCT index_name FROM postings WHERE chunk_id = ANY(:ids)")
    for name in connection.execute(held, {"ids": list(chunk_ids)}).scalars().all():
        _remove(connection, name, chunk_ids)


def _remove(connection: Connection, name: str, chunk_ids: Sequence[str]) -> None:
    _count(connection, name, chunk_ids, -1)
    connection.execute(
        text("DELETE FROM postings WHERE index_name = :index AND chunk_id = ANY(:ids)"),
        {"index": name, "ids": list(chunk_ids)},
    )


def _count(connection: Connection, name: str, chunk_ids: Sequence[str], sign: int) -> None:
    """Add what these chunks hold to the size of their index, or take it off."""
    connection.execute(_COUNT, {"index": name, "ids": list(chunk_ids), "sign": sign})


_ADD = text("""
    WITH lexemes AS (
        SELECT lexeme, cardinality(positions) AS frequency
        FROM unnest(to_tsvector('english', CAST(:text AS text)))
    )
    INSERT INTO postings (index_name, lexeme, chunk_id, frequency, length)
    SELECT CAST(:index AS text), lexeme, CAST(:id AS text), frequency, sum(frequency) OVER ()
    FROM lexemes WHERE octet_length(lexeme) < 256
""")

_COUNT = text("""
    INSERT INTO lexical_sizes AS size (index_name, chunks, lexemes)
    SELECT CAST(:index AS text), CAST(:sign AS integer) * count(*), CAST(:sign AS integer) * coalesce(sum(length), 0)
    FROM (SELECT DISTINCT chunk_id, length FROM postings WHERE index_name = :index AND chunk_id = ANY(:ids)) AS each
    ON CONFLICT (index_name) DO UPDATE
    SET chunks = size.chunks + excluded.chunks, lexemes = size.lexemes + excluded.lexemes
""")

_HOLDERS = text("""
    SELECT word, CASE
        WHEN lexeme IS NULL THEN (SELECT chunks FROM lexical_sizes WHERE index_name = :index)
        ELSE (SELECT count(*) FROM postings p WHERE p.index_name = :index AND p.lexeme = each.lexeme)
    END AS holders
    FROM (
        SELECT word, (ts_lexize('english_stem', word))[1] AS lexeme FROM unnest(CAST(:words AS text[])) AS word
    ) AS each
""")

# Counted in double precision: numeric takes most of the time.
_SEARCH = text("""
    WITH whole AS (
        SELECT CAST(chunks AS float8) AS chunks, CAST(lexemes AS float8) / chunks AS mean_length
        FROM lexical_sizes WHERE index_name = :index AND chunks > 0
    ), asked AS MATERIALIZED (
        SELECT lexeme, (
            SELECT count(*) FROM postings p WHERE p.index_name = :index AND p.lexeme = each.lexeme
        ) AS holders
        FROM unnest(to_tsvector('english', CAST(:question AS text))) AS each
    ), rarest AS MATERIALIZED (
        SELECT min(holders) AS holders FROM asked WHERE holders > 0
    ), telling AS MATERIALIZED (
        SELECT lexeme, CAST(ln(1 + (chunks - asked.holders + 0.5) / (asked.holders + 0.5)) AS float8) AS rarity
        FROM asked, rarest, whole
        WHERE asked.holders > 0
        AND (asked.holders <= :common * chunks OR rarest.holders > :common * chunks)
    )
    SELECT chunk_id, sum(
        rarity * frequency * CAST(:k1 + 1 AS float8)
        / (frequency + CAST(:k1 AS float8) * (1 - CAST(:b AS float8) + CAST(:b AS float8) * length / mean_length))
    ) AS score
    FROM telling JOIN postings p USING (lexeme), whole
    WHERE p.index_name = :index GROUP BY chunk_id ORDER BY score DESC, chunk_id LIMIT :limit
""")
