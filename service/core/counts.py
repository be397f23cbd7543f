"""The statements that count: what spaces and documents hold. They read every chunk, so no question runs them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, select

from service.core import rows, schema


def spaces(tenant: str, names: Sequence[str] | None) -> Select[Any]:
    """A tenant's spaces, or those of these names, by name: the numbers of current documents and of chunks.

    One statement, because another process may make a space or swap its generation between two.
    """
    table = schema.spaces
    held = (schema.documents.c.tenant == table.c.tenant, schema.documents.c.space == table.c.name)
    documents = select(func.count()).where(*held, schema.documents.c.standing == "current").scalar_subquery()
    chunks = (
        select(func.count())
        .select_from(schema.chunks.join(schema.documents))
        .where(*held, schema.chunks.c.generation == schema.generations.c.generation)
        .scalar_subquery()
    )
    query = rows.spaces_with(shadow=False).add_columns(documents.label("documents"), chunks.label("chunks"))
    query = query.where(table.c.tenant == tenant)
    return (query if names is None else query.where(table.c.name.in_(names))).order_by(table.c.name)


def generations(tenant: str) -> Select[Any]:
    """Every generation of a tenant's spaces with its number of chunks, by space and number."""
    table = schema.generations
    chunks = (
        select(func.count())
        .select_from(schema.chunks.join(schema.documents))
        .where(
            schema.documents.c.tenant == table.c.tenant,
            schema.documents.c.space == table.c.space,
            schema.chunks.c.generation == table.c.generation,
        )
        .scalar_subquery()
    )
    spaces = schema.spaces
    ours = and_(spaces.c.tenant == table.c.tenant, spaces.c.name == table.c.space)
    serves = (spaces.c.generation == table.c.generation).label("serves")
    query = select(table, chunks.label("chunks"), serves).join(spaces, ours).where(table.c.tenant == tenant)
    return query.order_by(table.c.space, table.c.generation)


def documents(tenant: str, spaces: Sequence[str]) -> Select[Any]:
    """The documents of some spaces with the numbers of their characters and chunks, by space and source."""
    table = schema.documents
    chunks = (
        select(func.count())
        .select_from(schema.chunks)
        .where(schema.chunks.c.document_id == table.c.id, schema.chunks.c.generation == schema.spaces.c.generation)
        .scalar_subquery()
    )
    return (
        select(table.c.id, table.c.space, table.c.source, table.c.title, table.c.media_type, table.c.ingested_at)
        .add_columns(table.c.origin, table.c.standing, table.c.in_favour_of, table.c.language, table.c.findings)
        .add_columns(func.length(table.c.text).label("characters"), chunks.label("chunks"))
        .join(schema.spaces)
        .where(table.c.tenant == tenant, table.c.space.in_(spaces))
        .order_by(table.c.space, table.c.source)
    )
