"""An answer as the cache keeps it: JSON without vectors, trace and times, and back again.

What was kept is checked against its types when it is read: anything else is a failure of the cache, never an answer.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter, ValidationError

from service.core.answers import Abstention, Answer, Citation, ControlDecision, Hit
from service.core.errors import CacheUnavailable
from service.core.types import Chunk, StoredChunk, TokenVectors

_NO_TOKENS = TokenVectors(np.zeros((0, 0), dtype=np.int8), np.zeros((0, 2), dtype=np.int32))
_NO_SIMILARITIES = np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True)
class _KeptHit:
    chunk: Chunk
    text: str
    space: str
    source: str
    title: str
    score: float
    dense: float | None
    lexical: float | None
    max_sim: float


@dataclass(frozen=True)
class _Kept:
    text: str
    abstention: Abstention | None
    citations: tuple[Citation, ...]
    hits: tuple[_KeptHit, ...]
    strategy: str
    model: str
    confidence: float
    controls: tuple[ControlDecision, ...]
    simulated: bool
    unanswered: tuple[str, ...]
    rewritten: str | None


_JSON = TypeAdapter(_Kept)


def encoded(answer: Answer) -> bytes:
    """What to keep of an answer that nothing degraded."""
    return _JSON.dump_json(
        _Kept(
            text=answer.text,
            abstention=answer.abstention,
            citations=answer.citations,
            hits=tuple(_kept_hit(each) for each in answer.hits),
            strategy=answer.strategy,
            model=answer.model,
            confidence=float(answer.confidence),
            controls=answer.controls,
            simulated=answer.simulated,
            unanswered=answer.unanswered,
            rewritten=answer.rewritten,
        )
    )


def decoded(value: bytes) -> Answer:
    """The answer that was kept, without trace and times; its hits carry no vectors. Raises CacheUnavailable."""
    try:
        kept = _JSON.validate_json(value, strict=True)
    except ValidationError as error:
        raise CacheUnavailable(
            f"What the cache returned ({len(value):,} bytes) is no answer.",
            "Find out what else writes to the cache, and empty it.",
            "the kept value is no answer",
        ) from error
    return Answer(
        text=kept.text,
        abstention=kept.abstention,
        citations=kept.citations,
        hits=tuple(_hit(each) for each in kept.hits),
        strategy=kept.strategy,
        model=kept.model,
        confidence=kept.confidence,
        trace_id="",
        controls=kept.controls,
        simulated=kept.simulated,
        unanswered=kept.unanswered,
        rewritten=kept.rewritten,
    )


def _kept_hit(hit: Hit) -> _KeptHit:
    stored = hit.stored
    return _KeptHit(
        stored.chunk,
        stored.text,
        stored.space,
        stored.source,
        stored.title,
        # what numpy computed is no float to a JSON writer
        score=float(hit.score),
        dense=None if hit.dense is None else float(hit.dense),
        lexical=None if hit.lexical is None else float(hit.lexical),
        max_sim=float(hit.max_sim),
    )


def _hit(kept: _KeptHit) -> Hit:
    stored = StoredChunk(kept.chunk, kept.text, kept.space, kept.source, kept.title, _NO_TOKENS)
    return Hit(stored, kept.score, kept.dense, kept.lexical, _NO_SIMILARITIES, kept.max_sim)
