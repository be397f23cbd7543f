"""The extractive reader: picks the fewest sentences of the hits that answer the question, in reading order.

A real reader and not a language model: it rephrases nothing and cannot reason over several sentences. It needs no
encoding at question time, because the chunks' token vectors were kept when they were embedded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from service.core.answers import Hit
from service.core.sentences import Sentence, cells, readable, sentences
from service.core.types import QueryVectors, TokenVectors, Vector
from service.rag import asks
from service.rag.words import content_words, placed_words, rarity

# What a sentence's score is made of, with weights fitted by `python -m eval.reader_fit`: late interaction with the
# sentence, its title, headings and column names; its pooled vector; whether it holds a value of the kind that is asked
# for; whether it is a table's row.
WEIGHTS = {"in_place": 0.73, "pooled": 0.27, "kind": 0.085, "row": 0.04}
# A sentence that asks, or that only introduces what follows, answers nothing, however much it repeats of the question:
# it comes after all others.
ASKS_OR_INTRODUCES = 1.0
# A further sentence must score this close to the best one; docs/decisions/0004-reader.md shows what other gaps give.
GAP = 0.025
# What a token counts for at least: of a word that every sentence has or that carries no content; and, where a part of
# the question is looked for, outside of that part.
COMMON_WORD, OUTSIDE_PART = 0.2, 0.2
_LEANS_BACK = re.compile(
    r"(?:It|Its|This|That|These|Those|They|Their|He|She|Such|Both|Otherwise|However|Then|Therefore|Beyond (?:that|it)"
    r"|From (?:then|there)|In (?:that|this) case|After that|Until then|For this)\b"
)
_TABLE_HEADER = re.compile(r"^\|.*\|$", re.MULTILINE)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a hit, as it will be shown, with its score and the question's words that it says itself.

    `features` are what the score is made of, in the order of WEIGHTS; `parts` the scores for each part of a question
    that has several.
    """

    hit: Hit
    sentence: Sentence
    text: str
    score: float
    words: frozenset[str]
    features: tuple[float, ...] = ()
    parts: tuple[float, ...] = ()

    @property
    def start(self) -> int:
        """Where it begins in its document."""
        return self.hit.stored.chunk.start + self.sentence.start

    @property
    def document(self) -> str:
        """Its document's id."""
        return self.hit.stored.chunk.document_id


@dataclass(frozen=True)
class _Parsed:
    """A sentence of a chunk with the text that is shown, its content words, and the kinds of value that it holds."""

    sentence: Sentence
    text: str
    words: frozenset[str]
    kinds: frozenset[str]


@lru_cache(maxsize=4_096)
def _parsed(text: str, header: tuple[str, ...]) -> tuple[_Parsed, ...]:
    """The sentences of a chunk. Popular chunks come again, and parsing one takes as long as scoring it."""
    return tuple(
        _Parsed(each, shown, content_words(shown), _kinds(each, shown))
        for each in _under_headings(text, sentences(text, header))
        for shown in [readable(text, each)]
    )


def _kinds(sentence: Sentence, shown: str) -> frozenset[str]:
    return asks.kinds_held(shown) | ({asks.STEPS} if sentence.kind == "item" else frozenset())


def _under_headings(text: str, found: Iterable[Sentence]) -> Iterator[Sentence]:
    """The sentences; one that opens with a word like "It" right under a heading begins with the heading."""
    for each in found:
        start, end = each.above[0] if each.above else (0, 0)
        names_it = text.startswith("#", start) and not text[end : each.start].strip()
        leans = each.kind == "prose" and _LEANS_BACK.match(text, each.start)
        yield replace(each, start=start) if each.above and names_it and leans else each


def shown_sentences(hit: Hit) -> list[tuple[Sentence, str]]:
    """The sentences of a hit in reading order, each with its text as it is shown."""
    return [(each.sentence, each.text) for each in _parsed(hit.stored.text, _header(hit))]


