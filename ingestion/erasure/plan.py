"""What an erasure is about: what was asked for, what goes, and how it is recognised in a store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from ingestion.erasure.mentions import Mentions
from ingestion.erasure.needles import Needles
from ingestion.erasure.receipt import StoreState

Kind: TypeAlias = Literal["document", "source", "person"]
_ID = re.compile(rb"\b(?:doc|chk|qua)_[0-9a-f]{24}\b")


@dataclass(frozen=True)
class Request:
    """What is asked for: ids, sources, or the terms of one person.

    `only` leaves copies and earlier versions of a document in place, `redact` blacks a person's mentions out instead of
    removing whole documents, `block` keeps the contents from coming back. `suites` are folders with golden cases.
    """

    kind: Kind
    values: tuple[str, ...]
    asked_by: str
    only: bool = False
    redact: bool = False
    block: bool = False
    suites: tuple[Path, ...] = ()
    remove_cases: bool = False
    rewrite_tables: bool = False


@dataclass(frozen=True)
class Target:
    """A document, or what is held back (standing "held"), that goes as a whole, or is redacted."""

    id: str
    space: str
    source: str
    origin: str
    content_hash: str
    standing: str
    in_favour_of: str | None = None
    redacted: bool = False


@dataclass(frozen=True)
class File:
    """A file of a space, as its manifest, uploads and fetched pages name it. `stays`: what it gave is redacted only."""

    space: str
    source: str
    stays: bool = False


@dataclass(frozen=True)
class Plan:
    """What goes. `before` tells what each store held before anything was removed, `mentions` is kept in memory only.

    `identity` is the keyed hash of what was asked for, `requested` those of its parts.
    """

    identity: str
    request: Request
    requested: tuple[str, ...]
    tenant: str
    targets: tuple[Target, ...]
    files: tuple[File, ...]
    chunks: tuple[str, ...]
    needles: Needles
    mentions: Mentions | None = None
    before: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def ids(self) -> frozenset[bytes]:
        """Ids that no store may hold afterwards: those of chunks, and of documents that go as a whole."""
        whole = (each.id for each in self.targets if not each.redacted)
        return frozenset(each.encode() for each in (*whole, *self.chunks))

    @property
    def spaces(self) -> tuple[str, ...]:
        """Spaces that lose something."""
        return tuple(sorted({each.space for each in self.targets}))

    def in_bytes(self, data: bytes) -> bool:
        """Whether some bytes hold one of the ids or a part of an erased text."""
        return not self.ids.isdisjoint(_ID.findall(data)) or bool(self.needles.found_in(data))

    def in_text(self, text: str) -> bool:
        """Whether a text holds one of the ids, a part of an erased text, or mentions the person."""
        return bool(self.mentions and self.mentions.found_in(text)) or self.in_bytes(text.encode("utf-8", "replace"))


@dataclass(frozen=True)
class Look:
    """What a search of a store found: of so many rows, entries or files."""

    looked_at: int = 0
    found: int = 0
    state: StoreState = "searched"
    says: str = ""
