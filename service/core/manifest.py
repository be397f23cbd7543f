"""The manifest: what each file of a space was when it was last looked at, and what came of it.

It holds hashes and counts and no content. Whether a file has to be looked at again is decided by ingestion.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, insert, select

from service.core import rows, schema
from service.core.database import reading, writing
from service.core.types import ManifestEntry


class Manifest:
    """Reads and writes of manifests. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, tenant: str, space: str, sources: Sequence[str] | None = None) -> dict[str, ManifestEntry]:
        """Source → entry of every file of a space, or of some of them."""
        table = schema.manifest
        query = rows.where_space(select(table), table.c, tenant, space).order_by(table.c.source)
        if sources is not None:
            query = query.where(table.c.source.in_(sources))
        with reading(self._engine) as connection:
            found = connection.execute(query)
            return {
                row.source: ManifestEntry(
                    row.source, row.content_hash, row.recipe, row.size_bytes, row.outcome, rows.aware(row.at)
                )
                for row in found
            }

    def put(self, tenant: str, space: str, entry: ManifestEntry) -> None:
        """Remember a file; replaces its earlier entry."""
        row = {**vars(entry), "outcome": dict(entry.outcome), "at": datetime.now(UTC)}
        with writing(self._engine) as connection:
            self._forget(connection, tenant, space, entry.source)
            connection.execute(insert(schema.manifest).values(tenant=tenant, space=space, **row))

    def forget(self, tenant: str, space: str, source: str) -> None:
        """Forget a file, so that it is looked at again if it is there."""
        with writing(self._engine) as connection:
            self._forget(connection, tenant, space, source)

    def _forget(self, connection: Connection, tenant: str, space: str, source: str) -> None:
        table = schema.manifest
        connection.execute(rows.where_space(delete(table), table.c, tenant, space).where(table.c.source == source))
