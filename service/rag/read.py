"""The extractive reader: picks the fewest sentences of the hits that answer the question, in reading order.

A real reader and not a language model: it rephrases nothing and cannot reason over several sentences. It needs no
encoding at question time, because the chunks' token vectors were kept when they were embedded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.core.sentences import Sentence, readable, sentences
from service.core.types import Hit, QueryVectors
from service.rag import rank
from service.rag.words import content_words, coverage, rarity

# Weights of a sentence's three scores and of its hit's own; measured in docs/decisions/0004-reader.md.
MAX_SIM_WEIGHT, POOLED_WEIGHT, WORDS_WEIGHT, HIT_WEIGHT = 0.5, 0.35, 0.15, 0.1
# A further sentence must score this much of the best one's score ...
NEAR_BEST = 0.85
# ... and bring this share of the question's words that the answer lacks so far.
NEW_WORDS = 0.2
_LEANS_BACK = re.compile(r"(?:It|Its|This|That|These|Those|They|Their|He|She|Such|Otherwise|However|In that case)\b")
_TABLE_HEADER = re.compile(r"^\|.*\|$", re.MULTILINE)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, as it will be shown, with its score and the question's words that it covers."""

    hit: Hit
    sentence: Sentence
    text: str
    score: float
    words: frozenset[str]


def evidence(question: str, query: QueryVectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every sentence of the hits with its score, best first. Hits come best first."""
    asked = content_words(question)
    found = [(hit, each) for hit in hits for each in sentences(hit.stored.text, _header(hit))]
    texts = [readable(hit.stored.text, sentence) for hit, sentence in found]
    words = [
        content_words(text) | (content_words(hit.stored.chunk.context) & asked)
        for text, (hit, _) in zip(texts, found, strict=True)
    ]
    weights = rarity(words)
    late = _late_scores(query, hits, found)
    best_hit = max((hit.score for hit in hits), default=1.0) or 1.0
    scored = [
        Evidence(
            hit,
            sentence,
            text,
            late[position]
            + WORDS_WEIGHT * coverage(asked, words[position], weights)
            + HIT_WEIGHT * hit.score / best_hit,
            words[position] & asked,
        )
        for position, ((hit, sentence), text) in enumerate(zip(found, texts, strict=True))
    ]
    return sorted(scored, key=lambda each: -each.score)


def choose(question: str, ranked: Sequence[Evidence], limit: int) -> list[Evidence]:
    """The fewest of the ranked sentences that cover what the question asks, at most `limit`, in reading order."""
    if not ranked:
        return []
    asked = content_words(question)
    chosen = [ranked[0]]
    for each in ranked[1:]:
        covered = frozenset().union(*(one.words for one in chosen))
        if len(chosen) == limit or each.score < NEAR_BEST * ranked[0].score:
            break
        if len(each.words - covered) >= NEW_WORDS * max(len(asked), 1) and each.text not in {o.text for o in chosen}:
            chosen.append(each)
    if len(chosen) < limit:
        chosen.extend(_leaned_on(chosen[0], ranked, chosen))
    return _in_reading_order(chosen)


def _leaned_on(best: Evidence, ranked: Sequence[Evidence], chosen: Sequence[Evidence]) -> list[Evidence]:
    """The sentence before one that opens with a word like "It", which says nothing alone."""
    if not _LEANS_BACK.match(best.text):
        return []
    before = [
        each
        for each in ranked
        if each.hit is best.hit and each.sentence.end <= best.sentence.start and each not in chosen
    ]
    return sorted(before, key=lambda each: each.sentence.end)[-1:]


def _in_reading_order(chosen: Sequence[Evidence]) -> list[Evidence]:
    """Documents in the order of their best sentence, sentences as they stand in the document."""
    first = {each.hit.stored.chunk.document_id: place for place, each in reversed(list(enumerate(chosen)))}
    return sorted(
        chosen,
        key=lambda each: (
            first[each.hit.stored.chunk.document_id],
            each.hit.stored.chunk.start + each.sentence.start,
        ),
    )


def _late_scores(query: QueryVectors, hits: Sequence[Hit], found: Sequence[tuple[Hit, Sentence]]) -> list[float]:
    """MaxSim and pooled similarity of each sentence with the question, weighted."""
    similarities = {id(hit): rank.token_similarities(query, hit.stored.tokens) for hit in hits}
    projected = query.projected / max(float(np.linalg.norm(query.projected)), 1e-12)
    scores = []
    for hit, sentence in found:
        spans = hit.stored.tokens.spans
        inside = np.flatnonzero((spans[:, 0] >= sentence.start) & (spans[:, 1] <= sentence.end))
        if not len(inside):  # beyond the encoder's longest text
            scores.append(0.0)
            continue
        pooled = hit.stored.tokens.vectors[inside].astype(np.float32).mean(axis=0)
        cosine = float(pooled @ projected) / max(float(np.linalg.norm(pooled)), 1e-12)
        max_sim = float(similarities[id(hit)][:, inside].max(axis=1).mean())
        scores.append(MAX_SIM_WEIGHT * max_sim + POOLED_WEIGHT * cosine)
    return scores


def _header(hit: Hit) -> tuple[str, ...]:
    """The column names, when the chunk begins inside a table; splitting put them at the end of the context."""
    if not hit.stored.text.startswith("|"):
        return ()
    rows = _TABLE_HEADER.findall(hit.stored.chunk.context)
    return tuple(cell.strip() for cell in rows[-1].strip("|").split("|")) if rows else ()
