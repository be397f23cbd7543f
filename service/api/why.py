"""The body of an explanation: what GET /v1/answers/{answer}/why answers, and what `ragready why` prints.

Scores are for operators and admins: who sees how near a text comes to a question can find out texts by asking.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas import ControlBody, HitBody
from service.core.answers import Answer, Caller
from service.core.roles import may
from service.core.types import StoredChunk
from service.rag.remember import HitScores
from service.rag.why import Effect, Source, Why

_EXAMPLE: dict[str, Any] = {
    "id": "ans_0f343b0931126a20f133d67c",
    "question": "How long is the battery covered?",
    "strategy": "hybrid",
    "answer": "The battery is covered for 24 months.",
    "repeats": True,
    "sources": [
        {
            "document": "doc_5d41402abc4b2a76b9719d91",
            "title": "Warranty",
            "source": "public/warranty.md",
            "space": "public",
            "cited": True,
            "necessary": True,
            "effect": "declines",
            "without": {"answer": "I cannot answer this from the documents that you may read.", "cited": []},
        }
    ],
    "hits": [
        {
            "rank": 1,
            "document": "doc_5d41402abc4b2a76b9719d91",
            "chunk": "chk_7d793037a0760186574b0282",
            "title": "Warranty",
            "source": "public/warranty.md",
            "space": "public",
            "score": 0.83,
            "dense": 0.71,
            "lexical": 6.4,
        }
    ],
    "controls": [{"name": "abstention", "decision": "allow", "reason": "", "ms": 0.4}],
}


class WithoutBody(BaseModel):
    """The answer as it is without a source."""

    answer: str
    reason: str | None = Field(None, description="why it declines, in words")
    reason_code: str | None = None
    cited: list[str] = Field(description="ids of the documents that it cites")


class SourceBody(BaseModel):
    """A document among the hits, and what becomes of the answer without it."""

    document: str
    title: str
    source: str
    space: str
    cited: bool = Field(description="whether the answer cites it")
    necessary: bool | None = Field(description="whether the answer changes without it; null where that was not tried")
    effect: Effect = Field(description="declines, changes, same, or not-tried")
    without: WithoutBody | None = None


class RankedHitBody(HitBody):
    """A chunk that was retrieved, and its place among them."""

    rank: int


class WhyBody(BaseModel):
    """Why an answer says what it says."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    question: str | None = Field(None, description="as the guards let it through; null for whoever did not ask it")
    strategy: str
    answer: str = Field(description="the answer, made once more")
    repeats: bool = Field(description="whether it says what it said then; if not, no source is tried")
    sources: list[SourceBody] = Field(description="those that the answer cites first")
    hits: list[RankedHitBody] = Field(description="what was found then, best first")
    controls: list[ControlBody] = Field(description="what each control decided then, in order")


def why_body(why: Why, viewer: Caller) -> WhyBody:
    """An explanation as it leaves the process for this caller."""
    numbers = may(viewer, "see scores")
    return WhyBody(
        id=why.answer,
        question=why.kept.question.text if viewer.id == why.kept.question.caller.id else None,
        strategy=why.kept.question.strategy,
        answer=why.again.text,
        repeats=why.repeats,
        sources=[_source_body(each) for each in why.sources],
        hits=[
            _hit_body(rank, each, why.chunks[each.chunk], numbers)
            for rank, each in enumerate(why.kept.hits, 1)
            if each.chunk in why.chunks
        ],
        controls=[ControlBody(**vars(each)) for each in why.kept.controls],
    )


def _source_body(source: Source) -> SourceBody:
    stored = source.stored
    return SourceBody(
        document=stored.chunk.document_id,
        title=stored.title,
        source=stored.source,
        space=stored.space,
        cited=source.cited,
        necessary=source.necessary,
        effect=source.effect,
        without=source.without and _without_body(source.without),
    )


def _without_body(answer: Answer) -> WithoutBody:
    return WithoutBody(
        answer=answer.text,
        reason=answer.abstention.reason if answer.abstention else None,
        reason_code=answer.abstention.code if answer.abstention else None,
        cited=list(dict.fromkeys(each.document for each in answer.citations)),
    )


def _hit_body(rank: int, hit: HitScores, stored: StoredChunk, numbers: bool) -> RankedHitBody:
    scores = {"score": hit.score, "dense": hit.dense, "lexical": hit.lexical}
    return RankedHitBody(
        rank=rank,
        document=hit.document,
        chunk=hit.chunk,
        title=stored.title,
        source=stored.source,
        space=stored.space,
        **{name: round(each, 4) if numbers and each is not None else None for name, each in scores.items()},
    )
