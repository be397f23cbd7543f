"""BM25 by SQLite's FTS5 with the Porter stemmer: one table an index, in the records' file."""

import re
import unicodedata
from collections.abc import Collection, Sequence

import Stemmer
from sqlalchemy import Connection, text

from service.core.lexical import COMMON_SHARE
from service.core.types import Index, IndexedChunk, Scored

_WORD = re.compile(r"\w+")
_STEMMER = Stemmer.Stemmer("porter")
# SQLite before 3.32 takes 999 parameters a statement.
_WORDS_A_STATEMENT = 500


class SqliteLexical:
    """A lexical index for SQLite; see service.core.lexical."""

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
        words = list(dict.fromkeys(_WORD.findall(question.lower())))
        if not words or not self._exists(connection, index):
            return []
        asked = " OR ".join(f'"{word}"' for word in self._telling(connection, index, words))
        found = _ranked(connection, index, asked, 2 * limit)
        if len(found) == 2 * limit and found[-1].score == found[limit - 1].score:
            found = _ranked(connection, index, asked, -1)  # more are equal than were asked for: their ids decide
        return sorted(found, key=lambda each: (-each.score, each.chunk_id))[:limit]

    def holders(self, connection: Connection, index: Index, words: Collection[str]) -> dict[str, int]:
        """Words are stemmed here as FTS5 stems them."""
        if not words or not self._exists(connection, index):
            return {}
        table = _table(index, "_words")
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table} USING fts5vocab(main, {_table(index)}, row)"
        )
        stems = dict(zip(words, _STEMMER.stemWords([_plain(word) for word in words]), strict=True))
        asked, held = sorted(set(stems.values())), dict[str, int]()
        for start in range(0, len(asked), _WORDS_A_STATEMENT):
            part = asked[start : start + _WORDS_A_STATEMENT]
            marks = ", ".join("?" * len(part))
            rows = connection.exec_driver_sql(
                f"SELECT term, doc FROM temp.{table} WHERE term IN ({marks})", tuple(part)
            )
            held.update((row.term, row.doc) for row in rows)
        return {word: held[stem] for word, stem in stems.items() if stem in held}

    def drop(self, connection: Connection, index: Index) -> None:
        """Drop the index's table."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS temp.{_table(index, '_words')}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_table(index)}")

    def _telling(self, connection: Connection, index: Index, words: Sequence[str]) -> Sequence[str]:
        """The words that not most chunks hold, or all when there is no such word."""
        chunks = connection.execute(text(f"SELECT count(*) FROM {_table(index, '_docsize')}")).scalar() or 0
        held = self.holders(connection, index, words)
        kept = [word for word in words if held.get(word, 0) <= COMMON_SHARE * chunks]
        return kept if any(word in held for word in kept) else words

    def _exists(self, connection: Connection, index: Index) -> bool:
        found = connection.execute(
            text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": _table(index).strip('"')}
        )
        return found.first() is not None


def _ranked(connection: Connection, index: Index, asked: str, limit: int) -> list[Scored]:
    """The best chunks by bm25(), in no order among equals. Reading every matching chunk's id would double the time."""
    rows = connection.execute(
        text(
            f"SELECT content.c0 AS chunk_id, found.score FROM (SELECT rowid AS row, -bm25({_table(index)}) AS score "
            f"FROM {_table(index)} WHERE {_table(index)} MATCH :asked ORDER BY score DESC LIMIT :limit) AS found "
            f"JOIN {_table(index, '_content')} AS content ON content.id = found.row ORDER BY found.score DESC"
        ),
        {"asked": asked, "limit": limit},
    )
    return [Scored(row.chunk_id, row.score) for row in rows]


def _table(index: Index, suffix: str = "") -> str:
    # Names hold [a-z0-9.-] only (service.core.names), so quoting makes them safe as an identifier.
    return f'"lexical.{index.name}{suffix}"'


def _find_by_id(connection: Connection, index: Index) -> None:
    """Let rows be found by their chunk: FTS5 would read them all. Its own table of contents takes an index."""
    connection.exec_driver_sql(
        f"CREATE INDEX IF NOT EXISTS {_table(index, '_by_chunk')} ON {_table(index, '_content')} (c0)"
    )


def _plain(word: str) -> str:
    """A word as unicode61 keeps it, without diacritics."""
    return "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