def evidence(question: str, query: QueryVectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every sentence of the hits with its score, best first; code only where code is asked for."""
    asked = content_words(question)
    code = asks.asks_code(question)
    read = [
        (hit, parsed)
        for hit in hits
        if (parsed := [each for each in _parsed(hit.stored.text, _header(hit)) if code or each.sentence.kind != "code"])
    ]
    if not read:
        return []
    spans = [(0, len(question)), *asks.parts(question)]
    kinds = [asks.kinds_asked(question[start:end]) for start, end in spans]
    weights = _token_weights(question, query, spans, _rarity(read))
    found = []
    for hit, parsed in read:
        features = _features(query, weights, kinds, hit, parsed)
        scores = np.tensordot(np.fromiter(WEIGHTS.values(), np.float32), features, axes=1)
        scores -= ASKS_OR_INTRODUCES * np.asarray([each.text.endswith(("?", ":")) for each in parsed])
        for each, (score, *parts), own in zip(parsed, scores.T.tolist(), features[:, 0].T.tolist(), strict=True):
            found.append(Evidence(hit, each.sentence, each.text, score, each.words & asked, tuple(own), tuple(parts)))
    return sorted(found, key=lambda each: -each.score)


def choose(question: str, ranked: Sequence[Evidence], limit: int) -> list[Evidence]:
    """The fewest of the ranked sentences that answer, at most `limit`, in reading order.

    They are the best one for each part of the question and those that score about as well as the best of all; where
    steps are asked for, the list that the best one stands in. Each brings what it needs to be understood.
    """
    chosen: list[Evidence] = []
    for each in _answering(question, ranked):
        needed = [one for one in (*_needed_by(each, ranked), each) if one not in chosen]
        if each.text in {one.text for one in chosen}:
            continue
        if len(chosen) + len(needed) <= limit:
            chosen.extend(needed)
        elif not chosen:
            chosen.append(each)
    return _in_reading_order(chosen)


def _answering(question: str, ranked: Sequence[Evidence]) -> Iterator[Evidence]:
    """Sentences in the order in which they should be shown while there is room."""
    if not ranked:
        return
    best = ranked[0]
    if best.sentence.kind == "item" and asks.STEPS in asks.kinds_asked(question):
        yield from _list_of(best, ranked)
        return
    for part in range(len(best.parts)):
        yield max(ranked, key=lambda each: each.parts[part])
    yield from (each for each in ranked if each.score >= best.score - GAP)


def _list_of(item: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The items of the list that an item stands in, in order."""
    same = (each for each in ranked if each.hit is item.hit and each.sentence.kind == "item")
    return sorted((each for each in same if each.sentence.above == item.sentence.above), key=lambda each: each.start)


def _needed_by(each: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentence before one that opens with a word like "It", or the one that introduces a list's item."""
    if each.sentence.kind == "item":
        first = _list_of(each, ranked)[0]
        return [one for one in _before(first, ranked) if one.text.endswith(":")]
    return _before(each, ranked) if _LEANS_BACK.match(each.text) else []


def _before(each: Evidence, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentence before another one in its document, if it is among the evidence."""
    before = (
        one
        for one in ranked
        if one.document == each.document
        and one.start < each.start
        and each.hit.stored.chunk.ordinal - one.hit.stored.chunk.ordinal in {0, 1}
    )
    return sorted(before, key=lambda one: one.start)[-1:]


def _in_reading_order(chosen: Sequence[Evidence]) -> list[Evidence]:
    """Documents in the order of their best sentence, sentences as they stand in the document."""
    first: dict[str, int] = {}
    for place, each in enumerate(sorted(chosen, key=lambda one: -one.score)):
        first.setdefault(each.document, place)
    return sorted(chosen, key=lambda each: (first[each.document], each.start))


def _rarity(read: Sequence[tuple[Hit, Sequence[_Parsed]]]) -> Mapping[str, float]:
    """Weight of each word among the sentences, where the words of title and headings count for all of a hit."""
    above = (content_words(f"{hit.stored.title} {hit.stored.chunk.context}") for hit, _ in read)
    return rarity([each.words | words for words, (_, parsed) in zip(above, read, strict=True) for each in parsed])


def _token_weights(
    question: str, query: QueryVectors, spans: Sequence[tuple[int, int]], rare: Mapping[str, float]
) -> Vector:
    """What each of the question's tokens counts for in each of its parts, (parts, tokens); a part's add up to 1."""
    at = query.spans[:, 0]
    rarest = max(rare.values(), default=1.0)  # sentences of signs alone hold no word
    share = np.zeros(len(at), np.float32)
    for start, end, word in placed_words(question):
        share[(at >= start) & (at < end)] = rare.get(word, rarest) / rarest
    counted = COMMON_WORD + (1 - COMMON_WORD) * share
    inside = np.stack([np.where((at >= start) & (at < end), 1.0, OUTSIDE_PART) for start, end in spans])
    counts = (inside * counted).astype(np.float32)
    weights: Vector = counts / counts.sum(axis=1, keepdims=True)
    return weights


def _features(
    query: QueryVectors, weights: Vector, kinds: Sequence[frozenset[str]], hit: Hit, parsed: Sequence[_Parsed]
) -> Vector:
    """What each sentence scores in each part of the question, (features, parts, sentences), in the order of WEIGHTS."""
    in_place, pooled = _late_interaction(query, hit, [each.sentence for each in parsed])
    shape = (len(kinds), len(parsed))
    features: Vector = np.stack(
        [
            weights @ in_place,
            np.broadcast_to(pooled, shape),
            np.asarray([[bool(wanted & each.kinds) for each in parsed] for wanted in kinds], np.float32),
            np.broadcast_to(np.asarray([each.sentence.kind == "row" for each in parsed], np.float32), shape),
        ]
    )
    return features


def in_place(hit: Hit, sentence: Sentence) -> Vector:
    """Best cosine of each of the question's tokens with a sentence, its title, headings and column names, -1 to 1."""
    within = hit.similarities[:, _tokens_in(hit.stored.tokens, sentence.start, sentence.end)]
    best: Vector = np.maximum(within.max(axis=1, initial=-1.0), _best_in(hit, sentence.above))
    return best


def _late_interaction(query: QueryVectors, hit: Hit, found: Sequence[Sentence]) -> tuple[Vector, Vector]:
    """Best cosine of each of the question's tokens (tokens, sentences), and the pooled vectors' cosines (sentences,).

    Both are 0 for a sentence beyond the encoder's longest text.
    """
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
    within = np.asarray([each.start < each.stop for each in ranges], np.float32)
    return in_place * within, (pooled @ query.projected) / lengths * within


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
