"""The quarantine: documents that are held back, with the reason and the text that a person needs to decide.

Nothing here is searched. Deciding, and bringing what was released into the index, is ingestion's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, literal, select, update

from service.core import rows, schema
from service.core.database import reading, writing
from service.core.names import quarantine_id
from service.core.types import Quarantined

_table = schema.quarantine


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
        del row["characters"]
        with writing(self._engine) as connection:
            self._forget(connection, tenant, held.space, held.source)
            connection.execute(insert(_table).values(tenant=tenant, **row))

    def of(self, tenant: str, spaces: Sequence[str]) -> list[Quarantined]:
        """What is held back or was released in some spaces, by space and source, without the texts."""
        query = _columns(text=False).where(_table.c.tenant == tenant, _table.c.space.in_(spaces))
        with reading(self._engine) as connection:
            return [_held(row) for row in connection.execute(query.order_by(_table.c.space, _table.c.source))]

    def get(self, tenant: str, identity: str, spaces: Sequence[str] | None = None) -> Quarantined | None:
        """What has this id, with its text, or None when the tenant has nothing of that id, or not in these spaces."""
        query = _columns(text=True).where(_table.c.tenant == tenant, _table.c.id == identity)
        if spaces is not None:
            query = query.where(_table.c.space.in_(spaces))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _held(row) if row else None

    def mark_released(self, tenant: str, identity: str, by: str) -> None:
        """Remember that a person let this content pass. Its text stays until it is in the index."""
        self._change(tenant, identity, state="released", decided_by=by, decided_at=datetime.now(UTC))

    def mark_indexed(self, tenant: str, identity: str) -> None:
        """Keep the text of what was released here no longer: the index has it."""
        self._change(tenant, identity, text="", pages=[])

    def forget(self, tenant: str, space: str, source: str) -> None:
        """Forget what was held or released of a source."""
        with writing(self._engine) as connection:
            self._forget(connection, tenant, space, source)

    def _change(self, tenant: str, identity: str, **values: Any) -> None:
        with writing(self._engine) as connection:
            changed = update(_table).where(_table.c.tenant == tenant, _table.c.id == identity)
            connection.execute(changed.values(values))

    def _forget(self, connection: Connection, tenant: str, space: str, source: str) -> None:
        ours = rows.where_space(delete(_table), _table.c, tenant, space)
        connection.execute(ours.where(_table.c.source == source))


def _columns(*, text: bool) -> Select[Any]:
    """A query for rows with the length of their text, and with the text itself or nothing in its place."""
    others = (column for column in _table.c if column.name not in {"tenant", "text"})
    body = _table.c.text if text else literal("").label("text")
    return select(*others, body, func.length(_table.c.text).label("characters"))


def _held(row: Row[Any]) -> Quarantined:
    at, decided = rows.aware(row.at), row.decided_at and rows.aware(row.decided_at)
    return Quarantined(**{**row._mapping, "pages": tuple(row.pages), "at": at, "decided_at": decided})
