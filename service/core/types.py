"""What is kept: spaces, documents, chunks, vectors. Frozen, named, without behaviour beyond what the fields imply.

Nothing here knows a database, a web framework or a library of models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Index:
    """One generation of one space of one tenant: the unit that a search opens, and the unit of access."""

    tenant: str
    space: str
    generation: int

    @property
    def name(self) -> str:
        """Name of the collection: 3 to 512 of [a-zA-Z0-9._-], which the rule for names guarantees."""
        return f"{self.tenant}.{self.space}.g{self.generation}"


PersonalPolicy: TypeAlias = Literal["keep", "mask", "drop", "quarantine"]
InstructionPolicy: TypeAlias = Literal["strip", "quarantine", "keep"]


@dataclass(frozen=True)
class Policy:
    """What becomes of personal data and of instructions in a space's documents, and which languages they may be in.

    `languages` are codes of ISO 639-1; none means any. `allowed` is no personal data here: whole values, such as the
    company's own telephones and accounts, and its mail domains, as in "@company.example".
    """

    personal: PersonalPolicy = "keep"
    instructions: InstructionPolicy = "strip"
    languages: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndexRecipe:
    """What an index is made with: an encoder, by its name in the settings and its fingerprint, and a splitter.

    An empty `encoder` is the configured one, whatever its name.
    """

    encoder: str = ""
    fingerprint: str = ""
    splitter: str = "structure"
    max_chunk_tokens: int = 200


@dataclass(frozen=True)
class Space:
    """Documents that share one list of readers: groups. `version` rises with every committed change.

    `recipe` is that of the generation.
    """

    tenant: str
    name: str
    generation: int
    version: int
    readers: frozenset[str] = frozenset({"everyone"})
    policy: Policy = field(default_factory=Policy)
    recipe: IndexRecipe = field(default_factory=IndexRecipe)

    @property
    def index(self) -> Index:
        """The generation that questions are answered from."""
        return Index(self.tenant, self.name, self.generation)


@dataclass(frozen=True)
class SpaceSize:
    """A space with its number of current documents, and of the chunks that questions are answered from."""

    space: Space
    documents: int
    chunks: int


GenerationState: TypeAlias = Literal["building", "ready", "serving", "retired"]


@dataclass(frozen=True)
class Generation:
    """One index of a space: the one that serves, the next one, or the one before."""

    index: Index
    state: GenerationState
    recipe: IndexRecipe
    chunks: int


# A document is searched while it is current; a copy of another one and an outdated one are kept and not searched.
Standing: TypeAlias = Literal["current", "alias", "superseded"]
# Counts by what was found by kind of finding, such as {"personal": {"IBAN_CODE": 2}}; never the content itself.
Findings: TypeAlias = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Document:
    """One source in a space, as text. Citations' offsets count characters of `text`.

    `origin` is the file that it came from, which may hold several. `pages` are the offsets in `text` at which its pages
    start, none where the format has no pages. `meta` is what the file says about itself, `in_favour_of` the id of the
    document that an alias is a copy of or that superseded it.
    """

    id: str
    tenant: str
    space: str
    source: str
    title: str
    text: str
    media_type: str
    content_hash: str
    ingested_at: datetime | None = None
    origin: str = ""
    standing: Standing = "current"
    in_favour_of: str | None = None
    language: str = ""
    pages: tuple[int, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=dict)


@dataclass(frozen=True)
class DocumentSummary:
    """A document without its text, for lists."""

    id: str
    space: str
    source: str
    title: str
    media_type: str
    characters: int
    chunks: int
    ingested_at: datetime
    origin: str
    standing: Standing
    in_favour_of: str | None
    language: str
    findings: Findings


@dataclass(frozen=True)
class Chunk:
    """A span of a document: `document.text[start:end]`, and the title and headings that it stands under.

    `page` is the page that it begins on, from 1, or None where the format has no pages.
    """

    id: str
    document_id: str
    ordinal: int
    start: int
    end: int
    context: str
    page: int | None = None


@dataclass(frozen=True)
class TokenVectors:
    """Late-interaction vectors of one text: int8 (tokens, 96), unit length × 127, and each token's character span.

    `spans` is (tokens, 2) int32, characters from the chunk's start; (-1, -1) marks a token of the context prefix.
    """

    vectors: NDArray[np.int8]
    spans: NDArray[np.int32]


@dataclass(frozen=True)
class ChunkVectors:
    """What the encoder gives for one chunk: a unit vector (dimension,) and its tokens' vectors."""

    dense: Vector
    tokens: TokenVectors


@dataclass(frozen=True)
class QueryVectors:
    """What the encoder gives for a question.

    `dense` is a unit vector (dimension,), `projected` the same in the tokens' space (96,), `tokens` has a unit vector
    for each token (tokens, 96), `spans` its characters in the question (tokens, 2).
    """

    dense: Vector
    projected: Vector
    tokens: Vector
    spans: NDArray[np.int32]


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk with its text and vectors, ready to be written."""

    chunk: Chunk
    text: str
    vectors: ChunkVectors


@dataclass(frozen=True)
class StoredChunk:
    """A chunk as retrieval reads it back from the records."""

    chunk: Chunk
    text: str
    space: str
    source: str
    title: str
    tokens: TokenVectors


@dataclass(frozen=True)
class Scored:
    """A chunk's id and one retriever's score; higher is better."""

    chunk_id: str
    score: float


QuarantineState: TypeAlias = Literal["held", "released"]


@dataclass(frozen=True)
class Quarantined:
    """A document that was held back, with the reason, and its text where it could be read.

    `released` means that a person let this content pass, whatever the gates say of it. `characters` is the length of
    the kept text, also where `text` itself was not read.
    """

    space: str
    source: str
    content_hash: str
    code: str
    reason: str
    id: str = ""
    origin: str = ""
    title: str = ""
    text: str = ""
    media_type: str = ""
    language: str = ""
    pages: tuple[int, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=dict)
    state: QuarantineState = "held"
    decided_by: str | None = None
    decided_at: datetime | None = None
    at: datetime | None = None
    characters: int = 0


@dataclass(frozen=True)
class ManifestEntry:
    """A file as it was when last looked at. `recipe` tells what, beside its bytes, decided what came of it.

    `outcome` counts documents, chunks, embeddings and what was held back.
    """

    source: str
    content_hash: str
    recipe: str
    size_bytes: int
    outcome: Mapping[str, int]
    at: datetime | None = None
