"""Why an answer says what it says: its hits, what the controls decided, and the answer without each of its sources.

Every source is taken out of what is searched, in turn, and the question goes the whole path again, past every cache.
The first time nothing is taken away: where the answer does not come back the same, a difference would explain nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from service.core.answers import Answer, Caller, Hit, Question
from service.core.app import App
from service.core.errors import RateLimited
from service.core.types import StoredChunk
from service.rag import pipeline, remember
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.controls import Controls
from service.rag.meter import Meter
from service.rag.remember import Remembered
from service.rag.threads import in_thread

Effect: TypeAlias = Literal["declines", "changes", "same", "not-tried"]


@dataclass(frozen=True)
class Source:
    """A document among the hits, whether the answer cites it, and what becomes of the answer without it.

    `without` None means that this was not tried: too many sources, no time left, or an answer that does not repeat.
    """

    stored: StoredChunk
    cited: bool
    effect: Effect
    without: Answer | None = None

    @property
    def necessary(self) -> bool | None:
        """Whether the answer needs it; None where that was not tried."""
        return None if self.without is None else self.effect != "same"


@dataclass(frozen=True)
class Why:
    """An explanation. `chunks` are those of the hits, by id; `again` is the answer made once more from every source.

    `repeats` tells whether it says what the answer said.
    """

    answer: str
    kept: Remembered
    chunks: dict[str, StoredChunk]
    again: Answer
    repeats: bool
    sources: tuple[Source, ...]


async def explained(app: App, viewer: Caller, answer: str) -> Why:
    """Explain an answer to who asked, or to an operator who may read what it came from.

    Raises UnknownAnswer, AnswerOutdated, RateLimited where too many are worked out at once, and what answering raises.
    """
    kept = await remember.recall(app, viewer, answer)
    reach = await remember.reach_again(app, viewer, answer, kept)
    indexes = [each.index for each in reach.every_space]
    with _place(app):
        ends = asyncio.get_running_loop().time() + app.settings.why_seconds
        chunks = await in_thread(app.records.chunks, indexes, [each.chunk for each in kept.hits])
        again = await _without(app, kept.question, reach, frozenset())
        repeats = remember.said(again) == kept.said
        tried = _tried(app, kept.question, reach, again, ends if repeats else 0.0)
        return Why(answer, kept, chunks, again, repeats, tuple([each async for each in tried]))


async def _tried(app: App, question: Question, reach: Reach, again: Answer, ends: float) -> AsyncIterator[Source]:
    """Each document among the hits, those cited first, taken away as far as number and time allow."""
    cited = {each.document for each in again.citations}
    for number, stored in enumerate(_documents(again.hits, cited)):
        document = stored.chunk.document_id
        without = None
        if number < app.settings.why_sources:
            try:
                async with asyncio.timeout_at(ends):
                    without = await _without(app, question, reach, frozenset({document}))
            except TimeoutError:  # that it was not tried is what the source says
                pass
        yield Source(stored, document in cited, _effect(again, without), without)


async def _without(app: App, question: Question, reach: Reach, documents: frozenset[str]) -> Answer:
    """The answer as if the documents were not there. Its steps are timed like any other's and leave no trace."""
    controls = Controls(app.settings.controls_off, app.telemetry)
    asking = Asking(app.telemetry.untraced(), controls, Meter(app.settings))
    return await pipeline.made(app, question, replace(reach, without=documents), asking)


def _documents(hits: Sequence[Hit], cited: set[str]) -> list[StoredChunk]:
    """The best hit of each document, those cited first."""
    best = {hit.stored.chunk.document_id: hit.stored for hit in reversed(hits)}
    order = {hit.stored.chunk.document_id: place for place, hit in reversed(list(enumerate(hits)))}
    return [best[each] for each in sorted(order, key=lambda document: (document not in cited, order[document]))]


def _effect(again: Answer, without: Answer | None) -> Effect:
    if without is None:
        return "not-tried"
    if without.abstention and not again.abstention:
        return "declines"
    return "same" if remember.said(without) == remember.said(again) else "changes"


@contextmanager
def _place(app: App) -> Iterator[None]:
    """One of the places for explanations. Raises RateLimited when all are taken."""
    if len(app.explaining) >= app.settings.why_at_once:
        raise RateLimited(
            f"{len(app.explaining)} explanations are being worked out.",
            "Try again in a moment, or raise RAGREADY_WHY_AT_ONCE.",
            retry_after_seconds=1,
        )
    place = object()
    app.explaining.add(place)
    try:
        yield
    finally:
        app.explaining.discard(place)
