"""What is asked and answered: callers, questions, hits, citations, answers, and what the controls decided."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from service.core.controls import ControlName
from service.core.types import Space, StoredChunk, Vector

Role: TypeAlias = Literal["reader", "operator", "admin"]
EVERY_SPACE = "*"
"""The group that reads every space of its tenant."""
EVERYONE = "everyone"
"""The group that every caller of a tenant belongs to; a space that names no other readers is open to it."""


@dataclass(frozen=True)
class Caller:
    """Who is asking: a tenant, an id that is no secret, what the caller may do (role) and read (groups)."""

    tenant: str
    id: str
    role: Role = "reader"
    groups: frozenset[str] = frozenset()

    def may_read(self, space: Space) -> bool:
        """Whether one of the caller's groups is among the space's readers."""
        mine = self.groups | {EVERYONE}
        return space.tenant == self.tenant and (EVERY_SPACE in mine or bool(mine & space.readers))


def local_caller(tenant: str) -> Caller:
    """Whoever may read the data folder, as on the command line: nothing is kept from this caller."""
    return Caller(tenant, "local", "admin", frozenset({EVERY_SPACE}))


@dataclass(frozen=True)
class Message:
    """Something said earlier in a conversation, as the asker's client tells it: nobody vouches for it."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Question:
    """A question and what the asker chose. `spaces` None means every space that the asker may read.

    `history` is the conversation before it, oldest first.
    """

    text: str
    caller: Caller
    spaces: tuple[str, ...] | None = None
    strategy: str = "hybrid"
    history: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A chunk retrieved. `dense` and `lexical` are None where that retriever did not return the chunk.

    `similarities` holds the cosines (question's tokens, chunk's tokens), `max_sim` the late interaction that they make.
    """

    stored: StoredChunk
    score: float
    dense: float | None
    lexical: float | None
    similarities: Vector
    max_sim: float


@dataclass(frozen=True)
class Claim:
    """A sentence of a draft and the span `hit.stored.text[start:end]` that it is said to rest on.

    `hit` None means that the draft names no source, or one that is not there. `redacted` tells that a control took
    something out of `text`, so that the quote may not be shown as it stands.
    """

    text: str
    hit: Hit | None
    start: int = 0
    end: int = 0
    redacted: bool = False


@dataclass(frozen=True)
class Citation:
    """A sentence of the answer tied to a span: `quote == document.text[start:end]`, unless `redacted`."""

    document: str
    chunk: str
    quote: str
    start: int
    end: int
    sentence: str
    title: str
    source: str
    space: str
    redacted: bool = False


AbstentionCode: TypeAlias = Literal["no-documents", "no-match", "weak-evidence", "unsupported", "withheld"]


@dataclass(frozen=True)
class Abstention:
    """Why an answer declines: a code from a closed set, and a sentence for the reader."""

    code: AbstentionCode
    reason: str


Decision: TypeAlias = Literal["allow", "redact", "refuse", "could-not-check", "hit", "miss", "off"]


@dataclass(frozen=True)
class ControlDecision:
    """What one control decided about one question, why, and how long that took. `reason` quotes no content."""

    name: ControlName
    decision: Decision
    reason: str
    ms: float


@dataclass(frozen=True)
class Usage:
    """Tokens that a chat model read and wrote for one question, and what they cost by the prices in the settings.

    `estimated`: the provider did not tell, so they were counted here. `cost` None: no prices are set.
    """

    input_tokens: int
    output_tokens: int
    estimated: bool
    cost: float | None


@dataclass(frozen=True)
class Answer:
    """What the asker gets. An abstention has no citations and says why; its hits show what was found instead.

    `degraded` names the parts that failed on the way; such an answer is never cached. `simulated` marks an answer by a
    model that only imitates one, `unanswered` the parts of the question that the documents do not answer. Hits that
    come from a cache carry no vectors. `id` is what it can be explained under. `rewritten` is the question as it was
    answered where a conversation came with it or its spelling was repaired; `usage` None means that no model was asked.
    """

    text: str
    abstention: Abstention | None
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    strategy: str
    model: str
    confidence: float
    trace_id: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    controls: tuple[ControlDecision, ...] = ()
    degraded: tuple[str, ...] = ()
    simulated: bool = False
    unanswered: tuple[str, ...] = ()
    id: str = ""
    rewritten: str | None = None
    usage: Usage | None = None
