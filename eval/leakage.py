"""Finds golden questions that stand elsewhere too: in another split, a prompt, training data, the corpus.

Two questions are a confirmed leak when one is the other but for layout, a typing error or words that say nothing, and
a possible one when their vectors or their words are close. A number, name or denial that one of them lacks makes them
two questions: much of a golden set has one form and asks it of many things. What the thresholds find and miss stands
in docs/golden-sets.md.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from eval.leak_sources import Asked, Source, of_cases
from eval.suite import Case
from ingestion.copies.resemblance import marks
from service.core.embedder import Embedder, mean_pooled
from service.core.settings import Settings
from service.core.types import Vector
from service.rag.words import content_words

if TYPE_CHECKING:
    from datasketch import MinHash

State: TypeAlias = Literal["none", "possible", "confirmed", "unknown"]
Likeness: TypeAlias = Literal["possible", "confirmed"]
# Chosen on the tuning halves of five sets of questions: `python -m eval.leak_figures`.
CONFIRMED_LETTERS = 0.7
POSSIBLE_COSINE = 0.85
POSSIBLE_LETTERS = 0.55
POSSIBLE_WORDS = 0.75
# Candidates by letters are found by hashing; a pair at the threshold is one with a probability of .99.
_GRAM, _PERMUTATIONS, _BANDS = 4, 128, 32
_AT_ONCE = 1_024
_SHORT_NOT = re.compile(r"n['’]t\b")


@dataclass(frozen=True)
class Leak:
    """Two texts that ask the same, or may: ids only, as far as one of them is sealed. Scores are from 0 to 1."""

    case: str
    other: str
    state: Likeness
    letters: float
    words: float
    cosine: float


@dataclass(frozen=True)
class Compared:
    """What was found between golden cases and one source. `unknown` is why nothing could be, if so."""

    source: str
    state: State
    cases: int
    texts: int
    leaks: tuple[Leak, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class _Known:
    """Texts with what they are compared by."""

    texts: tuple[Asked, ...]
    vectors: Vector


class Detector:
    """Compares questions by their letters, their words and an encoder's vectors; embeds each text once."""

    def __init__(self, encoder: Embedder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vector] = {}

    def splits(self, cases: Sequence[Case], *, with_sealed: bool) -> Compared:
        """Golden cases of different splits with each other; cases without a split are one of their own."""
        groups: dict[str, list[Case]] = {}
        for case in cases:
            groups.setdefault(case.split, []).append(case)
        names, found = sorted(groups), []
        for place, name in enumerate(names):
            rest = [case for other in names[place + 1 :] for case in groups[other]]
            found += self.leaks(of_cases(groups[name]), of_cases(rest))
        told = "" if with_sealed else "the sealed split is shut; --sealed opens it, which is counted"
        if not found and told:
            return Compared("other splits", "unknown", len(cases), len(cases), unknown=told)
        return Compared("other splits", _worst(found), len(cases), len(cases), tuple(found), told)

    def source(self, cases: Sequence[Case], source: Source) -> Compared:
        """Golden cases with a source."""
        if source.unknown:
            return Compared(source.name, "unknown", len(cases), 0, unknown=source.unknown)
        found = self.leaks(of_cases(cases), source.texts)
        return Compared(source.name, _worst(found), len(cases), len(source.texts), tuple(found))

    def repeated(self, texts: Iterable[str], others: Sequence[str]) -> set[str]:
        """The texts that are, or may be, the same as one of the others."""
        every = [Asked(each, each) for each in sorted(set(texts))]
        return {found.case for found in self.leaks(every, [Asked(each, each) for each in others])}

    def leaks(self, left: Sequence[Asked], right: Sequence[Asked]) -> list[Leak]:
        """The pairs that are the same or may be, the surest first, of each left text with its nearest right one."""
        if not left or not right:
            return []
        ours, theirs = self._known(left), self._known(right)
        pairs = {*_by_letters(ours.texts, theirs.texts), *_by_vector(ours.vectors, theirs.vectors)}
        best: dict[int, Leak] = {}
        for at, other in sorted(pairs):
            cosine = float(ours.vectors[at] @ theirs.vectors[other])
            leak = compared(ours.texts[at], theirs.texts[other], cosine)
            if leak and (at not in best or _sureness(leak) > _sureness(best[at])):
                best[at] = leak
        return sorted(best.values(), key=_sureness, reverse=True)

    def _known(self, texts: Sequence[Asked]) -> _Known:
        missing = sorted({each.text for each in texts} - self._vectors.keys(), key=len)
        for text, (states, _) in zip(missing, self._encoder.token_states(missing), strict=True):
            self._vectors[text] = mean_pooled(states)
        return _Known(tuple(texts), np.stack([self._vectors[each.text] for each in texts]))


