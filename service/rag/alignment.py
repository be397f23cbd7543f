"""How a sentence stands to the span that it cites: the features of the grounding head, and whether it turns it round.

Words in order, meaning by the encoder's tokens, the speaker, negation. Facts are looked up in service.rag.support.
"""

import re
from functools import lru_cache

import numpy as np

from service.core.answers import Hit
from service.core.embedder import Encoder
from service.rag import read
from service.rag.words import content_words, stems

SIGNS = {"in_order": 1, "weak_tokens": 1, "weakest_token": 1, "other_speaker": -1}
"""The features, and which way each one pushes."""
_INT8_SCALE = 127.0
_PLAIN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NEGATION = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "nobody",
        "nothing",
        "neither",
        "nor",
        "without",
        "cannot",
        "isn't",
        "aren't",
        "wasn't",
    ]
)
_SPEAKERS = frozenset(
    ["i", "me", "my", "mine", "we", "us", "our", "ours", "you", "your", "yours", "i'm", "i've", "we're", "you're"]
)
# Of a claim's words this share has to stand in the span in order before a negation more or less turns its meaning.
_SAME_WORDS = 0.6


def features(claim: str, hit: Hit, start: int, end: int, encoder: Encoder) -> dict[str, float]:
    """How a claim stands to `hit.stored.text[start:end]`; it is encoded here, which takes some milliseconds.

    in_order: share of its words that the span has in the same order. weakest_token and weak_tokens: of the best cosines
    of its content words' tokens with the span's, the lowest, and the mean of the lowest quarter; names, numbers and
    what was told before are left out, and with nothing left both are 1. other_speaker: whether it says "I", "we" or
    "you" where the text around the span does not.
    """
    cited = hit.stored.text[start:end]
    lowest = np.sort(_best_cosines(claim, hit, start, end, encoder))
    return {
        "in_order": in_order(claim, _shown(hit, start, end) or cited),
        "weak_tokens": float(lowest[: max(1, len(lowest) // 4)].mean()),
        "weakest_token": float(lowest[0]),
        "other_speaker": float(bool(_speakers(claim) - _speakers(hit.stored.text))),
    }


def in_order(text: str, source: str) -> float:
    """Share of the words of `text` that `source` has in the same order, 0 to 1: ROUGE-L's precision, on stems.

    Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004).
    """
    words, others = stems(text), stems(source)
    if not set(words) & set(others):
        return 0.0
    return len(_common(words, others)) / len(words)


def turned_round(text: str, source: str) -> bool:
    """Whether a text says with a negation what its source says without, or the other way round.

    Only what lies between the first and the last word that both have in order counts: another clause may well negate.
    A word that the source has twice is found from the end on, since an opening "The" belongs to no clause.
    """
    words, others = _plain_words(text)[::-1], _plain_words(source)[::-1]
    places = _common(words, others)
    if len(places) < _SAME_WORDS * len(words) or not places:
        return False
    return _negations(words) != _negations(others[places[0] : places[-1] + 1])


def _negations(words: tuple[str, ...]) -> int:
    return sum(each in _NEGATION or each.endswith("n't") for each in words)


def _plain_words(text: str) -> tuple[str, ...]:
    return tuple(_PLAIN.findall(text.lower().replace("’", "'")))


def _speakers(text: str) -> frozenset[str]:
    return _SPEAKERS.intersection(_plain_words(text))


def _told_before(hit: Hit, start: int) -> frozenset[str]:
    """The content words of title, headings and the sentence before: what "it" in the cited sentence may stand for."""
    before = [text for each, text in read.shown_sentences(hit) if each.end <= start][-1:]
    return content_words(" ".join([hit.stored.title, hit.stored.chunk.context, *before]))


def _shown(hit: Hit, start: int, end: int) -> str:
    found = read.shown_sentences(hit)
    return next((text for each, text in found if (each.start, each.end) == (start, end)), "")


def _best_cosines(claim: str, hit: Hit, start: int, end: int, encoder: Encoder) -> np.ndarray:
    """For each token of the claim that counts its best cosine with one of the span; 0 where that was not encoded."""
    first, last = np.searchsorted(hit.stored.tokens.spans[:, 0], (start, end))
    held = hit.stored.tokens.vectors[first:last].astype(np.float32) / _INT8_SCALE
    query = encoder.embed_query(claim)
    # names and numbers are looked up as such: 1250 and 1,250 are the same and look different to the encoder
    told = _told_before(hit, start)
    words = [
        word.span()
        for word in _PLAIN.finditer(claim)
        if word.group()[0].islower() and not told >= content_words(word.group())
    ]
    kept = [any(opens <= at < closes for opens, closes in words) for at, _ in query.spans.tolist()]
    tokens = query.tokens[np.asarray(kept, dtype=bool)]
    if not len(tokens):
        return np.ones(1)
    return (tokens @ held.T).max(axis=1) if len(held) else np.zeros(1)


@lru_cache(maxsize=4_096)
def _common(words: tuple[str, ...], others: tuple[str, ...]) -> tuple[int, ...]:
    """Places in `others` of a longest common subsequence."""
    lengths = np.zeros((len(words) + 1, len(others) + 1), np.int32).tolist()
    for row in range(len(words) - 1, -1, -1):
        for column in range(len(others) - 1, -1, -1):
            same = words[row] == others[column]
            lengths[row][column] = (
                lengths[row + 1][column + 1] + 1 if same else max(lengths[row + 1][column], lengths[row][column + 1])
            )
    places, row, column = [], 0, 0
    while row < len(words) and column < len(others):
        if words[row] == others[column]:
            places.append(column)
            row, column = row + 1, column + 1
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    return tuple(places)
