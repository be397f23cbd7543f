"""Finds the chunks that may answer: dense and lexical side by side in every readable space, fused, reranked.

Opens only the indexes that it is given. Does not judge whether what it found is enough.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Hit
from service.core.app import App
from service.core.errors import UnknownStrategy
from service.core.types import Index, QueryVectors, Scored
from service.rag import duplicates, rank
from service.rag.access import Kept, Reach
from service.rag.controls import Controls
from service.rag.threads import in_thread

STRATEGIES = ("hybrid", "naive")
# An index of which only some documents are meant is asked for so many times as much.
MORE_TO_CHOOSE_FROM = 4


@dataclass(frozen=True)
class Found:
    """Scores by chunk from each retriever, and the indexes that were asked."""

    indexes: tuple[Index, ...]
    dense: dict[str, float]
    lexical: dict[str, float]


def checked_strategy(name: str) -> str:
    """`name` if it is a strategy. Raises UnknownStrategy."""
    if name in STRATEGIES:
        return name
    raise UnknownStrategy(f"There is no strategy {name!r}.", f"Strategies: {', '.join(STRATEGIES)}.")


async def reached(app: App, reach: Reach, question: str, query: QueryVectors) -> Found:
    """What is found in everything that a question is answered from."""
    return await search(app, [each.index for each in reach.spaces], question, query, reach.kept)


async def search(
    app: App, indexes: Sequence[Index], question: str, query: QueryVectors, kept: Sequence[Kept] = ()
) -> Found:
    """Ask every index for its nearest and its best matching chunks, all at once; those of `kept` for theirs alone."""
    asked = (*indexes, *(each.space.index for each in kept))
    limit = app.settings.candidates
    wide = limit * (MORE_TO_CHOOSE_FROM if kept else 1)
    lexical, dense = await asyncio.gather(
        in_thread(app.records.search, asked, question, wide),
        asyncio.gather(*(in_thread(app.vectors.search, index, query.dense, wide) for index in asked)),
    )
    chosen = [await in_thread(_without_others, app, kept, each) for each in (dense, lexical)]
    return Found(asked, *(_merged(each, limit) for each in chosen))


async def ranked_hits(app: App, found: Found, query: QueryVectors, strategy: str, controls: Controls) -> list[Hit]:
    """The best of the chunks found, best first, with their text and token vectors, without copies.

    A chunk that the vector index holds and the records do not is left out: the records decide what exists.
    """
    if strategy == "hybrid" and not controls.on("hybrid"):
        strategy = "naive"
    scores = found.dense if strategy == "naive" else rank.fused(found.dense, found.lexical)
    top = rank.best(scores, max(rank.RERANKED, app.settings.hits))
    stored = await in_thread(app.records.chunks, found.indexes, top)
    kept = [chunk for chunk in top if chunk in stored]
    similar = dict(zip(kept, rank.token_similarities(query, [stored[each].tokens for each in kept]), strict=True))
    late = {chunk: rank.max_sim(each) for chunk, each in similar.items()}
    if strategy == "hybrid":
        scores = rank.reranked(scores, late)
    hits = [
        Hit(
            stored[chunk],
            scores[chunk],
            found.dense.get(chunk),
            found.lexical.get(chunk),
            similar[chunk],
            late[chunk],
        )
        for chunk in scores
        if chunk in stored
    ]
    return controls.apply("duplicates", duplicates.without_copies, hits)[: app.settings.hits]


def _without_others(app: App, kept: Sequence[Kept], answers: Sequence[Sequence[Scored]]) -> list[Sequence[Scored]]:
    """The answers of all indexes; of the last ones, those of `kept`, only what belongs to the documents meant."""
    whole, parts = answers[: len(answers) - len(kept)], answers[len(answers) - len(kept) :]
    chosen = list(whole)
    for each, found in zip(kept, parts, strict=True):
        documents = app.records.documents_of(each.space.index, [one.chunk_id for one in found])
        chosen.append([one for one in found if documents.get(one.chunk_id) in each.documents])
    return chosen


def _merged(answers: Sequence[Sequence[Scored]], limit: int) -> dict[str, float]:
    every = sorted((each for found in answers for each in found), key=lambda each: (-each.score, each.chunk_id))
    return {each.chunk_id: each.score for each in every[:limit]}
