"""The vector index: one Chroma collection an Index, in process or on a server.

Derived data: the records say what should be here, and `ragready reindex` writes it anew. A query never opens a
collection that its caller may not read, so there is no filter that could be forgotten.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from service.core.errors import IndexDamaged, IndexUnavailable, InvalidSettings, StorageFull
from service.core.types import Index, Scored, Vector
from service.core.vector_residue import VectorResidue

# Chroma refuses more rows in one call (SQLite's limit on variables divided by six).
MAX_ROWS_PER_CALL = 5_000


class VectorIndex:
    """Chroma behind four verbs. All methods block; IndexUnavailable or IndexDamaged say what failed."""

    def __init__(self, client: Client, where: str) -> None:
        self._client = client
        self._where = where

    def upsert(self, index: Index, ids: Sequence[str], vectors: Vector) -> None:
        """Write unit vectors (len(ids), dimension), replacing those of the same ids."""
        with self._translated():
            collection = self._client.get_or_create_collection(
                index.name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 200}}
            )
            for start in range(0, len(ids), MAX_ROWS_PER_CALL):
                part = slice(start, start + MAX_ROWS_PER_CALL)
                collection.upsert(ids=list(ids[part]), embeddings=np.asarray(vectors[part], dtype=np.float32))

    def search(self, index: Index, vector: Vector, limit: int) -> list[Scored]:
        """The `limit` nearest chunks with their cosine, best first."""
        return self.search_all(index, vector[None, :], limit)[0]

    def search_all(self, index: Index, vectors: Vector, limit: int) -> list[list[Scored]]:
        """The same for several vectors (n, dimension), in one call."""
        with self._translated():
            if (collection := self._collection(index)) is None:
                return [[] for _ in vectors]
            found = collection.query(query_embeddings=vectors, n_results=limit, include=["distances"])
        rows = zip(found["ids"], found["distances"] or [], strict=True)
        return [[Scored(each, 1.0 - far) for each, far in zip(ids, distances, strict=True)] for ids, distances in rows]

    def get(self, index: Index, ids: Sequence[str]) -> dict[str, Vector]:
        """The vectors of some chunks by id; unknown ids are left out."""
        held: dict[str, Vector] = {}
        with self._translated():
            if (collection := self._collection(index)) is not None:
                for start in range(0, len(ids), MAX_ROWS_PER_CALL):
                    found = collection.get(ids=list(ids[start : start + MAX_ROWS_PER_CALL]), include=["embeddings"])
                    held.update(zip(found["ids"], np.asarray(found["embeddings"], dtype=np.float32), strict=True))
        return held

    def remove(self, index: Index, ids: Sequence[str]) -> None:
        """Remove chunks by id; unknown ids are passed over."""
        with self._translated():
            if (collection := self._collection(index)) is not None:
                for start in range(0, len(ids), MAX_ROWS_PER_CALL):
                    collection.delete(ids=list(ids[start : start + MAX_ROWS_PER_CALL]))

    def ids(self, index: Index) -> set[str]:
        """Every chunk id in the index."""
        with self._translated():
            collection = self._collection(index)
            return set(collection.get(include=[])["ids"]) if collection is not None else set()

    def count(self, index: Index) -> int:
        """How many chunks the index holds."""
        with self._translated():
            collection = self._collection(index)
            return collection.count() if collection is not None else 0

    def drop(self, index: Index) -> None:
        """Forget the index."""
        with self._translated():
            if self._collection(index) is not None:
                self._client.delete_collection(index.name)

    @contextmanager
    def residue(self, tenant: str) -> Iterator[VectorResidue]:
        """What erasure needs to look for what a deletion left of a tenant."""
        with self._translated():
            yield VectorResidue(self._client, None if "://" in self._where else Path(self._where), tenant)

    def close(self) -> None:
        """Let go of the client's files and connections."""
        close(self._client)

    def ping(self) -> None:
        """Raise IndexUnavailable or IndexDamaged unless Chroma answers."""
        with self._translated():
            self._client.heartbeat()
            self._client.count_collections()

    def _collection(self, index: Index) -> Collection | None:
        try:
            return self._client.get_collection(index.name, embedding_function=None)
        except NotFoundError:
            return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._where):
            yield


def close(client: Client) -> None:
    """Let go of a client's files, and of its connections, which chromadb 1.5.9 leaves open."""
    servers = (client._server, getattr(client._admin_client, "_server", None))
    client.close()
    for session in (getattr(each, "_session", None) for each in servers):
        if isinstance(session, httpx.Client):
            session.close()


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn Chroma's errors into ours, naming the index and the way out."""
    try:
        yield
    except (httpx.HTTPError, ConnectionError) as error:
        raise IndexUnavailable(f"Chroma at {where} does not answer: {error}.", _SERVER_REMEDY) from error
    except ChromaError as error:
        # Chroma's own SQLite says "disk I/O error" where a file may not grow.
        if any(sign in str(error) for sign in ("full", "No space left", "disk I/O error", "File too large")):
            raise StorageFull(f"{where} could not be written: {error}.", _FULL_REMEDY) from error
        raise IndexDamaged(f"The vector index in {where} cannot be read: {error}.", _DAMAGED_REMEDY) from error
    except ValueError as error:
        if "Could not connect" in str(error):
            raise IndexUnavailable(f"Chroma at {where} does not answer: {error}.", _SERVER_REMEDY) from error
        raise


_SERVER_REMEDY = "Check that the server is running and that RAGREADY_CHROMA_URL is right."
_FULL_REMEDY = "Free some space and run the command again; what was committed before is kept."
_DAMAGED_REMEDY = "Run `ragready reindex`: it builds the index anew from the records."


def set_aside_if_damaged(folder: Path) -> None:
    """Rename an index in process whose file SQLite cannot read, so that the next client starts an empty one."""
    file = folder / "chroma.sqlite3"
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        folder.rename(folder.with_name(f"vectors-damaged-{time.time_ns()}"))


def open_vectors(url: str | None, folder: Path) -> VectorIndex:
    """Chroma in `folder`, or the server at `url`. Raises IndexUnavailable, IndexDamaged, InvalidSettings."""
    quiet = ChromaSettings(anonymized_telemetry=False)
    if url is None:
        with translated(str(folder)):
            return VectorIndex(cast(Client, chromadb.PersistentClient(path=folder, settings=quiet)), str(folder))
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidSettings(f"RAGREADY_CHROMA_URL is {url!r}.", "Write it as http://HOST:PORT, or leave it unset.")
    with translated(url):
        client = chromadb.HttpClient(
            host=parts.hostname, port=parts.port or 8000, ssl=parts.scheme == "https", settings=quiet
        )
        return VectorIndex(cast(Client, client), url)
