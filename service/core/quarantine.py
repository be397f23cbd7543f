"""The quarantine: documents that are held back, with the reason and the text that a person needs to decide.

Nothing here is searched. Deciding, and bringing what was released into the index, is ingestion's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from service.core import rows, schema
from service.core.database import translated
from service.core.names import quarantine_id
from service.core.types import Quarantined


class Quarantine:
    """Reads and writes of the quarantine. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hold(self, tenant: str, held: Quarantined) -> None:
        """Hold a document back; replaces what was held or released of the same source."""
        row = {
            **vars(held),
            "id": quarantine_id(tenant, held.space, held.source),
            "origin": held.origin or held.source,
            "pages": list(held.pages),
            "meta": dict(held.meta),
            "findings": {kind: dict(counts) for kind, counts in held.findings.items()},
            "at": datetime.now(UTC),
        }
        with self._write() as connection:
            self._forget(connection, tenant, held.space, held.source)
            connection.execute(insert(schema.quarantine).values(tenant=tenant, **row))

    def of(self, tenant: str, spaces: Sequence[str]) -> list[Quarantined]:
        """What is held back or was released in some spaces, by space and source."""
        table = schema.quarantine
        query = select(table).where(table.c.tenant == tenant, table.c.space.in_(spaces))
        with translated(self._engine), self._engine.connect() as connection:
            return [_held(row) for row in connection.execute(query.order_by(table.c.space, table.c.source))]

    def get(self, tenant: str, identity: str) -> Quarantined | None:
        """What has this id, or None."""
        table = schema.quarantine
        with translated(self._engine), self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.c.tenant == tenant, table.c.id == identity)).first()
        return _held(row) if row else None

    def mark_released(self, tenant: str, identity: str, by: str) -> None:
        """Remember that a person let this content pass, and keep its text here no longer."""
        table = schema.quarantine
        decided = update(table).values(state="released", decided_by=by, decided_at=datetime.now(UTC), text="", pages=[])
        with self._write() as connection:
            connection.execute(decided.where(table.c.tenant == tenant, table.c.id == identity))

    def forget(self, tenant: str, space: str, source: str) -> None:
        """Forget what was held or released of a source."""
        with self._write() as connection:
            self._forget(connection, tenant, space, source)

    def _forget(self, connection: Connection, tenant: str, space: str, source: str) -> None:
        table = schema.quarantine
        connection.execute(rows.where_space(delete(table), table.c, tenant, space).where(table.c.source == source))

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with translated(self._engine), self._engine.begin() as connection:
            yield connection


def _held(row: Row[Any]) -> Quarantined:
    fields = {name: value for name, value in row._mapping.items() if name != "tenant"}
    at, decided = rows.aware(row.at), row.decided_at and rows.aware(row.decided_at)
    return Quarantined(**{**fields, "pages": tuple(row.pages), "at": at, "decided_at": decided})
