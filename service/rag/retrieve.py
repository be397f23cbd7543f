"""Finds the chunks that may answer: dense and lexical side by side in every readable space, fused, reranked.

Opens only the indexes that it is given. Does not judge whether what it found is enough.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.core.answers import Hit
from service.core.app import App
from service.core.reranker import Reranker
from service.core.types import Index, QueryVectors, Scored, StoredChunk, Vector
from service.rag import duplicates, neighbours, rank, repair
from service.rag.access import Reach
from service.rag.controls import Controls
from service.rag.threads import in_thread

# An index of which only some documents are meant is asked for so many times as much.
MORE_TO_CHOOSE_FROM = 4


@dataclass(frozen=True)
class Place:
    """An index, the ids of the documents in it that are searched, None meaning all, and of those that are left out."""

    index: Index
    documents: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether every document in it is searched."""
        return self.documents is None and not self.without

    def means(self, document: str | None) -> bool:
        """Whether a document of the index is searched."""
        return document is not None and document not in self.without and document in (self.documents or {document})


@dataclass(frozen=True)
class Found:
    """Scores by chunk from each retriever, and where it was searched.

    `question` and `query` are the question as it was understood, `dense` and `lexical` what that found; `to_the_letter`
    is what dense search found for the question as it was asked.
    """

    places: tuple[Place, ...]
    question: str
    query: QueryVectors
    dense: dict[str, float]
    lexical: dict[str, float]
    to_the_letter: dict[str, float]

    @property
    def indexes(self) -> list[Index]:
        """The indexes that were searched."""
        return [each.index for each in self.places]


async def reached(app: App, reach: Reach, question: str, query: QueryVectors) -> Found:
    """What is found in everything that a question is answered from: its nearest and its best matching chunks."""
    places, whole = _places(reach), [each.index for each in reach.spaces]
    encoder = app.encoder_of(reach.every_space)
    understood = await in_thread(repair.understood, app.records, encoder.tokenizer, whole, question)
    dense, lexical = await asyncio.gather(_nearest(app, places, query.dense), _matching(app, places, understood))
    if understood == question:
        return Found(places, question, query, dense, lexical, dense)
    again = await in_thread(encoder.embed_query, understood)
    return Found(places, understood, again, await _nearest(app, places, again.dense), lexical, dense)


async def scored(app: App, found: Found, strategy: str) -> dict[str, float]:
    """Every chunk found with its score by a strategy, best first.

    Hybrid searches a second time from a point between the question and the best of what it found so far.
    """
    if strategy == "naive":
        return found.to_the_letter
    first = rank.best(rank.fused(found.dense, found.lexical), rank.FEEDBACK)
    held = await asyncio.gather(*(in_thread(app.vectors.get, each, first) for each in found.indexes))
    vectors = {chunk: vector for each in held for chunk, vector in each.items()}
    if not vectors:
        return rank.fused(found.dense, found.lexical)
    towards = rank.towards(found.query.dense, np.stack(list(vectors.values())))
    return rank.fused(await _nearest(app, found.places, towards), found.lexical)


async def ranked_hits(app: App, found: Found, query: QueryVectors, strategy: str, controls: Controls) -> list[Hit]:
    """The best of the chunks found, best first, with their text and token vectors, without copies.

    A chunk that the vector index holds and the records do not is left out: the records decide what exists. Neighbours
    that a cut parted are one hit.
    """
    query = query if strategy == "naive" else found.query
    scores = await scored(app, found, strategy)
    top = rank.best(scores, max(rank.RERANKED, app.settings.hits))
    stored = await in_thread(app.records.chunks, found.indexes, top)
    kept = [chunk for chunk in top if chunk in stored]
    similar = dict(zip(kept, rank.token_similarities(query, [stored[each].tokens for each in kept]), strict=True))
    if strategy == "hybrid":
        scores = rank.reranked(scores, {chunk: rank.max_sim(each) for chunk, each in similar.items()})
    hits = [_hit(found, stored[chunk], scores[chunk], similar[chunk]) for chunk in scores if chunk in similar]
    if strategy == "hybrid" and app.reranker is not None:
        hits = await in_thread(_read_together, app.reranker, found.question, hits)
    hits = controls.apply("duplicates", duplicates.without_copies, hits)
    if strategy == "hybrid":
        hits = await in_thread(neighbours.joined, app.records, hits, app.settings.hits)
    return hits[: app.settings.hits]


def _places(reach: Reach) -> tuple[Place, ...]:
    """Where a reach is searched: its spaces, and of others the originals of copies."""
    whole = (Place(each.index, without=reach.without) for each in reach.spaces)
    parts = (Place(each.space.index, each.documents, reach.without) for each in reach.originals)
    return (*whole, *parts)


def _read_together(reranker: Reranker, question: str, hits: list[Hit]) -> list[Hit]:
    """The hits in the order of a cross-encoder, with its scores from 0 to 1. Blocks."""
    read = reranker.scores(question, [f"{each.stored.chunk.context}\n{each.stored.text}" for each in hits])
    scores = rank.scaled({hit.stored.chunk.id: score for hit, score in zip(hits, read, strict=True)})
    ordered = [replace(each, score=scores[each.stored.chunk.id]) for each in hits]
    return sorted(ordered, key=lambda each: (-each.score, each.stored.chunk.id))


def _hit(found: Found, stored: StoredChunk, score: float, similar: Vector) -> Hit:
    chunk = stored.chunk.id
    return Hit(stored, score, found.dense.get(chunk), found.lexical.get(chunk), similar, rank.max_sim(similar))


async def _nearest(app: App, places: Sequence[Place], vector: Vector) -> dict[str, float]:
    """The nearest chunks of all places with their cosine."""
    asked = (in_thread(app.vectors.search, each.index, vector, _limit(app, each)) for each in places)
    return await _best(app, places, await asyncio.gather(*asked))


async def _matching(app: App, places: Sequence[Place], question: str) -> dict[str, float]:
    """The best matching chunks of all places by BM25."""
    whole = [each for each in places if each.whole]
    parts = [each for each in places if not each.whole]
    of_whole, *of_parts = await asyncio.gather(
        in_thread(app.records.search, [each.index for each in whole], question, app.settings.candidates),
        *(in_thread(app.records.search, [each.index], question, _limit(app, each)) for each in parts),
    )
    return await _best(app, [*whole, *parts], [*of_whole, *(each[0] for each in of_parts)])


def _limit(app: App, place: Place) -> int:
    return app.settings.candidates * (1 if place.whole else MORE_TO_CHOOSE_FROM)


async def _best(app: App, places: Sequence[Place], answers: Sequence[Sequence[Scored]]) -> dict[str, float]:
    """The best of what all places answered, without documents that are not meant."""
    meant = await asyncio.gather(*map(lambda *each: _meant(app, *each), places, answers))
    every = sorted((each for found in meant for each in found), key=lambda each: (-each.score, each.chunk_id))
    return {each.chunk_id: each.score for each in every[: app.settings.candidates]}


async def _meant(app: App, place: Place, found: Sequence[Scored]) -> Sequence[Scored]:
    if place.whole:
        return found
    documents = await in_thread(app.records.documents_of, place.index, [each.chunk_id for each in found])
    return [each for each in found if place.means(documents.get(each.chunk_id))]
