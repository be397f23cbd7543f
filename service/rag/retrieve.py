"""Finds the chunks that may answer: dense and lexical side by side in every readable space, fused, reranked.

Opens only the indexes that it is given. Does not judge whether what it found is enough.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.app import App
from service.core.errors import UnknownStrategy
from service.core.types import Hit, Index, QueryVectors, Scored
from service.rag import duplicates, rank
from service.rag.controls import Controls
from service.rag.threads import in_thread

STRATEGIES = ("hybrid", "naive")


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


async def search(app: App, indexes: Sequence[Index], question: str, query: QueryVectors) -> Found:
    """Ask every index for its nearest and its best matching chunks, all at once."""
    limit = app.settings.candidates
    lexical, dense = await asyncio.gather(
        in_thread(app.records.search, indexes, question, limit),
        asyncio.gather(*(in_thread(app.vectors.search, index, query.dense, limit) for index in indexes)),
    )
    return Found(tuple(indexes), _merged(dense, limit), _merged(lexical, limit))


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


def _merged(answers: Sequence[Sequence[Scored]], limit: int) -> dict[str, float]:
    every = sorted((each for found in answers for each in found), key=lambda each: (-each.score, each.chunk_id))
    return {each.chunk_id: each.score for each in every[:limit]}
