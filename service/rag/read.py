"""The extractive reader: picks the fewest sentences of the hits that answer the question, in reading order.

A real reader and not a language model: it rephrases nothing and cannot reason over several sentences. It needs no
encoding at question time, because the chunks' token vectors were kept when they were embedded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.sentences import Sentence, readable, sentences
from service.core.types import Hit, QueryVectors, TokenVectors
from service.rag import rank
from service.rag.words import content_words, coverage, rarity

# Weights of a sentence's scores, measured in docs/decisions/0004-reader.md: late interaction with the sentence, and
# with its heading and column names beside it; the sentence's pooled vector; shared words; its hit's own score; a number
# where one is asked for.
LATE, LATE_IN_PLACE, POOLED, WORDS, HIT, NUMBER = 0.4, 0.2, 0.3, 0.1, 0.15, 0.05
# A further sentence must score this much of the best one's score ...
NEAR_BEST = 0.85
# ... and bring this share of the question's words that the answer lacks so far.
NEW_WORDS = 0.2
_LEANS_BACK = re.compile(r"(?:It|Its|This|That|These|Those|They|Their|He|She|Such|Otherwise|However|In that case)\b")
_ASKS_NUMBER = re.compile(
    r"\b(how (long|many|much|often|far|old|late|soon|big|heavy|high|large|fast)|when"
    r"|what (time|price|number|amount|date)|which (day|date|number)|cost|price|deadline)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|twenty|thirty|half|twice|once)\b",
    re.IGNORECASE,
)
_TABLE_HEADER = re.compile(r"^\|.*\|$", re.MULTILINE)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, as it will be shown, with its score and the question's words that it covers."""

    hit: Hit
    sentence: Sentence
    text: str
    score: float
    words: frozenset[str]


class _Found:
    """A sentence of a hit with the text that is shown and the words that it stands for."""

    def __init__(self, hit: Hit, sentence: Sentence) -> None:
        self.hit = hit
        self.sentence = sentence
        self.text = readable(hit.stored.text, sentence)
        headings = " ".join(hit.stored.text[start:end] for start, end in sentence.above)
        self.words = content_words(f"{self.text} {headings}")


def evidence(question: str, query: QueryVectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every sentence of the hits with its score, best first. Hits come best first."""
    asked = content_words(question)
    found = [_Found(hit, each) for hit in hits for each in sentences(hit.stored.text, _header(hit))]
    weights = rarity([each.words for each in found])
    late = _late_scores(query, hits, found)
    best_hit = max((hit.score for hit in hits), default=1.0) or 1.0
    asks_number = bool(_ASKS_NUMBER.search(question))
    scored = [
        Evidence(
            each.hit,
            each.sentence,
            each.text,
            late_score
            + WORDS * coverage(asked, each.words, weights)
            + HIT * each.hit.score / best_hit
            + NUMBER * (asks_number and bool(_NUMBER.search(each.text))),
            each.words & asked,
        )
        for each, late_score in zip(found, late, strict=True)
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


def _late_scores(query: QueryVectors, hits: Sequence[Hit], found: Sequence[_Found]) -> list[float]:
    """What the token vectors say of each sentence, weighted; 0 for one beyond the encoder's longest text."""
    similarities = {id(hit): rank.token_similarities(query, hit.stored.tokens) for hit in hits}
    projected = query.projected / max(float(np.linalg.norm(query.projected)), 1e-12)
    scores = []
    for each in found:
        tokens, similar = each.hit.stored.tokens, similarities[id(each.hit)]
        inside = _tokens_in(tokens, each.sentence.start, each.sentence.end)
        if not inside.any():
            scores.append(0.0)
            continue
        in_place = np.logical_or.reduce([inside, *(_tokens_in(tokens, *span) for span in each.sentence.above)])
        pooled = tokens.vectors[inside].astype(np.float32).mean(axis=0)
        cosine = float(pooled @ projected) / max(float(np.linalg.norm(pooled)), 1e-12)
        scores.append(
            LATE * float(similar[:, inside].max(axis=1).mean())
            + LATE_IN_PLACE * float(similar[:, in_place].max(axis=1).mean())
            + POOLED * cosine
        )
    return scores


def _tokens_in(tokens: TokenVectors, start: int, end: int) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (tokens.spans[:, 0] >= start) & (tokens.spans[:, 1] <= end)
    return inside


def _header(hit: Hit) -> tuple[str, ...]:
    """The column names, when the chunk begins inside a table; splitting put them at the end of the context."""
    if not hit.stored.text.startswith("|"):
        return ()
    rows = _TABLE_HEADER.findall(hit.stored.chunk.context)
    return tuple(cell.strip() for cell in rows[-1].strip("|").split("|")) if rows else ()
