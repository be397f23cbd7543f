"""What a deletion leaves in the vector index: finds ids in every collection, and takes vectors out of the files.

Chroma 1.5.9 in process keeps the vector of a deleted row in its queue of writes, in the segment's files and in free
pages of its SQLite file, and the folder of a dropped collection on disk. So a collection that lost rows is written
anew. A server's files are out of reach. Chroma's HNSW also writes room that it has not used yet as it found it in the
process's memory, texts included: that room is blanked, in every collection.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from uuid import UUID

import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection

from service.core.errors import IndexDamaged

ROWS_AT_ONCE = 5_000  # as many as Chroma takes in one call
_REWRITTEN = ".rewritten"
_LIMIT_SECONDS = 600
# How hnswlib begins its header: version, offset of the lowest level, rows there is room for, rows, bytes of a row.
_HEADER = Struct("<i6Q")
_LENGTH_BYTES = 4  # of what length.bin says of a row
# Vacuums the file and prints the segments that it knows. In a process of its own: a second SQLite library that closes
# the file in this one would drop the first one's locks.
_VACUUM = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("VACUUM")
print(*(row[0] for row in connection.execute("SELECT id FROM segments")))
"""


class VectorResidue:
    """Searches and scrubs one Chroma; `folder` None means a server. Made by VectorIndex, whose errors it raises."""

    def __init__(self, client: Client, folder: Path | None, tenant: str) -> None:
        self._client = client
        self._folder = folder
        self._tenant = tenant

    def holding(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Collection → those of the ids that it holds, over the tenant's collections of every generation."""
        found = {}
        for collection in self._collections():
            here = [each for part in _parts(ids) for each in collection.get(ids=part, include=[])["ids"]]
            if here:
                found[collection.name] = here
        return found

    def collections(self) -> int:
        """How many collections the tenant has, of every space and generation."""
        return len(list(self._collections()))

    def take_out(self, ids: Sequence[str]) -> None:
        """Delete ids from every collection."""
        for name, here in self.holding(ids).items():
            collection = self._client.get_collection(name, embedding_function=None)
            for part in _parts(here):
                collection.delete(ids=part)

    def finish_rewriting(self) -> None:
        """Complete what a kill in the middle of `rewrite` left."""
        names = {each.name for each in self._client.list_collections()}
        for name in [each for each in names if each.endswith(_REWRITTEN)]:
            if name.removesuffix(_REWRITTEN) in names:
                self._client.delete_collection(name)
            else:
                copy = self._client.get_collection(name, embedding_function=None)
                copy.modify(name=name.removesuffix(_REWRITTEN))

    def rewrite(self, spaces: Sequence[str]) -> None:
        """Write the collections of some spaces anew, without what was deleted.

        Nobody may read meanwhile, so on a server nothing is rewritten: its files keep deleted vectors, without texts,
        until it compacts them.
        """
        if self._folder is None:
            return
        self.finish_rewriting()
        prefixes = tuple(f"{self._tenant}.{each}." for each in spaces)
        for collection in self._collections():
            if collection.name.startswith(prefixes):
                self._copy(collection)
        known = _vacuumed(self._folder / "chroma.sqlite3")
        for each in self._folder.iterdir():
            if each.is_dir() and _is_uuid(each.name) and each.name not in known:
                shutil.rmtree(each)
            elif (each / "header.bin").is_file():
                _blank_unused(each)

    def _copy(self, collection: Collection) -> None:
        name = collection.name
        copy = self._client.create_collection(
            name + _REWRITTEN,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            metadata=collection.metadata,
        )
        for part in _parts(sorted(collection.get(include=[])["ids"])):
            rows = collection.get(ids=part, include=["embeddings"])
            copy.upsert(ids=rows["ids"], embeddings=np.asarray(rows["embeddings"], dtype=np.float32))
        if copy.count() != collection.count():
            raise IndexDamaged(f"The copy of collection {name!r} is not whole.", "Run the command again.")
        self._client.delete_collection(name)
        copy.modify(name=name)

    def _collections(self) -> Iterator[Collection]:
        for each in self._client.list_collections():
            if each.name.startswith(f"{self._tenant}."):
                yield self._client.get_collection(each.name, embedding_function=None)


def _vacuumed(file: Path) -> set[str]:
    """Write Chroma's SQLite file anew; returns the segments that it knows, of which each has a folder."""
    command = [sys.executable, "-c", _VACUUM, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT_SECONDS)  # noqa: S603
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise IndexDamaged(f"{file} could not be written anew: {reason}.", "Run the command again.")
    return set(done.stdout.split())


def _blank_unused(segment: Path) -> None:
    """Write zeros over the room of a segment's files that no vector uses. Raises IndexDamaged for an unknown layout."""
    version, _, _, used, row_bytes, *_ = _HEADER.unpack((segment / "header.bin").read_bytes()[: _HEADER.size])
    for name, bytes_a_row in (("data_level0.bin", row_bytes), ("length.bin", _LENGTH_BYTES)):
        unused = (segment / name).stat().st_size - used * bytes_a_row
        if version != 1 or unused < 0:
            raise IndexDamaged(f"{segment / name} has another layout than Chroma 1.5.9's.", "Run `ragready reindex`.")
        with (segment / name).open("r+b") as file:
            file.seek(used * bytes_a_row)
            file.write(b"\x00" * unused)


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), ROWS_AT_ONCE):
        yield list(ids[start : start + ROWS_AT_ONCE])
