"""Receipts of erasures, and the contents that may not come back.

Receipts are kept as they were signed. What one says, and whether its signature holds, is ingestion's.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select

from service.core import schema
from service.core.database import translated


class Receipts:
    """Reads and writes of receipts. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, tenant: str, identity: str, receipt: str) -> None:
        """Keep a receipt; nothing replaces one."""
        row = {"id": identity, "tenant": tenant, "at": datetime.now(UTC), "receipt": receipt}
        with self._write() as connection:
            connection.execute(insert(schema.receipts).values(row))

    def all(self, tenant: str) -> list[str]:
        """Every receipt of a tenant, the oldest first."""
        table = schema.receipts
        query = select(table.c.receipt).where(table.c.tenant == tenant).order_by(table.c.at, table.c.id)
        with translated(self._engine), self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def get(self, tenant: str, identity: str) -> str | None:
        """The receipt of this id, or None."""
        table = schema.receipts
        query = select(table.c.receipt).where(table.c.tenant == tenant, table.c.id == identity)
        with translated(self._engine), self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def block(self, tenant: str, hashes: Collection[str]) -> None:
        """Keep these contents from being ingested again."""
        fresh = set(hashes) - self.blocked(tenant, hashes)
        if fresh:
            now = datetime.now(UTC)
            rows = [{"tenant": tenant, "content_hash": each, "at": now} for each in sorted(fresh)]
            with self._write() as connection:
                connection.execute(insert(schema.erased_contents), rows)

    def blocked(self, tenant: str, hashes: Collection[str]) -> set[str]:
        """Which of these contents may not come back."""
        table = schema.erased_contents
        query = select(table.c.content_hash).where(table.c.tenant == tenant, table.c.content_hash.in_(sorted(hashes)))
        with translated(self._engine), self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with translated(self._engine), self._engine.begin() as connection:
            yield connection
