"""What tells copies and successors of a document apart from other documents, kept beside it.

A signature holds hashes, file names and a rank, and no text. What is a copy, and who succeeds whom, is decided by
ingestion.copies.standing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from service.core import schema
from service.core.database import reading, writing
from service.core.types import Document, Findings, Standing

# Of texts of which more share a band than this, only some are looked at: pages of one template, most likely.
MOST_SHARING = 512
# Of equal texts, so many: those that are searched first, then the ones to keep rather than others.
MOST_EQUAL = 8
# SQLite takes 32,766 parameters a statement, older ones 999.
_AT_ONCE = 500
_theirs, _ours = schema.documents.c, schema.signatures.c


@dataclass(frozen=True)
class Signature:
    """What is compared of a document's text and name.

    `text_hash` is that of equal texts, `minhash` estimates how much two texts have in common, and two that have much in
    common share one of their `bands`, most likely. `series` is equal for editions of one page by their names. Of copies
    the one with the lowest `rank` is kept. `targets` are the names that the document says it supersedes or is
    superseded by. `rules` tells under which readers and switches its standing was decided.
    """

    text_hash: str
    minhash: bytes
    bands: tuple[int, ...]
    file: str
    series: str
    rank: str
    targets: frozenset[str] = frozenset()
    rules: str = ""


@dataclass(frozen=True)
class Peer:
    """A document as others are compared with it, without its text."""

    id: str
    space: str
    source: str
    title: str
    meta: Mapping[str, str]
    standing: Standing
    in_favour_of: str | None
    findings: Findings
    text_hash: str
    minhash: bytes
    series: str
    rank: str


def put(connection: Connection, document: Document, signature: Signature) -> None:
    """Keep a document's signature in place of its earlier one, in the caller's transaction."""
    connection.execute(delete(schema.signatures).where(schema.signatures.c.document_id == document.id))
    row = {name: value for name, value in vars(signature).items() if name not in {"bands", "targets"}}
    ours = {"document_id": document.id, "tenant": document.tenant}
    connection.execute(insert(schema.signatures).values(**ours, space=document.space, **row))
    if bands := [{**ours, "band": each} for each in sorted(set(signature.bands))]:
        connection.execute(insert(schema.signature_bands), bands)
    if targets := [{**ours, "target": each} for each in sorted(signature.targets)]:
        connection.execute(insert(schema.supersessions), targets)


class Signatures:
    """Reads of signatures. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, tenant: str, ids: Iterable[str]) -> list[Peer]:
        """Documents by id."""
        parts = _parts(sorted(set(ids)))
        return [peer for some in parts for peer in self._read(_peers(tenant, some).order_by(_ours.rank))]

    def pointing_at(self, tenant: str, ids: Iterable[str]) -> list[Peer]:
        """Documents that lost their standing in favour of these."""
        found = [select(_theirs.id).where(_theirs.in_favour_of.in_(some)) for some in _parts(sorted(set(ids)))]
        return [peer for some in found for peer in self._read(_peers(tenant, some).order_by(_ours.rank))]

    def equal(self, tenant: str, spaces: Collection[str], text_hash: str) -> list[Peer]:
        """At most MOST_EQUAL documents whose text is this: first those that are no copy, then by rank."""
        found = _signed(tenant, spaces).where(_ours.text_hash == text_hash)
        query = _peers(tenant, found).order_by(_theirs.standing == "alias", _ours.rank)
        return self._read(query.limit(MOST_EQUAL))

    def best(self, tenant: str, spaces: Collection[str], hashes: Iterable[str]) -> dict[str, str]:
        """The lowest rank of the documents that have a text, by the text's hash."""
        table = schema.signatures.c
        query = select(table.text_hash, func.min(table.rank)).where(table.tenant == tenant, table.space.in_(spaces))
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for some in _parts(sorted(hashes)):
                rows = connection.execute(query.where(table.text_hash.in_(some)).group_by(table.text_hash))
                found |= {row.text_hash: row[1] for row in rows}
        return found

    def alike(self, tenant: str, spaces: Collection[str], bands: Collection[int]) -> list[Peer]:
        """Documents that share a band; of more than MOST_SHARING, those with the lowest bands and ids."""
        shared = schema.signature_bands.c
        found = (
            select(shared.document_id)
            .where(shared.tenant == tenant, shared.band.in_(bands))
            .order_by(shared.band, shared.document_id)
            .limit(MOST_SHARING)
            .subquery()
        )
        return self._read(_peers(tenant, select(found.c.document_id)).where(_ours.space.in_(spaces)))

    def named(self, tenant: str, spaces: Collection[str], names: Collection[str]) -> list[Peer]:
        """Documents whose source, or whose file's name alone, is one of these."""
        ours = (_theirs.tenant == tenant, _theirs.space.in_(spaces))
        by_source = select(_theirs.id).where(*ours, _theirs.source.in_(names))
        by_file = _signed(tenant, spaces).where(_ours.file.in_(names))
        return self._read(_peers(tenant, by_source.union(by_file)))

    def naming(self, tenant: str, spaces: Collection[str], names: Collection[str]) -> list[Peer]:
        """Documents that say of one of these names that they supersede it or are superseded by it."""
        table = schema.supersessions.c
        found = select(table.document_id).where(table.tenant == tenant, table.target.in_(names))
        return self._read(_peers(tenant, found).where(_ours.space.in_(spaces)))

    def claiming(self, tenant: str, space: str, since: datetime) -> list[Peer]:
        """Documents of a space, written since then, that name any other one."""
        table = schema.supersessions.c
        found = select(table.document_id).where(table.tenant == tenant)
        written = and_(_ours.space == space, _theirs.ingested_at >= since)
        return self._read(_peers(tenant, found).where(written).order_by(_theirs.source))

    def editions(self, tenant: str, spaces: Collection[str], series: Collection[str]) -> list[Peer]:
        """Documents of some series."""
        return self._read(_peers(tenant, _signed(tenant, spaces).where(_ours.series.in_(series))))

    def astray(self, tenant: str) -> list[str]:
        """Ids of documents that lost their standing in favour of one that is not there."""
        table, other = schema.documents, schema.documents.alias()
        query = select(table.c.id).where(
            table.c.tenant == tenant,
            table.c.in_favour_of.is_not(None),
            ~select(other.c.id).where(other.c.id == table.c.in_favour_of).exists(),
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(table.c.id)).scalars())

    def originals_elsewhere(self, tenant: str, spaces: Collection[str]) -> dict[str, list[str]]:
        """Documents of other spaces, by space, of which documents of these spaces are copies that are not searched."""
        original = schema.documents.alias()
        query = (
            select(original.c.space, original.c.id)
            .join(schema.documents, _theirs.in_favour_of == original.c.id)
            .where(_theirs.in_favour_of.is_not(None), _theirs.standing == "alias", original.c.space.not_in(spaces))
            .where(_plain(_theirs.tenant) == tenant, _plain(_theirs.space).in_(spaces))
        )
        found: dict[str, list[str]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query.distinct().order_by(original.c.space, original.c.id)):
                found.setdefault(row.space, []).append(row.id)
        return found

    def decided_otherwise(self, tenant: str, space: str, rules: str) -> list[str]:
        """Ids of a space's documents whose standing was decided under other rules than these."""
        table = schema.signatures.c
        query = select(table.document_id).where(table.tenant == tenant, table.space == space, table.rules != rules)
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(table.document_id)).scalars())

    def decide(self, ids: Sequence[str], rules: str) -> None:
        """Remember that the standing of these documents was decided under these rules."""
        with writing(self._engine) as connection:
            for some in _parts(ids):
                connection.execute(
                    update(schema.signatures).where(schema.signatures.c.document_id.in_(some)).values(rules=rules)
                )

    def amend(self, document: str, standing: Standing, in_favour_of: str | None, findings: Findings) -> None:
        """Change what is said of a document whose chunks stay as they are."""
        said = {kind: dict(counts) for kind, counts in findings.items()}
        table = schema.documents
        statement = update(table).where(table.c.id == document)
        with writing(self._engine) as connection:
            connection.execute(statement.values(standing=standing, in_favour_of=in_favour_of, findings=said))

    def _read(self, query: Select[Any]) -> list[Peer]:
        with reading(self._engine) as connection:
            return [_peer(row) for row in connection.execute(query)]


def _signed(tenant: str, spaces: Collection[str]) -> Select[tuple[str]]:
    """Ids of the documents of some spaces, for a condition that an index answers."""
    return select(_ours.document_id).where(_ours.tenant == tenant, _plain(_ours.space).in_(spaces))


def _peers(tenant: str, ids: Select[Any] | CompoundSelect[Any] | Sequence[str]) -> Select[Any]:
    """Documents by id."""
    return (
        select(_theirs.id, _theirs.space, _theirs.source, _theirs.title, _theirs.meta, _theirs.standing)
        .add_columns(_theirs.in_favour_of, _theirs.findings, _ours.text_hash, _ours.minhash, _ours.series, _ours.rank)
        .join(schema.signatures, _theirs.id == _ours.document_id)
        .where(_theirs.id.in_(ids), _plain(_theirs.tenant) == tenant)
    )


def _plain(column: Column[str]) -> ColumnElement[str]:
    """A column as a value, for which no index is taken: SQLite would rather look through a whole tenant or space."""
    return column.concat("")


def _peer(row: Row[Any]) -> Peer:
    return Peer(**row._mapping)


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
