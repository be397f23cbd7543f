"""What a deletion leaves in the records database: finds it in every table, and takes it out of the files.

SQLite keeps deleted rows in free pages, in segments of FTS5 and in the write-ahead log; PostgreSQL keeps them until
VACUUM, and its own log and backups keep them longer. What is to be removed is decided elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Row, TextClause, bindparam, text

from service.core import lexical_postgres
from service.core.database import translated

_IDS_A_STATEMENT = 500
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_TEXTS = (
    "SELECT id, tenant, space, source, origin, title, text, CAST(meta AS TEXT) AS meta, content_hash, "
    "'' AS reason, standing, in_favour_of FROM documents ORDER BY id",
    "SELECT id, tenant, space, source, origin, title, text, CAST(meta AS TEXT) AS meta, content_hash, "
    "reason, 'held' AS standing, NULL AS in_favour_of FROM quarantine ORDER BY id",
)
_ROWS_AT_ONCE = 200
_TEXT_COLUMNS = """
    SELECT table_schema, table_name, column_name FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
    AND data_type IN ('text', 'character varying', 'json', 'jsonb') ORDER BY 1, 2, ordinal_position
"""
# Tables of which rows were deleted; the others only grow.
_EMPTIED = ("documents", "chunks", "quarantine", "manifest", "postings", "jobs", "uploads")


@dataclass(frozen=True)
class StoredText:
    """A document, or what is held back: then its standing is "held"."""

    id: str
    tenant: str
    space: str
    source: str
    origin: str
    title: str
    text: str
    meta: str
    content_hash: str
    reason: str
    standing: str
    in_favour_of: str | None


@dataclass(frozen=True)
class Rows:
    """Rows of a table, and how many of them hold what was looked for."""

    looked_at: int
    found: int


class Residue:
    """Searches and scrubs the records database. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"

    def texts(self) -> Iterator[StoredText]:
        """Every document and everything in quarantine, of every tenant, one after the other."""
        with self._connected() as connection:
            for query in _TEXTS:
                for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(text(query)):
                    yield StoredText(**row._mapping)

    def chunks(self, documents: Sequence[str]) -> list[str]:
        """Ids of the chunks of some documents, in every generation."""
        query = text("SELECT DISTINCT id FROM chunks WHERE document_id IN :ids").bindparams(_IDS)
        with self._connected() as connection:
            return [row.id for part in _parts(documents) for row in connection.execute(query, {"ids": part})]

    def in_lexical(self, chunks: Sequence[str]) -> int:
        """How many of these chunks the lexical tables hold, in every generation."""
        with self._connected() as connection:
            counted = [
                connection.execute(self._of_chunks("SELECT count(DISTINCT chunk_id)", table), {"ids": part}).scalar()
                for table in self._lexical(connection)
                for part in _parts(chunks)
            ]
        return sum(each or 0 for each in counted)

    def take_out_of_lexical(self, chunks: Sequence[str]) -> None:
        """Remove chunks from the lexical tables of every generation."""
        with translated(self._engine), self._engine.begin() as connection:
            if not self._sqlite:
                lexical_postgres.take_out(connection, chunks)
                return
            for table in self._lexical(connection):
                for part in _parts(chunks):
                    connection.execute(self._of_chunks("DELETE", table), {"ids": part})

    def rows_holding(
        self, tenant: str, ours: Callable[[str], bool], anybodys: Callable[[str], bool]
    ) -> dict[str, Rows]:
        """Table → its rows and those that hold something, over every text column of every table.

        Rows of a table that tells tenants apart are asked for with `ours`, this tenant's alone; the others with
        `anybodys`. A row's texts are looked at as one, with a line break between them.
        """
        found: dict[str, Rows] = {}
        with self._connected() as connection:
            for table, columns in self._text_columns(connection).items():
                # The names come from the database's own catalogue and are quoted.
                query = f"SELECT {', '.join(f'CAST({each} AS TEXT)' for each in columns)} FROM {table}"  # noqa: S608
                apart = '"tenant"' in columns
                where = " WHERE tenant = :tenant" if apart else ""
                asked = {"tenant": tenant} if apart else {}
                rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(text(query + where), asked)
                found[table] = _counted(rows, ours if apart else anybodys)
        return found

    def forget_chunks(self, chunks: Sequence[str]) -> None:
        """Remove chunks of every generation from the records."""
        with translated(self._engine), self._engine.begin() as connection:
            for part in _parts(chunks):
                connection.execute(text("DELETE FROM chunks WHERE id IN :ids").bindparams(_IDS), {"ids": part})

    def forget_jobs(self, jobs: Sequence[str]) -> None:
        """Forget jobs with what they say of their files."""
        with translated(self._engine), self._engine.begin() as connection:
            for part in _parts(jobs):
                connection.execute(text("DELETE FROM jobs WHERE id IN :ids").bindparams(_IDS), {"ids": part})

    def scrub(self, rewrite: bool = False) -> None:
        """Take what was deleted out of the files, as far as the database can.

        `rewrite` lets PostgreSQL write its tables anew, during which nobody can read them. While another process reads,
        SQLite cannot empty its write-ahead log: what stays is found by who searches the files.
        """
        with translated(self._engine), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if self._sqlite:
                self._scrub_sqlite(connection)
            else:
                for table in _EMPTIED:
                    connection.exec_driver_sql(f"VACUUM {'(FULL)' if rewrite else ''} {table}")

    def _scrub_sqlite(self, connection: Connection) -> None:
        for table in self._lexical(connection):
            # One segment holds no markers of deleted rows; the `secure-delete` of FTS5 needs SQLite 3.42.
            connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _lexical(self, connection: Connection) -> list[str]:
        if not self._sqlite:
            return ["postings"]
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5(%'"
        return [f'"{name}"' for name in connection.execute(text(named)).scalars()]

    def _of_chunks(self, verb: str, table: str) -> TextClause:
        # The table's name comes from the catalogue.
        return text(f"{verb} FROM {table} WHERE chunk_id IN :ids").bindparams(_IDS)

    def _text_columns(self, connection: Connection) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if not self._sqlite:
            for schema, table, column in connection.execute(text(_TEXT_COLUMNS)):
                found.setdefault(f'"{schema}"."{table}"', []).append(f'"{column}"')
            return found
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars():
            columns = connection.execute(text(f'PRAGMA table_info("{name}")'))
            # The shadow table of FTS5 that holds its texts has columns of no type.
            texts = [f'"{row.name}"' for row in columns if _is_text(row.type) or name.endswith("_content")]
            if texts and (name.endswith("_content") or not name.startswith("lexical.")):
                found[f'"{name}"'] = texts
        return found

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with translated(self._engine), self._engine.connect() as connection:
            yield connection


def _counted(rows: Iterable[Row[Any]], holds: Callable[[str], bool]) -> Rows:
    """Rows and those that hold something: many are asked about at once, and one by one only where that says yes."""
    looked_at = found = 0
    said = ("\n".join(str(each) for each in row if each is not None) for row in rows)
    while part := list(islice(said, _ROWS_AT_ONCE)):
        looked_at += len(part)
        found += sum(map(holds, part)) if holds("\n".join(part)) else 0
    return Rows(looked_at, found)


def _is_text(column_type: str) -> bool:
    return column_type.upper().startswith(("TEXT", "VARCHAR", "JSON"))


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _IDS_A_STATEMENT):
        yield list(ids[start : start + _IDS_A_STATEMENT])
