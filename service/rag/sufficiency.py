"""What tells evidence that answers from evidence that only resembles the question: the features of one head.

Each lies between 0 and 1 and says one thing that a reader can check. Nothing is encoded here: the vectors of the
question's and the chunks' tokens are there already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.core.answers import Hit
from service.core.types import QueryVectors, Vector
from service.rag import read
from service.rag.named import phrases, searchable
from service.rag.read import Evidence
from service.rag.words import placed_words

SIGNS = {
    "dense": 1,
    "sentence": 1,
    "weak_words": 1,
    "first_hit": 1,
    "missing_names": -1,
    "missing_numbers": -1,
}
"""The features, and which way each one pushes: a head that has learnt the contrary has learnt the questions' style."""
_MOST_MISSING = 2


@dataclass(frozen=True)
class Measured:
    """The features by name, and the names and numbers of the question that the evidence lacks."""

    features: dict[str, float]
    missing: tuple[str, ...]


def measured(question: str, query: QueryVectors, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Measured:
    """The features of a question and what was found; hits and evidence come best first, and there is one of each.

    dense: best cosine of a hit. sentence: score of the best sentence. weak_words: mean cosine of the worse half of the
    question's content words with that sentence, its title, headings and column names. first_hit: whether the sentence
    stands in the first hit. missing_names: names, codes and models of the question that the sentence's chunk does not
    hold; missing_numbers: numbers that no hit holds; each of at most two, as a share.
    """
    best = ranked[0]
    asked = phrases(question)
    texts = {id(hit): searchable(_whole(hit)) for hit in hits}
    names = [each.text for each in asked if not each.amount and not each.stands_in(texts[id(best.hit)])]
    numbers = [each.text for each in asked if each.amount and not any(map(each.stands_in, texts.values()))]
    features = {
        "dense": max(hit.dense or 0.0 for hit in hits),
        "sentence": best.score,
        "weak_words": _weak_words(question, query, best),
        "first_hit": float(best.hit is hits[0]),
        "missing_names": min(len(names), _MOST_MISSING) / _MOST_MISSING,
        "missing_numbers": min(len(numbers), _MOST_MISSING) / _MOST_MISSING,
    }
    return Measured(features, (*names, *numbers))


def _weak_words(question: str, query: QueryVectors, best: Evidence) -> float:
    similar = read.in_place(best.hit, best.sentence)
    words = [_cosine(query, similar, start, end) for start, end, _ in placed_words(question)]
    known = sorted(each for each in words if each is not None) or [float(similar.mean())]
    return float(np.mean(known[: max(1, len(known) // 2)]))


def _cosine(query: QueryVectors, similar: Vector, start: int, end: int) -> float | None:
    """Mean over a word's tokens; None for a word beyond what the encoder reads."""
    within = (query.spans[:, 0] >= start) & (query.spans[:, 1] <= end) & (query.spans[:, 0] < query.spans[:, 1])
    return float(similar[within].mean()) if within.any() else None


def _whole(hit: Hit) -> str:
    return f"{hit.stored.title} {hit.stored.chunk.context} {hit.stored.text}"
