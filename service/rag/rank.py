"""Fuses what the retrievers found and reranks the best by late interaction. Pure arithmetic: no store is asked here."""

from collections.abc import Mapping, Sequence

import numpy as np

from service.core.types import QueryVectors, TokenVectors, Vector

# Measured on four public sets (docs/decisions/0003-retrieval.md): a little more of dense than of lexical, a second
# dense search from between the question and the three best, the twenty best reranked with .3 of the weight on MaxSim.
DENSE_SHARE = 0.6
FEEDBACK = 3
RERANKED = 20
MAX_SIM_SHARE = 0.3
_INT8_SCALE = 127.0


def fused(dense: Mapping[str, float], lexical: Mapping[str, float]) -> dict[str, float]:
    """Convex combination of min-max scaled scores, best first; a chunk that one retriever missed gets its lowest.

    Formula: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
    """
    dense_scaled, lexical_scaled = scaled(dense), scaled(lexical)
    scores = {
        chunk: DENSE_SHARE * dense_scaled.get(chunk, 0.0) + (1 - DENSE_SHARE) * lexical_scaled.get(chunk, 0.0)
        for chunk in {**dense, **lexical}
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def towards(question: Vector, found: Vector) -> Vector:
    """The question's unit vector (dimension,), moved towards what was found for it (chunks, dimension).

    Each chunk weighs the square of its cosine: what is only faintly like the question does not draw it away. Formula:
    Rocchio, "Relevance Feedback in Information Retrieval" (1971), with the best found taken for relevant.
    """
    weights = np.maximum(found @ question, 0.0) ** 2
    moved: Vector = question + (weights[:, None] * found).mean(axis=0)
    return moved / np.linalg.norm(moved)


def max_sim(similarities: Vector) -> float:
    """Mean over the question's tokens of the best cosine with any token of the chunk, -1 to 1.

    Late interaction: Khattab and Zaharia, "ColBERT" (2020), here with an encoder that was not trained for it.
    """
    return float(similarities.max(axis=1).mean()) if similarities.size else 0.0


def token_similarities(query: QueryVectors, chunks: Sequence[TokenVectors]) -> list[Vector]:
    """Cosines (question's tokens, chunk's tokens) with each of some chunks, in one product."""
    if not chunks:
        return []
    every = np.concatenate([each.vectors for each in chunks]).astype(np.float32)
    similarities: Vector = (query.tokens @ every.T) / _INT8_SCALE
    ends = np.cumsum([len(each.vectors) for each in chunks])
    return np.split(similarities, ends[:-1], axis=1)


def reranked(scores: Mapping[str, float], similarities: Mapping[str, float]) -> dict[str, float]:
    """Scores of the chunks in `similarities`, mixed with their MaxSim, best first; no other chunk is kept."""
    base, late = scaled({chunk: scores[chunk] for chunk in similarities}), scaled(similarities)
    top = {chunk: (1 - MAX_SIM_SHARE) * base[chunk] + MAX_SIM_SHARE * late[chunk] for chunk in similarities}
    ordered = sorted(top.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered)


def scaled(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores from 0 to 1 by their minimum and maximum; 1 where all are equal."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {chunk: (score - low) / (high - low) for chunk, score in scores.items()}


def best(scores: Mapping[str, float], count: int) -> Sequence[str]:
    """The first `count` ids of scores that are in order."""
    return list(scores)[:count]
