"""Keeps the sentences of a draft that the span which they cite supports.

A sentence that is its span, word for word, is, and costs nothing. One that a model wrote is when the grounding head
says so, every number and name of it stands in the span or beside it, and it does not turn the span round. It drops a
free paraphrase. docs/decisions/0010-grounding.md has the figures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Claim, Hit
from service.core.embedder import Encoder
from service.core.sentences import Sentence
from service.rag import alignment, read
from service.rag.alignment import in_order
from service.rag.controls import Checked
from service.rag.heads import head
from service.rag.words import content_words

# Probability of the head from which on a sentence counts as supported; its scale weighs both kinds of error alike.
THRESHOLD = 0.5
# The same words in another order say something else, which the encoder hardly sees.
LEAST_IN_ORDER = 0.4
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
# a source may set its numbers apart as 10 000 or 1. 5
_APART = re.compile(r"(?<=\d) (?=\d{3}(?!\d))|(?<=\d[.,]) (?=\d)")
# capitalised words inside a sentence, and one that opens it where another follows, as in "Ada Lovelace"
_NAME = re.compile(r"(?<=[\w,;:] )[A-Z][\w-]*|\b[A-Z][\w-]*(?= [A-Z][a-z])")
_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_SMALL = {word: value for value, word in enumerate((*_UNITS.split(), "eighteen", "nineteen"), 1)}
_TENS = {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SPELLED_NUMBER = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[- ]({'|'.join(_SMALL)}))?|({'|'.join(_SMALL)}))\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Span:
    """A sentence of a hit, `hit.stored.text[start:end]`, and the share of a claim's words that it holds in order."""

    hit: Hit
    start: int
    end: int
    share: float


def supported(claims: tuple[Claim, ...], encoder: Encoder) -> Checked[tuple[Claim, ...]]:
    """The claims that their source supports; a claim without a source never is."""
    kept = tuple(each for each in claims if holds(each, encoder))
    sourceless = sum(each.hit is None for each in claims)
    if len(kept) == len(claims):
        return Checked(kept, "allow", f"{len(kept)} supported")
    unsupported = len(claims) - len(kept) - sourceless
    return Checked(
        kept, "redact", f"{len(kept)} supported, {unsupported} not supported, {sourceless} without a source dropped"
    )


def holds(claim: Claim, encoder: Encoder) -> bool:
    """Whether the span that a claim cites supports it. `encoder` is the one that the hit was embedded with."""
    return probability(claim, encoder) >= THRESHOLD


def probability(claim: Claim, encoder: Encoder) -> float:
    """How surely the span that a claim cites supports it, 0 to 1.

    1 where it is the span word for word. 0 where it cites no sentence, where less than .4 of its words stand there in
    order, where its source lacks one of its numbers or names, and where it turns the span round. The head's probability
    otherwise, which takes one encoding.
    """
    if claim.hit is None or not claim.text:
        return 0.0
    shown = read.shown_sentences(claim.hit)
    cited = next((text for each, text in shown if (each.start, each.end) == (claim.start, claim.end)), "")
    if cited == claim.text:
        return 1.0
    if not cited or not content_words(claim.text):
        return 0.0
    if in_order(claim.text, cited) < LEAST_IN_ORDER:
        return 0.0
    if facts(claim.text) - _vouched(claim.hit, claim.start, shown) or alignment.turned_round(claim.text, cited):
        return 0.0
    return head("grounding").probability(
        "supported", alignment.features(claim.text, claim.hit, claim.start, claim.end, encoder)
    )


def best_span(text: str, hit: Hit) -> Span:
    """The sentence of a hit that holds the most of a text's words in order; an empty span where none holds any."""
    spans = (
        Span(hit, sentence.start, sentence.end, in_order(text, shown)) for sentence, shown in read.shown_sentences(hit)
    )
    return max(spans, key=lambda each: each.share, default=Span(hit, 0, 0, 0.0))


def facts(text: str) -> frozenset[str]:
    """The numbers of a text, in digits however they are written, and the words of its names.

    "one" is no number here: it stands for anything. A name that opens a sentence alone cannot be told from a word.
    """
    names = frozenset().union(*(content_words(name) for name in _NAME.findall(text)))
    return _numbers(text) | (_spelled(text) - {"1"}) | names


def _vouched(hit: Hit, start: int, shown: Sequence[tuple[Sentence, str]]) -> frozenset[str]:
    """What may vouch for a fact: the sentence at `start`, those around it, title, headings and column names."""
    place = next(place for place, (each, _) in enumerate(shown) if each.start == start)
    near = [text for _, text in shown[max(place - 1, 0) : place + 2]]
    text = " ".join([hit.stored.title, hit.stored.chunk.context, *near])
    return _numbers(text) | _numbers(_APART.sub("", text)) | content_words(text) | _spelled(text)


def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(_THOUSANDS.sub("", text)))


def _spelled(text: str) -> frozenset[str]:
    """Numbers up to 99 that are written as words, in digits."""
    return frozenset(
        str(_TENS.get(tens.lower(), 0) + _SMALL.get((unit or alone).lower(), 0))
        for tens, unit, alone in _SPELLED_NUMBER.findall(text)
    )
