"""API keys of people and programs: made from 256 random bits, shown once, kept as SHA-256.

A slow hash guards what can be guessed; nobody guesses 256 bits, and a slow hash would cost every request. What a role
may do stands in service.core.roles.
"""

import hashlib
import secrets
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, insert, select, update

from service.core import schema
from service.core.answers import EVERY_SPACE, Caller, Role
from service.core.database import writing
from service.core.errors import UnknownKey
from service.core.names import checked_name
from service.core.rows import aware


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key: everything but the key."""

    id: str
    tenant: str
    name: str
    role: Role
    groups: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def caller(self) -> Caller:
        """Whoever shows the key."""
        return Caller(self.tenant, self.id, self.role, self.groups)


@dataclass(frozen=True)
class NewKey:
    """A key just made. `key` is nowhere else, and nobody can find it out later."""

    key: str = field(repr=False)
    kept: ApiKey


def key_hash(key: str) -> str:
    """SHA-256 of a key, in hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """The table of keys. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, tenant: str, name: str, role: Role, groups: Set[str] = frozenset()) -> NewKey:
        """Make a key. Raises InvalidName for a tenant, name or group outside the rule; `*` is every group."""
        checked_name("tenant", tenant)
        for group in groups - {EVERY_SPACE}:
            checked_name("group", group)
        key = f"rr_{secrets.token_urlsafe(32)}"
        kept = ApiKey(
            id=f"key_{secrets.token_hex(8)}",
            tenant=tenant,
            name=checked_name("key", name),
            role=role,
            groups=frozenset(groups),
            created_at=datetime.now(UTC),
        )
        with writing(self._engine) as connection:
            row = {**vars(kept), "groups": sorted(groups), "hash": key_hash(key)}
            connection.execute(insert(schema.api_keys).values(row))
        return NewKey(key, kept)

    def all(self, tenant: str) -> list[ApiKey]:
        """Every key of a tenant, revoked ones too, oldest first."""
        table = schema.api_keys.c
        with writing(self._engine) as connection:
            return [_api_key(row) for row in connection.execute(_of(tenant).order_by(table.created_at, table.id))]

    def revoke(self, tenant: str, key_id: str) -> ApiKey:
        """End a key's rights; a key that was revoked before keeps its date. Raises UnknownKey."""
        table = schema.api_keys
        ours = (table.c.tenant == tenant, table.c.id == key_id)
        with writing(self._engine) as connection:
            ending = update(table).where(*ours, table.c.revoked_at.is_(None))
            connection.execute(ending.values(revoked_at=datetime.now(UTC)))
            row = connection.execute(_of(tenant).where(table.c.id == key_id)).first()
        if row is None:
            raise UnknownKey(f"There is no key {key_id!r}.", "`ragready keys list` and GET /v1/keys list them.")
        return _api_key(row)

    def by_hash(self, tenant: str, hashed: str) -> ApiKey | None:
        """The key of this hash, unless it is revoked or another tenant's.

        The three cases without a key are one empty result of one query, so that they cost the same.
        """
        return self._live(tenant, schema.api_keys.c.hash == hashed)

    def by_id(self, tenant: str, key_id: str) -> ApiKey | None:
        """The key of this id, unless it is revoked or another tenant's."""
        return self._live(tenant, schema.api_keys.c.id == key_id)

    def _live(self, tenant: str, condition: Any) -> ApiKey | None:
        query = _of(tenant).where(condition, schema.api_keys.c.revoked_at.is_(None))
        with writing(self._engine) as connection:
            row = connection.execute(query).first()
        return _api_key(row) if row else None


def _of(tenant: str) -> Select[Any]:
    """What is kept of a tenant's keys; the hash stays in the database."""
    table = schema.api_keys
    columns = [column for column in table.c if column.name != "hash"]
    return select(*columns).where(table.c.tenant == tenant)


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        role=row.role,
        groups=frozenset(row.groups),
        created_at=aware(row.created_at),
        revoked_at=aware(row.revoked_at) if row.revoked_at else None,
    )
