"""The content words of a text: stemmed, without the words that any sentence may hold."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import Stemmer

WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_STEMMER = Stemmer.Stemmer("english")
# Function words, and the words that questions are made of.
STOP_WORDS = frozenset(
    word
    for line in (
        "a about after all also am an and any are as at be because been before being between both but by can could did",
        "do does doing down during each few for from further had has have having he her here hers him his how i if in",
        "into is it its itself just many may me might more most much must my no nor not now of off often on once only",
        "or other our ours out over own per please same shall she should so some such tell than that the their them",
        "then there these they this those through to too under until up us use used using very was we were what when",
        "where which while who whom whose why will with would yes you your yours",
    )
    for word in line.split()
)


def content_words(text: str) -> frozenset[str]:
    """Stems of the words that carry content; numbers stay as they are."""
    return frozenset(_stem(word) for word in WORD.findall(text.lower().replace("’", "'")) if word not in STOP_WORDS)


def placed_words(text: str) -> list[tuple[int, int, str]]:
    """The content words of a text in order, each with its span in characters and its stem."""
    found = ((match.start(), match.end(), match.group().lower().replace("’", "'")) for match in WORD.finditer(text))
    return [(start, end, _stem(word)) for start, end, word in found if word not in STOP_WORDS]


def stems(text: str) -> tuple[str, ...]:
    """The stem of every word, in order."""
    return tuple(_stem(word) for word in WORD.findall(text.lower().replace("’", "'")))


def rarity(texts: Sequence[Iterable[str]]) -> Mapping[str, float]:
    """Weight of each word among some texts, ln(1 + n / holders): high for words that few of them hold."""
    holders = Counter(word for words in texts for word in set(words))
    return {word: float(np.log1p(len(texts) / count)) for word, count in holders.items()}


def coverage(asked: Iterable[str], found: Iterable[str], weights: Mapping[str, float]) -> float:
    """Share of the weight of `asked` that `found` holds, 0 to 1; a word without a weight counts as the rarest."""
    rarest = max(weights.values(), default=1.0)
    held = frozenset(found)
    total = {word: weights.get(word, rarest) for word in asked}
    return sum(weight for word, weight in total.items() if word in held) / (sum(total.values()) or 1.0)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem
