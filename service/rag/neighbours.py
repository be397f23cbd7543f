"""Joins hits that a cut parted: two chunks that follow each other under the same headings become one passage.

Nothing is fetched that was not found: a neighbour matters when it is among the best itself.
"""

from dataclasses import replace

import numpy as np

from service.core.answers import Hit
from service.core.records import Records
from service.core.types import StoredChunk, TokenVectors
from service.rag import rank


def joined(records: Records, hits: list[Hit], within: int) -> list[Hit]:
    """The hits, best first; of the first `within`, two neighbours are one hit in the place of the better. Blocks."""
    kept: list[Hit] = []
    taken = set[int]()
    for place, hit in enumerate(hits):
        if place in taken:
            continue
        follower = next((at for at in range(place + 1, min(within, len(hits))) if _continue(hit, hits[at])), None)
        if follower is None or place >= within:
            kept.append(hit)
        else:
            taken.add(follower)
            kept.append(_joined(records, hit, hits[follower]))
    return kept


def _continue(one: Hit, other: Hit) -> bool:
    """Whether one of two hits continues the other under the same title, headings and column names."""
    ours, theirs = one.stored.chunk, other.stored.chunk
    together = ours.document_id == theirs.document_id and ours.context == theirs.context
    return together and abs(ours.ordinal - theirs.ordinal) == 1


def _joined(records: Records, best: Hit, other: Hit) -> Hit:
    first, second = sorted((best, other), key=lambda each: each.stored.chunk.start)
    start, end = first.stored.chunk.start, max(first.stored.chunk.end, second.stored.chunk.end)
    chunk = replace(best.stored.chunk, start=start, end=end, ordinal=first.stored.chunk.ordinal)
    text = records.text_between(chunk.document_id, start, end)
    offset = second.stored.chunk.start - start
    begins = second.stored.tokens.spans[:, 0]
    fresh = (begins >= 0) & (begins + offset >= first.stored.chunk.end - start)  # neither context nor overlap
    stored = replace(best.stored, chunk=chunk, text=text, tokens=_tokens(first.stored, second.stored, fresh, offset))
    similarities = np.concatenate([first.similarities, second.similarities[:, fresh]], axis=1)
    return replace(best, stored=stored, similarities=similarities, max_sim=rank.max_sim(similarities))


def _tokens(first: StoredChunk, second: StoredChunk, fresh: np.ndarray, offset: int) -> TokenVectors:
    """The tokens of both in their order, spans from the first one's start."""
    return TokenVectors(
        np.concatenate([first.tokens.vectors, second.tokens.vectors[fresh]]),
        np.concatenate([first.tokens.spans, second.tokens.spans[fresh] + np.int32(offset)]),
    )
