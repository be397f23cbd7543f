"""Generations of the indexes: the one that serves, the next one while it is built, the one before.

A tenant's spaces change to a generation of one number together, in one transaction. What a generation holds is made by
ingestion; vectors are not touched here.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from service.core import counts, rows, schema
from service.core.database import reading, writing
from service.core.lexical import Lexical
from service.core.types import Chunk, Document, Generation, GenerationState, Index, IndexedChunk, IndexRecipe


class Generations:
    """Reads and writes of generations. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine, lexical: Lexical) -> None:
        self._engine = engine
        self._lexical = lexical

    def of(self, tenant: str) -> list[Generation]:
        """Every generation of a tenant's spaces, by space and number."""
        with reading(self._engine) as connection:
            return [
                Generation(
                    Index(row.tenant, row.space, row.generation),
                    "serving" if row.serves else row.state,
                    rows.recipe_of(row),
                    row.chunks,
                )
                for row in connection.execute(counts.generations(tenant))
            ]

    def start(self, tenant: str, recipe: IndexRecipe) -> int:
        """The number of the generation to build: a new one above all others, empty in every space."""
        table = schema.generations
        with writing(self._engine) as connection:
            highest = connection.execute(select(func.max(table.c.generation)).where(table.c.tenant == tenant)).scalar()
            number = (highest or 0) + 1
            for name in self._spaces(connection, tenant):
                self.add(connection, Index(tenant, name, number), recipe, "building")
        return number

    def join(self, tenant: str, number: int, recipe: IndexRecipe) -> None:
        """Give spaces that are newer than the start of a generation their place in it, empty."""
        table = schema.generations
        ours = select(table.c.space).where(table.c.tenant == tenant, table.c.generation == number)
        with writing(self._engine) as connection:
            known = set(connection.execute(ours).scalars())
            for name in self._spaces(connection, tenant):
                if name not in known:
                    self.add(connection, Index(tenant, name, number), recipe, "building")

    def lacking(self, index: Index) -> list[str]:
        """Ids of the space's current documents that have no chunk in this generation, by source."""
        table, chunks = schema.documents, schema.chunks
        present = select(chunks.c.document_id).where(chunks.c.generation == index.generation)
        query = rows.where_space(select(table.c.id), table.c, index.tenant, index.space)
        query = query.where(table.c.standing == "current", table.c.id.not_in(present)).order_by(table.c.source)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def put(self, index: Index, document: Document, chunks: Sequence[Chunk], made: Mapping[str, IndexedChunk]) -> bool:
        """Write a document's chunks in a generation that does not serve; False when the document changed meanwhile."""
        with writing(self._engine) as connection:
            row = connection.execute(select(schema.documents).where(schema.documents.c.id == document.id)).first()
            if row is None or (row.text, row.standing) != (document.text, "current"):
                return False
            self.add_chunks(connection, index, [made[chunk.id] for chunk in chunks])
        return True

    def mark(self, tenant: str, number: int, state: GenerationState) -> None:
        """Say of a generation that it is ready, in every space."""
        table = schema.generations
        ours = update(table).where(table.c.tenant == tenant, table.c.generation == number)
        with writing(self._engine) as connection:
            connection.execute(ours.values(state=state))

    def switch(self, tenant: str, number: int) -> None:
        """Answer from this generation in every space from now on, and keep the one before; one transaction."""
        table, spaces = schema.generations, schema.spaces
        served = select(spaces.c.generation).where(spaces.c.tenant == tenant, spaces.c.name == table.c.space)
        with writing(self._engine) as connection:
            before = update(table).where(table.c.tenant == tenant, table.c.generation == served.scalar_subquery())
            connection.execute(before.values(state="retired"))
            after = update(table).where(table.c.tenant == tenant, table.c.generation == number)
            connection.execute(after.values(state="ready"))
            changed = update(spaces).where(spaces.c.tenant == tenant)
            connection.execute(changed.values(generation=number, version=spaces.c.version + 1))

    def drop(self, index: Index) -> None:
        """Forget a generation that does not serve."""
        with writing(self._engine) as connection:
            self._lexical.drop(connection, index)
            connection.execute(delete(schema.chunks).where(rows.chunks_of(index)))
            table = schema.generations
            ours = rows.where_space(delete(table), table.c, index.tenant, index.space)
            connection.execute(ours.where(table.c.generation == index.generation))

    def empty(self, index: Index, recipe: IndexRecipe) -> None:
        """Drop every chunk of a generation that serves, and make it anew with this recipe."""
        self.drop(index)
        with writing(self._engine) as connection:
            self.add(connection, index, recipe, "ready")

    # Inside a transaction

    def add(self, connection: Connection, index: Index, recipe: IndexRecipe, state: GenerationState) -> None:
        """Make a place for a generation in its space."""
        row = {"tenant": index.tenant, "space": index.space, "generation": index.generation, "state": state}
        connection.execute(insert(schema.generations).values(**row, **vars(recipe)))

    def add_chunks(self, connection: Connection, index: Index, added: Sequence[IndexedChunk]) -> None:
        """Add chunks that the index does not hold yet."""
        if added:
            connection.execute(insert(schema.chunks), [rows.chunk_row(index, each) for each in added])
        self._lexical.add(connection, index, added)

    def forget_document(self, connection: Connection, index: Index, document_id: str) -> None:
        """Remove a document's chunks from every generation but this: they cut a text that is no more."""
        table = schema.chunks
        query = select(table.c.id, table.c.generation).where(table.c.document_id == document_id)
        for row in connection.execute(query.where(table.c.generation != index.generation)).all():
            other = Index(index.tenant, index.space, row.generation)
            self._lexical.remove(connection, other, [row.id])
            connection.execute(rows.without_chunk(other, row.id))

    def _spaces(self, connection: Connection, tenant: str) -> list[str]:
        table = schema.spaces
        return list(connection.execute(select(table.c.name).where(table.c.tenant == tenant)).scalars())
