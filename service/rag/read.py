"""The extractive reader: picks the fewest sentences of the hits that answer the question, in reading order.

A real reader and not a language model: it rephrases nothing and cannot reason over several sentences. It needs no
encoding at question time, because the chunks' token vectors were kept when they were embedded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.core.sentences import Sentence, readable, sentences
from service.core.types import Hit, QueryVectors, TokenVectors
from service.rag.words import content_words, coverage, rarity

# Weights of a sentence's scores, measured in docs/decisions/0004-reader.md: late interaction with the sentence, and
# with its title, headings and column names beside it; its pooled vector; shared words; its hit's own score; a number
# where one is asked for.
LATE, LATE_IN_PLACE, POOLED, WORDS, HIT, NUMBER = 0.13, 0.6, 0.17, 0.06, 0.06, 0.05
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
    """A sentence of a hit, as it will be shown, with its score and the question's words that it says itself."""

    hit: Hit
    sentence: Sentence
    text: str
    score: float
    words: frozenset[str]


class _Found:
    """A sentence of a hit with the text that is shown, and its words together with those of its headings."""

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
    best_hit = max((hit.score for hit in hits), default=1.0) or 1.0
    asks_number = bool(_ASKS_NUMBER.search(question))
    scored = [
        Evidence(
            each.hit,
            each.sentence,
            each.text,
            _late_score(query, each)
            + WORDS * coverage(asked, each.words, weights)
            + HIT * each.hit.score / best_hit
            + NUMBER * (asks_number and bool(_NUMBER.search(each.text))),
            content_words(each.text) & asked,
        )
        for each in found
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


def _late_score(query: QueryVectors, each: _Found) -> float:
    """What the token vectors say of a sentence, weighted; 0 for one beyond the encoder's longest text."""
    tokens, similarities = each.hit.stored.tokens, each.hit.similarities
    inside = _tokens_in(tokens, each.sentence.start, each.sentence.end)
    if inside.start == inside.stop:
        return 0.0
    best = similarities[:, inside].max(axis=1)
    pooled = tokens.vectors[inside].sum(axis=0, dtype=np.float32)
    cosine = float(pooled @ query.projected) / float(np.linalg.norm(pooled) * np.linalg.norm(query.projected) + 1e-12)
    score = LATE * float(best.mean()) + POOLED * cosine
    for above in (_tokens_in(tokens, -1, 0), *(_tokens_in(tokens, *span) for span in each.sentence.above)):
        if above.start < above.stop:
            best = np.maximum(best, similarities[:, above].max(axis=1))
    return score + LATE_IN_PLACE * float(best.mean())


def _tokens_in(tokens: TokenVectors, start: int, end: int) -> slice:
    """The tokens that begin in text[start:end]; those of the context come first and begin at -1."""
    first, last = np.searchsorted(tokens.spans[:, 0], (start, end))
    return slice(int(first), int(last))


def _header(hit: Hit) -> tuple[str, ...]:
    """The column names, when the chunk begins inside a table; splitting put them at the end of the context."""
    if not hit.stored.text.startswith("|"):
        return ()
    rows = _TABLE_HEADER.findall(hit.stored.chunk.context)
    return tuple(cell.strip() for cell in rows[-1].strip("|").split("|")) if rows else ()
