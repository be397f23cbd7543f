"""Finds the chunks that may answer: dense and lexical side by side in every readable space, fused, reranked.

Opens only the indexes that it is given. Does not judge whether what it found is enough.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from service.core.answers import Hit
from service.core.app import App
from service.core.types import Index, QueryVectors, Scored
from service.rag import duplicates, rank
from service.rag.access import Originals, Reach
from service.rag.controls import Controls
from service.rag.threads import in_thread

# An index of which only some documents are meant is asked for so many times as much.
MORE_TO_CHOOSE_FROM = 4


@dataclass(frozen=True)
class Found:
    """Scores by chunk from each retriever, and the indexes that were asked."""

    indexes: tuple[Index, ...]
    dense: dict[str, float]
    lexical: dict[str, float]


async def reached(app: App, reach: Reach, question: str, query: QueryVectors) -> Found:
    """What is found in everything that a question is answered from."""
    whole = [each.index for each in reach.spaces]
    found = await search(app, whole, question, query, MORE_TO_CHOOSE_FROM if reach.without else 1)
    parts = await asyncio.gather(*(_among(app, each, question, query) for each in reach.originals))
    if reach.without:
        parts = [await _kept(app, each, lambda document: document not in reach.without) for each in (found, *parts)]
        return _joined(parts, app.settings.candidates)
    return _joined([found, *parts], app.settings.candidates) if parts else found


async def search(app: App, indexes: Sequence[Index], question: str, query: QueryVectors, more: int = 1) -> Found:
    """Ask every index for its nearest and its best matching chunks, all at once; for `more` times as many."""
    limit = app.settings.candidates * more
    lexical, dense = await asyncio.gather(
        in_thread(app.records.search, indexes, question, limit),
        asyncio.gather(*(in_thread(app.vectors.search, index, query.dense, limit) for index in indexes)),
    )
    return Found(tuple(indexes), _merged(dense, limit), _merged(lexical, limit))


async def ranked_hits(app: App, found: Found, query: QueryVectors, strategy: str, controls: Controls) -> list[Hit]:
    """The best of the chunks found, best first, with their text and token vectors, without copies.

    A chunk that the vector index holds and the records do not is left out: the records decide what exists.
    """
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


async def _among(app: App, originals: Originals, question: str, query: QueryVectors) -> Found:
    """What is found of some documents of a space."""
    index = originals.space.index
    found = await search(app, [index], question, query, MORE_TO_CHOOSE_FROM)
    return await _kept(app, found, lambda document: document in originals.documents)


async def _kept(app: App, found: Found, keep: Callable[[str | None], bool]) -> Found:
    """What was found of the documents, by id, that are to be kept."""
    chunks = [*found.dense.keys() | found.lexical.keys()]
    documents: dict[str, str] = {}
    for index in found.indexes:
        documents |= await in_thread(app.records.documents_of, index, chunks)

    def ours(scores: dict[str, float]) -> dict[str, float]:
        return {chunk: score for chunk, score in scores.items() if keep(documents.get(chunk))}

    return Found(found.indexes, ours(found.dense), ours(found.lexical))


def _joined(parts: Sequence[Found], limit: int) -> Found:
    def best(scores: Iterable[dict[str, float]]) -> dict[str, float]:
        return _merged([[Scored(*pair) for pair in each.items()] for each in scores], limit)

    indexes = tuple(index for each in parts for index in each.indexes)
    return Found(indexes, best(each.dense for each in parts), best(each.lexical for each in parts))


def _merged(answers: Sequence[Sequence[Scored]], limit: int) -> dict[str, float]:
    every = sorted((each for found in answers for each in found), key=lambda each: (-each.score, each.chunk_id))
    return {each.chunk_id: each.score for each in every[:limit]}
