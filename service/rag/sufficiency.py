"""What tells evidence that answers from evidence that only resembles the question: the features of one head.

Each says one thing that a reader can check, and lies between 0 and 1, a cosine between -1 and 1. Nothing is encoded
here: the vectors of the question's and the chunks' tokens are there already.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.answers import Hit
from service.core.types import QueryVectors, Vector
from service.rag import read
from service.rag.named import phrases, searchable, siblings
from service.rag.read import Evidence
from service.rag.words import content_words, placed_words

SIGNS = {
    "dense": 1,
    "lead": 1,
    "unmet": -1,
    "unmet_in_chunk": -1,
    "missing": -1,
}
"""The features, and which way each one pushes: a head that has learnt the contrary has learnt the questions' style."""
# A word of the question is met where something is this much like it: in the sentence, and in its whole chunk, where
# much more is said. Chosen on the tune split of the sample cases among .35 to .55.
MET, MET_IN_CHUNK = 0.5, 0.4
# What a sentence leads by where all sentences are of one document: near the median of the tune split, .04.
LEAD_ALONE = 0.05


@dataclass(frozen=True)
class Measured:
    """The features by name, the question's names and numbers that the evidence lacks, and models it names instead."""

    features: dict[str, float]
    missing: tuple[str, ...]
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Word:
    """Which of the question's tokens make a content word (tokens,), and how much it counts."""

    tokens: NDArray[np.bool_]
    weight: float


def measured(question: str, query: QueryVectors, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Measured:
    """The features of a question and what was found; hits and evidence come best first, and there is one of each.

    dense: best cosine of a hit. lead: by how much the best sentence scores above those of other documents. unmet: share
    of the question's content words, the rare ones counting more, that nothing in the best sentence, its title, headings
    and column names is like; unmet_in_chunk: the same of its whole chunk. missing: whether the question has a name, a
    code or a model that the sentence's chunk does not hold, or a number that no hit holds.
    """
    best = ranked[0]
    asked = phrases(question)
    texts = {id(hit): searchable(_whole(hit)) for hit in hits}
    names = [each.text for each in asked if not each.amount and not each.stands_in(texts[id(best.hit)])]
    numbers = [each.text for each in asked if each.amount and not any(map(each.stands_in, texts.values()))]
    words = _words(question, query, hits, ranked)
    features = {
        "dense": max(hit.dense or 0.0 for hit in hits),
        "lead": _lead(ranked),
        "unmet": _unmet(words, read.in_place(best.hit, best.sentence), MET),
        "unmet_in_chunk": _unmet(words, best.hit.similarities.max(axis=1, initial=-1.0), MET_IN_CHUNK),
        "missing": float(bool(names or numbers)),
    }
    return Measured(
        features, (*names, *numbers), tuple(one for each in names for one in siblings(each, _whole(best.hit)))
    )


def _lead(ranked: Sequence[Evidence]) -> float:
    best = ranked[0]
    other = next((each.score for each in ranked if each.document != best.document), None)
    return LEAD_ALONE if other is None else float(np.clip(best.score - other, 0.0, 1.0))


def _words(question: str, query: QueryVectors, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> list[_Word]:
    """The content words that the encoder read; the whole question where it has none."""
    rare = _rarity(question, hits, ranked)
    at = query.spans
    found = []
    for start, end, stem in placed_words(question):
        tokens = (at[:, 0] >= start) & (at[:, 1] <= end) & (at[:, 0] < at[:, 1])
        if tokens.any():
            found.append(_Word(tokens, rare[stem]))
    return found or [_Word(np.ones(len(at), dtype=bool), 1.0)]


def _rarity(question: str, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Mapping[str, float]:
    """ln(1 + n / holders) of each word among the sentences, where the words of title and headings count for all."""
    asked = content_words(question)
    above = {id(hit): asked & content_words(_above(hit)) for hit in hits}
    holders = Counter(word for each in ranked for word in each.words | above[id(each.hit)])
    return {word: float(np.log1p(len(ranked) / max(1, holders[word]))) for word in asked}


def _unmet(words: Sequence[_Word], similar: Vector, least: float) -> float:
    """Share of the words' weight whose tokens are less like what was found than `least`, on average."""
    missed = sum(word.weight for word in words if similar[word.tokens].mean() < least)
    return missed / sum(word.weight for word in words)


def _above(hit: Hit) -> str:
    return f"{hit.stored.title} {hit.stored.chunk.context}"


def _whole(hit: Hit) -> str:
    return f"{_above(hit)} {hit.stored.text}"
