"""Keeps the sentences of a draft that the span which they cite supports.

A sentence that is its span, word for word, is. One that a model wrote is when enough of its words stand in the span in
the same order, and every number and name of it in the span or beside it. This sees words and no meaning: it misses a
negation and drops a free paraphrase. docs/decisions/0009-demo-and-models.md has the figures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.core.answers import Claim, Hit
from service.core.sentences import Sentence
from service.rag import read
from service.rag.controls import Checked
from service.rag.words import content_words, stems

# Best balanced accuracy on the first halves of QAGS-CNN/DM and BEGIN-wow.
THRESHOLD = 0.65
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
# a source may set its numbers apart as 10 000 or 1. 5
_APART = re.compile(r"(?<=\d) (?=\d{3}(?!\d))|(?<=\d[.,]) (?=\d)")
_NAME = re.compile(r"(?<=[\w,;:] )[A-Z][\w-]*")
_WORDS_OF_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPELLED = {word: str(value) for value, word in enumerate(_WORDS_OF_NUMBERS, 1)}


@dataclass(frozen=True)
class Span:
    """A sentence of a hit, `hit.stored.text[start:end]`, and the share of a claim's words that it holds in order."""

    hit: Hit
    start: int
    end: int
    share: float


def supported(claims: tuple[Claim, ...]) -> Checked[tuple[Claim, ...]]:
    """The claims that their source supports; a claim without a source never is."""
    kept = tuple(each for each in claims if holds(each))
    sourceless = sum(each.hit is None for each in claims)
    if len(kept) == len(claims):
        return Checked(kept, "allow", f"{len(kept)} supported")
    unsupported = len(claims) - len(kept) - sourceless
    return Checked(
        kept, "redact", f"{len(kept)} supported, {unsupported} not supported, {sourceless} without a source dropped"
    )


def holds(claim: Claim) -> bool:
    """Whether the span that a claim cites supports it."""
    if claim.hit is None:
        return False
    shown = read.shown_sentences(claim.hit)
    cited = next((text for each, text in shown if (each.start, each.end) == (claim.start, claim.end)), "")
    if claim.text and cited == claim.text:
        return True
    return in_order(claim.text, cited) >= THRESHOLD and facts(claim.text) <= _vouched(claim.hit, claim.start, shown)


def best_span(text: str, hit: Hit) -> Span:
    """The sentence of a hit that holds the most of a text's words in order; an empty span where none holds any."""
    spans = (
        Span(hit, sentence.start, sentence.end, in_order(text, shown)) for sentence, shown in read.shown_sentences(hit)
    )
    return max(spans, key=lambda each: each.share, default=Span(hit, 0, 0, 0.0))


def in_order(text: str, source: str) -> float:
    """Share of the words of `text` that `source` has in the same order, 0 to 1: ROUGE-L's precision, on stems.

    Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004).
    """
    words, others = stems(text), stems(source)
    if not set(words) & set(others):
        return 0.0
    return _longest_common(words, others) / len(words)


def facts(text: str) -> frozenset[str]:
    """The numbers of a text, and the words of its names: capitalised ones that do not open it."""
    return _numbers(text) | frozenset().union(*(content_words(name) for name in _NAME.findall(text)))


def _vouched(hit: Hit, start: int, shown: Sequence[tuple[Sentence, str]]) -> frozenset[str]:
    """What may vouch for a fact: the sentence at `start`, those around it, title, headings and column names."""
    place = next(place for place, (each, _) in enumerate(shown) if each.start == start)
    near = [text for _, text in shown[max(place - 1, 0) : place + 2]]
    text = " ".join([hit.stored.title, hit.stored.chunk.context, *near])
    spelled = {_SPELLED[word] for word in stems(text) if word in _SPELLED}
    return _numbers(text) | _numbers(_APART.sub("", text)) | content_words(text) | spelled


def _numbers(text: str) -> frozenset[str]:
    return frozenset(_NUMBER.findall(_THOUSANDS.sub("", text)))


@lru_cache(maxsize=4_096)
def _longest_common(words: tuple[str, ...], others: tuple[str, ...]) -> int:
    """Length of the longest common subsequence."""
    previous = [0] * (len(others) + 1)
    for word in words:
        current = [0]
        for place, other in enumerate(others):
            current.append(previous[place] + 1 if word == other else max(previous[place + 1], current[-1]))
        previous = current
    return previous[-1]
