"""Hits made of passages alone, as of an index that holds nothing else: what detectors and heads are measured on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.core.answers import Hit
from service.core.embedder import Encoder
from service.core.sentences import sentences
from service.core.types import Chunk, ChunkVectors, QueryVectors, StoredChunk
from service.rag import rank

# Well below the 256 tokens that the encoder reads.
_CHARACTERS = 800


@dataclass(frozen=True)
class Embedded:
    """A piece of a passage with its vectors."""

    stored: StoredChunk
    vectors: ChunkVectors


def embedded(encoder: Encoder, passages: Sequence[tuple[str, str]]) -> list[Embedded]:
    """The pieces of passages, each a title and a text, cut between sentences. Its source is the passage's place."""
    cut = [(place, title, piece) for place, (title, text) in enumerate(passages) for piece in pieces(text)]
    vectors = encoder.embed_chunks([title for _, title, _ in cut], [piece for _, _, piece in cut])
    return [
        Embedded(_stored(number, place, title, piece, each), each)
        for number, ((place, title, piece), each) in enumerate(zip(cut, vectors, strict=True))
    ]


def pieces(text: str) -> list[str]:
    """Runs of whole sentences of at most 800 characters, or one sentence that is longer."""
    starts = [each.start for each in sentences(text)] or [0]
    cuts = [starts[0]]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if end - cuts[-1] > _CHARACTERS and start > cuts[-1]:
            cuts.append(start)
    return [text[start:end].rstrip() for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def hits(query: QueryVectors, found: Sequence[Embedded], limit: int) -> list[Hit]:
    """The best pieces for a question: the twenty nearest, reranked by late interaction as the product does."""
    dense = {each.stored.chunk.id: float(query.dense @ each.vectors.dense) for each in found}
    near = sorted(found, key=lambda each: -dense[each.stored.chunk.id])[: rank.RERANKED]
    similar = rank.token_similarities(query, [each.vectors.tokens for each in near])
    by_id = {each.stored.chunk.id: (each, cosines) for each, cosines in zip(near, similar, strict=True)}
    late = {name: rank.max_sim(cosines) for name, (_, cosines) in by_id.items()}
    scores = rank.reranked({name: dense[name] for name in by_id}, late)
    return [
        Hit(by_id[name][0].stored, score, dense[name], None, by_id[name][1], late[name])
        for name, score in list(scores.items())[:limit]
    ]


def plain_hit(found: Embedded) -> Hit:
    """A piece as a hit of no question: something to be cited."""
    return Hit(found.stored, 1.0, None, None, np.zeros((0, 0), np.float32), 0.0)


def _stored(number: int, place: int, title: str, text: str, vectors: ChunkVectors) -> StoredChunk:
    chunk = Chunk(str(number), str(place), number, 0, len(text), title)
    return StoredChunk(chunk, text, "passages", str(place), title, vectors.tokens)
