"""The system of record: spaces, documents, chunks, quarantine, in SQLite or PostgreSQL.

Vectors and lexical tables are derived from what stands here. Every change of a document commits as one transaction
together with its lexical rows and raises the space's version, so a kill at any point leaves whole documents.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, func, insert, select, text

from service.core import counts, rows, schema, signatures
from service.core.database import alone, reading, translated, writing
from service.core.generations import Generations
from service.core.jobs import Jobs
from service.core.keys import Keys
from service.core.lexical import Lexical
from service.core.manifest import Manifest
from service.core.presence import Presence
from service.core.quarantine import Quarantine
from service.core.receipts import Receipts
from service.core.residue import Residue
from service.core.signatures import Signature, Signatures
from service.core.types import (
    Chunk,
    Document,
    DocumentSummary,
    Index,
    IndexedChunk,
    IndexRecipe,
    Policy,
    Scored,
    Space,
    SpaceSize,
    StoredChunk,
)


class Records:
    """Reads and writes of the records database. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine, lexical: Lexical, shadow: bool = False) -> None:
        """`shadow` answers from each space's next generation, which nobody else sees yet."""
        self._engine = engine
        self._lexical = lexical
        self._shadow = shadow
        self.keys = Keys(engine)
        self.quarantine = Quarantine(engine)
        self.manifest = Manifest(engine)
        self.jobs = Jobs(engine)
        self.presence = Presence(engine)
        self.receipts = Receipts(engine)
        self.residue = Residue(engine)
        self.generations = Generations(engine, lexical)
        self.signatures = Signatures(engine)

    # Spaces

    def spaces(self, tenant: str) -> list[Space]:
        """Every space of a tenant, by name."""
        query = rows.spaces_with(self._shadow).where(schema.spaces.c.tenant == tenant).order_by(schema.spaces.c.name)
        with reading(self._engine) as connection:
            return [rows.space_of(row) for row in connection.execute(query)]

    def every_space(self) -> list[Space]:
        """Every space of every tenant: what a question sees when the control `access` is off."""
        with reading(self._engine) as connection:
            query = rows.spaces_with(self._shadow).order_by(schema.spaces.c.tenant, schema.spaces.c.name)
            return [rows.space_of(row) for row in connection.execute(query)]

    def space_sizes(self, tenant: str, names: Sequence[str] | None = None) -> list[SpaceSize]:
        """Every space of a tenant, or those of these names, with what they hold, by name."""
        with reading(self._engine) as connection:
            found = connection.execute(counts.spaces(tenant, names))
            return [SpaceSize(rows.space_of(row), row.documents, row.chunks) for row in found]

    def shadow(self) -> "Records":
        """The same records, answering from each space's next generation; spaces without one are not there."""
        return Records(self._engine, self._lexical, shadow=True)

    def ensure_space(
        self,
        tenant: str,
        name: str,
        recipe: IndexRecipe,
        readers: Set[str] | None = None,
        policy: Policy | None = None,
    ) -> Space:
        """The space that is written to; a new one starts at generation 1, made with this recipe.

        `readers` replaces the groups that may read it and `policy` its policy, before anything is written to it; None
        leaves them as they are, and a new space open to its whole tenant.
        """
        query = rows.where_space(rows.spaces_with(shadow=False), schema.spaces.c, tenant, name)
        with writing(self._engine) as connection:
            if connection.execute(query).first() is None:
                connection.execute(insert(schema.spaces).values(tenant=tenant, name=name, generation=1, version=0))
                self.generations.add(connection, Index(tenant, name, 1), recipe, "ready")
            if readers is not None:
                connection.execute(rows.with_readers(tenant, name, readers))
            if policy is not None:
                connection.execute(rows.with_policy(tenant, name, policy))
            return rows.space_of(connection.execute(query).one())

    def set_policy(self, tenant: str, name: str, policy: Policy) -> bool:
        """Treat a space's documents by this policy from the next ingestion on; False when there is no such space."""
        with writing(self._engine) as connection:
            return connection.execute(rows.with_policy(tenant, name, policy)).rowcount > 0

    def set_readers(self, tenant: str, name: str, readers: Set[str]) -> bool:
        """Let these groups read a space from now on, and no other; False when there is no such space.

        The version stays: it tells what the space says, and a cached answer is found only by who may read all of its
        spaces at that moment.
        """
        with writing(self._engine) as connection:
            return connection.execute(rows.with_readers(tenant, name, readers)).rowcount > 0

    def source_path(self, tenant: str, space: str, name: str) -> str | None:
        """The folder that a source name stood for at its last ingestion."""
        query = rows.where_space(select(schema.sources.c.path), schema.sources.c, tenant, space)
        with reading(self._engine) as connection:
            return connection.execute(query.where(schema.sources.c.name == name)).scalar()

    def set_source_path(self, tenant: str, space: str, name: str, path: str) -> None:
        """Remember the folder behind a source name."""
        with writing(self._engine) as connection:
            connection.execute(
                rows.where_space(delete(schema.sources), schema.sources.c, tenant, space).where(
                    schema.sources.c.name == name
                )
            )
            connection.execute(insert(schema.sources).values(tenant=tenant, space=space, name=name, path=path))

    # Documents

    def documents(self, tenant: str, spaces: Sequence[str]) -> list[DocumentSummary]:
        """Every document of some spaces, without its text, by space and source."""
        with reading(self._engine) as connection:
            return [rows.summary_of(row) for row in connection.execute(counts.documents(tenant, spaces))]

    def document(self, tenant: str, document_id: str, spaces: Sequence[str] | None = None) -> Document | None:
        """A document with its text, or None when the tenant has none of that id, or none in these spaces."""
        table = schema.documents
        query = select(table).where(table.c.tenant == tenant, table.c.id == document_id)
        if spaces is not None:
            query = query.where(table.c.space.in_(spaces))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return rows.document_of(row) if row else None

    def origins(self, tenant: str, space: str, origin: str | None = None) -> dict[str, str]:
        """Source → file that it came from, of every document of a space, or of those of one file."""
        table = schema.documents
        query = rows.where_space(select(table.c.source, table.c.origin), table.c, tenant, space)
        if origin is not None:
            query = query.where(table.c.origin == origin)
        with reading(self._engine) as connection:
            return {row.source: row.origin for row in connection.execute(query)}

    def write_document(
        self,
        index: Index,
        document: Document,
        chunks: Sequence[Chunk],
        fresh: Mapping[str, IndexedChunk],
        signature: Signature | None = None,
    ) -> list[str]:
        """Replace a document and exactly the chunks that changed; returns the ids of chunks that are gone.

        `chunks` are all of the document's chunks, none unless it is current; `fresh` holds vectors and text of those
        that the index lacks, by id. Without a `signature` the one that is kept stays.
        """
        with writing(self._engine) as connection:
            kept = list(connection.execute(rows.chunk_ids_of(index, document.id)).scalars())
            gone = [each for each in kept if each not in {chunk.id for chunk in chunks}]
            self._remove_chunks(connection, index, gone)
            if not chunks or rows.text_of(connection, document.id) != document.text:
                self.generations.forget_document(connection, index, document.id)
            rows.put_document(connection, document)
            if signature is not None:
                signatures.put(connection, document, signature)
            for chunk in chunks:
                if chunk.id in kept:
                    connection.execute(rows.moved(index, chunk))
            self.generations.add_chunks(connection, index, [fresh[each.id] for each in chunks if each.id not in kept])
            rows.forget_held(connection, index, document.source)
            rows.raise_version(connection, index)
        return gone

    def remove_document(self, index: Index, document_id: str) -> list[str]:
        """Remove a document and its chunks in every generation; returns the index's chunk ids, for the vector index."""
        with writing(self._engine) as connection:
            gone = list(connection.execute(rows.chunk_ids_of(index, document_id)).scalars())
            self._remove_chunks(connection, index, gone)
            self.generations.forget_document(connection, index, document_id)
            connection.execute(delete(schema.documents).where(schema.documents.c.id == document_id))
            rows.raise_version(connection, index)
        return gone

    @contextmanager
    def alone(self, tenant: str) -> Iterator[None]:
        """Be the only one that commits to a tenant's spaces.

        What another has written and not committed looks like a stray, and two copies committed at once would both be
        current. Preparing documents needs no lock.
        """
        with translated(self._engine), alone(self._engine, f"writes.{tenant}"):
            yield

    # Chunks

    def chunk_ids(self, index: Index, document_id: str | None = None) -> set[str]:
        """Ids of an index's chunks, or of one document's in it."""
        with reading(self._engine) as connection:
            return set(connection.execute(rows.chunk_ids_of(index, document_id)).scalars())

    def chunks(self, indexes: Sequence[Index], ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Chunks of some indexes by id, with their text cut from the document; unknown ids are left out."""
        columns = (schema.documents.c.space, schema.documents.c.source, schema.documents.c.title, schema.chunks)
        body = func.substr(
            schema.documents.c.text, schema.chunks.c.start + 1, schema.chunks.c.end - schema.chunks.c.start
        )
        query = (
            select(*columns, body.label("body"))
            .join(schema.documents)
            .where(schema.chunks.c.id.in_(ids), rows.in_indexes(indexes))
        )
        with reading(self._engine) as connection:
            return {row.id: rows.stored_chunk(row) for row in connection.execute(query)}

    def text_between(self, document_id: str, start: int, end: int) -> str:
        """Characters `start` to `end` of a document's text; empty when it is not there."""
        table = schema.documents
        query = select(func.substr(table.c.text, start + 1, end - start)).where(table.c.id == document_id)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar() or ""

    def documents_of(self, index: Index, chunks: Sequence[str]) -> dict[str, str]:
        """Chunk's id → its document's id, for some chunks of an index; unknown ids are left out."""
        table = schema.chunks
        query = select(table.c.id, table.c.document_id).where(
            table.c.id.in_(chunks), table.c.generation == index.generation
        )
        with reading(self._engine) as connection:
            return {row.id: row.document_id for row in connection.execute(query)}

    def search(self, indexes: Sequence[Index], question: str, limit: int) -> list[list[Scored]]:
        """Lexical search in each of some indexes, on one connection."""
        with reading(self._engine) as connection:
            return [self._lexical.search(connection, index, question, limit) for index in indexes]

    def holders(self, indexes: Sequence[Index], words: Collection[str]) -> dict[str, int]:
        """How many chunks of some indexes hold each of some words, by their stem; others are left out."""
        total = Counter[str]()
        with reading(self._engine) as connection:
            for index in indexes:
                total.update(self._lexical.holders(connection, index, words))
        return dict(total)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def ping(self) -> None:
        """Raise RecordsUnavailable or RecordsDamaged unless the database answers."""
        with reading(self._engine) as connection:
            connection.execute(text("SELECT 1 FROM spaces LIMIT 1"))

    # Inside a transaction

    def _remove_chunks(self, connection: Connection, index: Index, ids: Sequence[str]) -> None:
        self._lexical.remove(connection, index, ids)
        for chunk_id in ids:
            connection.execute(rows.without_chunk(index, chunk_id))
