"""Rows of the records database from and to the types of the contract, and the statements that several writes share."""

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, insert, select, tuple_, update
from sqlalchemy.sql.dml import Delete, Update

from service.core import schema
from service.core.types import (
    Chunk,
    Document,
    DocumentSummary,
    Index,
    IndexedChunk,
    IndexRecipe,
    Policy,
    Space,
    StoredChunk,
    TokenVectors,
)


def where_space(statement: Any, columns: Any, tenant: str, space: str) -> Any:
    """`statement` limited to one space; spaces are keyed by `name` in their own table and by `space` elsewhere."""
    name = columns.space if "space" in columns else columns.name
    return statement.where(columns.tenant == tenant, name == space)


def in_indexes(indexes: Sequence[Index]) -> ColumnElement[bool]:
    """Condition on chunks joined with documents: the chunk belongs to one of these indexes."""
    table = schema.documents.c
    named = [(index.tenant, index.space, index.generation) for index in indexes]
    return tuple_(table.tenant, table.space, schema.chunks.c.generation).in_(named)


def chunks_of(index: Index) -> ColumnElement[bool]:
    """Condition: the chunk belongs to this index."""
    ours = select(schema.documents.c.id)
    documents = where_space(ours, schema.documents.c, index.tenant, index.space)
    return and_(schema.chunks.c.generation == index.generation, schema.chunks.c.document_id.in_(documents))


def chunk_ids_of(index: Index, document_id: str | None) -> Select[str]:
    """Ids of an index's chunks, or of one document's in it."""
    query = select(schema.chunks.c.id).where(schema.chunks.c.generation == index.generation)
    if document_id is not None:
        return query.where(schema.chunks.c.document_id == document_id)
    ours: Select[str] = where_space(query.join(schema.documents), schema.documents.c, index.tenant, index.space)
    return ours


def raise_version(connection: Connection, index: Index) -> None:
    """Mark that something in the space changed."""
    statement = update(schema.spaces).values(version=schema.spaces.c.version + 1)
    connection.execute(where_space(statement, schema.spaces.c, index.tenant, index.space))


def with_readers(tenant: str, space: str, readers: Set[str]) -> Update:
    """Let these groups read a space, and no other."""
    changed: Update = where_space(update(schema.spaces), schema.spaces.c, tenant, space).values(readers=sorted(readers))
    return changed


def with_policy(tenant: str, space: str, policy: Policy) -> Update:
    """Give a space this policy."""
    changed: Update = where_space(update(schema.spaces), schema.spaces.c, tenant, space).values(
        policy={**vars(policy), "languages": list(policy.languages), "allowed": list(policy.allowed)}
    )
    return changed


def forget_held(connection: Connection, index: Index, source: str) -> None:
    """Forget that a document was held back; that a person released it is remembered."""
    table = schema.quarantine
    ours = where_space(delete(table), table.c, index.tenant, index.space)
    connection.execute(ours.where(table.c.source == source, table.c.state == "held"))


def put_document(connection: Connection, document: Document) -> None:
    """Insert a document, or replace the one of its id."""
    row = {
        **vars(document),
        "ingested_at": datetime.now(UTC),
        "pages": list(document.pages),
        "meta": dict(document.meta),
        "findings": {kind: dict(counts) for kind, counts in document.findings.items()},
    }
    table = schema.documents
    changed = connection.execute(update(table).where(table.c.id == document.id).values(row))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(row))


def moved(index: Index, chunk: Chunk) -> Update:
    """A chunk that says the same as before may stand elsewhere in the document now."""
    table = schema.chunks
    return (
        update(table)
        .where(table.c.id == chunk.id, table.c.generation == index.generation)
        .values(ordinal=chunk.ordinal, start=chunk.start, end=chunk.end, page=chunk.page)
    )


def without_chunk(index: Index, chunk_id: str) -> Delete:
    """Forget one chunk of an index."""
    table = schema.chunks
    return delete(table).where(table.c.id == chunk_id, table.c.generation == index.generation)


def text_of(connection: Connection, document_id: str) -> str | None:
    """A document's text; None when it is not there."""
    table = schema.documents
    return connection.execute(select(table.c.text).where(table.c.id == document_id)).scalar()


def chunk_row(index: Index, each: IndexedChunk) -> dict[str, object]:
    """The row of a chunk with its token vectors as bytes."""
    tokens = each.vectors.tokens
    return {
        **vars(each.chunk),
        "generation": index.generation,
        "token_vectors": tokens.vectors.tobytes(),
        "token_spans": tokens.spans.tobytes(),
    }


def stored_chunk(row: Row[Any]) -> StoredChunk:
    """A chunk from its row, joined with its document."""
    spans = np.frombuffer(row.token_spans, dtype=np.int32).reshape(-1, 2)
    vectors = np.frombuffer(row.token_vectors, dtype=np.int8).reshape(len(spans), -1)
    chunk = Chunk(row.id, row.document_id, row.ordinal, row.start, row.end, row.context, row.page)
    return StoredChunk(chunk, row.body, row.space, row.source, row.title, TokenVectors(vectors, spans))


def spaces_with(shadow: bool) -> Select[Any]:
    """Spaces with the generation that serves, or with their next one; rows for `space_of`."""
    table, generations = schema.spaces, schema.generations
    serves = generations.c.generation == table.c.generation
    wanted = and_(~serves, generations.c.state == "ready") if shadow else serves
    return (
        select(table.c.tenant, table.c.name, table.c.version, table.c.readers, table.c.policy)
        .add_columns(generations.c.generation, generations.c.encoder, generations.c.fingerprint)
        .add_columns(generations.c.splitter, generations.c.max_chunk_tokens)
        .join(generations, and_(generations.c.tenant == table.c.tenant, generations.c.space == table.c.name, wanted))
    )


def space_of(row: Row[Any]) -> Space:
    """A space from a row of `spaces_with`; the row may hold more."""
    policy, readers = policy_of(row.policy), frozenset(row.readers)
    return Space(row.tenant, row.name, row.generation, row.version, readers, policy, recipe_of(row))


def recipe_of(row: Row[Any]) -> IndexRecipe:
    """What a generation was made with, from its row."""
    return IndexRecipe(row.encoder, row.fingerprint, row.splitter, row.max_chunk_tokens)


def policy_of(stored: Mapping[str, Any]) -> Policy:
    """A policy from its column; what it does not say is as by default."""
    lists = {name: tuple(stored.get(name, ())) for name in ("languages", "allowed")}
    return Policy(**{**stored, **lists})


def document_of(row: Row[Any]) -> Document:
    """A document from its row."""
    return Document(**{**row._mapping, "ingested_at": aware(row.ingested_at), "pages": tuple(row.pages)})


def summary_of(row: Row[Any]) -> DocumentSummary:
    """A document's summary from its row of service.core.counts.documents."""
    return DocumentSummary(**{**row._mapping, "ingested_at": aware(row.ingested_at)})


def aware(moment: datetime) -> datetime:
    """A moment with its zone: SQLite gives UTC back without it."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
