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
from service.core.types import Index, QueryVectors, Scored, Vector
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
class Candidates:
    """Chunks that may answer: what each search gave them, and their scores in order, best first.

    `question` and `query` are the question as it was understood.
    """

    places: tuple[Place, ...]
    question: str
    query: QueryVectors
    dense: dict[str, float]
    lexical: dict[str, float]
    scores: dict[str, float]


async def nearest(app: App, reach: Reach, question: str, query: QueryVectors) -> Candidates:
    """The chunks nearest to a question in everything that it is answered from."""
    places = _places(reach)
    dense = await _nearest(app, places, query.dense)
    return Candidates(places, question, query, dense, {}, dense)


async def fused(app: App, reach: Reach, question: str, query: QueryVectors) -> Candidates:
    """The nearest and the best matching chunks, after the question's spelling was repaired.

    Dense search is made a second time, from a point between the question and the best of what was found so far.
    """
    places, whole = _places(reach), [each.index for each in reach.spaces]
    encoder = app.encoder_of(reach.every_space)
    understood = await in_thread(repair.understood, app.records, encoder.tokenizer, whole, question)
    if understood != question:
        query = await in_thread(encoder.embed_query, understood)
    dense, lexical = await asyncio.gather(_nearest(app, places, query.dense), _matching(app, places, understood))
    first = rank.fused(dense, lexical)
    again = await _towards(app, places, query, rank.best(first, rank.FEEDBACK))
    return Candidates(places, understood, query, dense, lexical, rank.fused(again, lexical) if again else first)


async def best(app: App, found: Candidates, controls: Controls) -> list[Hit]:
    """The best candidates as hits, without copies."""
    hits = await _read(app, found)
    return controls.apply("duplicates", duplicates.without_copies, hits)[: app.settings.hits]


async def reranked(app: App, found: Candidates, controls: Controls) -> list[Hit]:
    """The best candidates as hits, reranked, without copies; neighbours that a cut parted are one hit."""
    hits = await _read(app, found)
    scores = rank.reranked(found.scores, {each.stored.chunk.id: each.max_sim for each in hits})
    by_chunk = {each.stored.chunk.id: each for each in hits}
    hits = [replace(by_chunk[chunk], score=score) for chunk, score in scores.items()]
    if app.reranker is not None:
        hits = await in_thread(_read_together, app.reranker, found.question, hits)
    hits = controls.apply("duplicates", duplicates.without_copies, hits)
    return (await in_thread(neighbours.joined, app.records, hits, app.settings.hits))[: app.settings.hits]


async def _read(app: App, found: Candidates) -> list[Hit]:
    """The best candidates with their text and token vectors, as many as are reranked.

    A chunk that the vector index holds and the records do not is left out: the records decide what exists.
    """
    top = rank.best(found.scores, max(rank.RERANKED, app.settings.hits))
    stored = await in_thread(app.records.chunks, [each.index for each in found.places], top)
    kept = [chunk for chunk in top if chunk in stored]
    similar = rank.token_similarities(found.query, [stored[each].tokens for each in kept])
    return [
        Hit(
            stored[chunk],
            found.scores[chunk],
            found.dense.get(chunk),
            found.lexical.get(chunk),
            each,
            rank.max_sim(each),
        )
        for chunk, each in zip(kept, similar, strict=True)
    ]


async def _towards(app: App, places: Sequence[Place], query: QueryVectors, chunks: Sequence[str]) -> dict[str, float]:
    """The chunks nearest to a point between a question and some chunks; none where those have no vectors."""
    held = await asyncio.gather(*(in_thread(app.vectors.get, each.index, chunks) for each in places))
    vectors = [vector for each in held for vector in each.values()]
    return await _nearest(app, places, rank.towards(query.dense, np.stack(vectors))) if vectors else {}


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