def compared(left: Asked, right: Asked, cosine: float) -> Leak | None:
    """What two texts are to each other, given the cosine of their vectors; None for two questions."""
    if not same_things(left.text, right.text):
        return None
    letters, words = (
        shared(grams(left.text), grams(right.text)),
        shared(content_words(left.text), content_words(right.text)),
    )
    if letters >= CONFIRMED_LETTERS or plain_words(left.text) == plain_words(right.text):
        state: Likeness = "confirmed"
    elif cosine >= POSSIBLE_COSINE or letters >= POSSIBLE_LETTERS or words >= POSSIBLE_WORDS:
        state = "possible"
    else:
        return None
    return Leak(left.id, right.id, state, round(letters, 3), round(words, 3), round(cosine, 3))


def enforced(settings: Settings) -> bool:
    """Whether a confirmed leak stops anything; with the control `leaks` off it is only told."""
    return "leaks" not in settings.controls_off


def plain_words(text: str) -> str:
    """The words of a text in lower case, without marks."""
    return " ".join(re.findall(r"\w+", text.lower()))


def grams(text: str) -> frozenset[str]:
    """Every few letters in a row of a text's plain words."""
    plain = plain_words(text)
    return frozenset(plain[at : at + _GRAM] for at in range(max(1, len(plain) - _GRAM + 1)))


def same_things(left: str, right: str) -> bool:
    """Whether each text has every number, name and denial of the other, in whatever case."""
    ours, theirs = (marks(_SHORT_NOT.sub(" not", text)) for text in (left, right))
    return all(
        {one.words[place] for place in one.guarded} <= set(other.words)
        for one, other in ((ours, theirs), (theirs, ours))
    )


def shared(left: frozenset[str], right: frozenset[str]) -> float:
    """The share of all members that both have."""
    return len(left & right) / (len(left | right) or 1)


def _by_letters(left: Sequence[Asked], right: Sequence[Asked]) -> Iterator[tuple[int, int]]:
    """Pairs that most likely share many letters, found by MinHash and locality-sensitive hashing."""
    from datasketch import MinHashLSH  # noqa: PLC0415  # takes a second to load, and only this needs it

    index = MinHashLSH(num_perm=_PERMUTATIONS, params=(_BANDS, _PERMUTATIONS // _BANDS))
    with index.insertion_session() as session:
        for at, each in enumerate(right):
            session.insert(at, _minhash(each.text))
    for at, each in enumerate(left):
        for other in index.query(_minhash(each.text)):
            yield at, other


def _by_vector(left: Vector, right: Vector) -> Iterator[tuple[int, int]]:
    """Pairs whose vectors are close enough, of each left one with every right one."""
    for start in range(0, len(left), _AT_ONCE):
        for at, other in np.argwhere(left[start : start + _AT_ONCE] @ right.T >= POSSIBLE_COSINE):
            yield start + int(at), int(other)


def _minhash(text: str) -> "MinHash":
    from datasketch import MinHash  # noqa: PLC0415  # as above

    made = MinHash(num_perm=_PERMUTATIONS)
    made.update_batch([each.encode() for each in grams(text)])
    return made


def _worst(found: Sequence[Leak]) -> State:
    if not found:
        return "none"
    return "confirmed" if any(each.state == "confirmed" for each in found) else "possible"


def _sureness(leak: Leak) -> tuple[bool, float]:
    return leak.state == "confirmed", leak.letters + leak.words + leak.cosine
