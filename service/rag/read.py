"""The extractive reader: picks the fewest sentences of the hits that answer the question, in reading order.

A real reader and not a language model: it rephrases nothing and cannot reason over several sentences. It needs no
encoding at question time, because the chunks' token vectors were kept when they were embedded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from service.core.answers import Hit
from service.core.sentences import Sentence, cells, readable, sentences
from service.core.types import QueryVectors, TokenVectors, Vector
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


@dataclass(frozen=True)
class _Parsed:
    """A sentence of a chunk with the text that is shown, its content words, and those of what it stands under."""

    sentence: Sentence
    text: str
    words: frozenset[str]
    above: frozenset[str]
    number: bool


@lru_cache(maxsize=4_096)
def _parsed(text: str, header: tuple[str, ...]) -> tuple[_Parsed, ...]:
    """The sentences of a chunk. Popular chunks come again, and parsing one takes as long as scoring it."""
    return tuple(
        _Parsed(
            each,
            shown,
            words=content_words(shown),
            above=content_words(" ".join(text[start:end] for start, end in each.above)),
            number=bool(_NUMBER.search(shown)),
        )
        for each in sentences(text, header)
        for shown in [readable(text, each)]
    )


def shown_sentences(hit: Hit) -> list[tuple[Sentence, str]]:
    """The sentences of a hit in reading order, each with its text as it is shown."""
    return [(each.sentence, each.text) for each in _parsed(hit.stored.text, _header(hit))]


def evidence(question: str, query: QueryVectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every sentence of the hits with its score, best first. Hits come best first."""
    asked = content_words(question)
    found = [
        (hit, each, float(late))
        for hit in hits
        for parsed in [_parsed(hit.stored.text, _header(hit))]
        if parsed
        for each, late in zip(parsed, _late_scores(query, hit, [one.sentence for one in parsed]), strict=True)
    ]
    weights = rarity([each.words | each.above for _, each, _ in found])
    best_hit = max((hit.score for hit in hits), default=1.0) or 1.0
    asks_number = bool(_ASKS_NUMBER.search(question))
    scored = [
        Evidence(
            hit,
            each.sentence,
            each.text,
            late
            + WORDS * coverage(asked, each.words | each.above, weights)
            + HIT * hit.score / best_hit
            + NUMBER * (asks_number and each.number),
            each.words & asked,
        )
        for hit, each, late in found
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


def _late_scores(query: QueryVectors, hit: Hit, found: Sequence[Sentence]) -> Vector:
    """What the token vectors say of each sentence, weighted; 0 for one beyond the encoder's longest text."""
    tokens = hit.stored.tokens
    ranges = [_tokens_in(tokens, each.start, each.end) for each in found]
    # one more token that is like nothing, so that a range may end with the chunk
    similar = np.pad(hit.similarities, ((0, 0), (0, 1)), constant_values=-1.0)
    edges = np.asarray([(each.start, each.stop) for each in ranges]).ravel()
    best = np.maximum.reduceat(similar, edges, axis=1)[:, ::2]
    pooled = np.add.reduceat(np.pad(tokens.vectors, ((0, 1), (0, 0))), edges, axis=0, dtype=np.float32)[::2]
    lengths = np.linalg.norm(pooled, axis=1) * np.linalg.norm(query.projected) + 1e-12
    beside = {above: _best_in(hit, above) for above in {each.above for each in found}}
    in_place = np.maximum(best, np.stack([beside[each.above] for each in found], axis=1))
    scores = LATE * best.mean(axis=0) + POOLED * (pooled @ query.projected) / lengths
    scores += LATE_IN_PLACE * in_place.mean(axis=0)
    within = np.asarray([each.start < each.stop for each in ranges])
    return np.where(within, scores, np.float32(0.0))


def _best_in(hit: Hit, above: tuple[tuple[int, int], ...]) -> Vector:
    """Best cosine of each of the question's tokens with title, headings and column names."""
    ranges = [_tokens_in(hit.stored.tokens, start, end) for start, end in ((-1, 0), *above)]
    best: Vector = np.concatenate([hit.similarities[:, each] for each in ranges], axis=1).max(axis=1, initial=-1.0)
    return best


def _tokens_in(tokens: TokenVectors, start: int, end: int) -> slice:
    """The tokens that begin in text[start:end]; those of the context come first and begin at -1."""
    first, last = np.searchsorted(tokens.spans[:, 0], (start, end))
    return slice(int(first), int(last))


def _header(hit: Hit) -> tuple[str, ...]:
    """The column names, when the chunk begins inside a table; splitting put them at the end of the context."""
    if not hit.stored.text.startswith("|"):
        return ()
    rows = _TABLE_HEADER.findall(hit.stored.chunk.context)
    return cells(rows[-1]) if rows else ()
