"""Compares two texts word by word: whether one says nothing that the other does not say too.

Markup and layout count for nothing, so that two formats of one page can be equal. Numbers, units, negations and names
count for everything: a correction differs from what it corrects in little else. Copies that are rephrased or translated
are not seen, and number words and negations are those of the languages listed here.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TypeAlias

# Words in a row that make a shingle (Broder, 1997).
SHINGLE = 3
# What a copy may have of its own: a share of its words, and words in a row. Chosen in docs/duplicates.md.
MOST_NOVEL_SHARE = 0.05
MOST_NOVEL_RUN = 2
# So few words missing in a row are missing from a sentence; more are a sentence or several that the shorter text lacks.
FEW_MISSING = 8
# In a shorter text each word counts: it is a copy of an equal one alone.
LEAST_WORDS = 20
# Share of shingles in common from which two texts are called near copies, of both or of the shorter one.
NEAR_RESEMBLANCE = 0.5

# A sign or a decimal point belongs to its number; scripts without spaces are read letter by letter.
_TOKEN = re.compile(
    r"(?<!\w)[-−–+]?\d+(?:[.,:/]\d+)*"
    r"|[€$£¥%‰°]|[!=<>]=|[≤≥≠±]"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W\d\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]\w*(?:['’]\w+)*|\w+"
)
_MARKUP = re.compile(r"^[ \t]*(?:[-*+>][ \t]+)+|^[ \t|:=-]+$|\\(?=[^\w\s])|[#*_`|~]|\s+", re.MULTILINE)
# English, German, French, Spanish, Dutch, Danish. In other languages a copy may differ in such a word.
_DENYING = """
no not never none nor neither without cannot except unless only nicht kein keine keinen keiner nie niemals ohne außer
nur ne pas jamais sans sauf aucun aucune nunca sin salvo ningún ninguna niet geen nooit zonder alleen ikke aldrig uden
"""
_COUNTING = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half twice double first second
third fourth fifth zwei drei vier fünf sechs sieben acht neun zehn elf zwölf hundert tausend halb deux trois quatre cinq
sept huit neuf dix douze cent mille dos tres cuatro cinco seis siete ocho nueve diez doce cien mil twee drie vijf zes
zeven negen tien twaalf honderd duizend tre fire fem seks syv otte ni ti tolv hundrede tusind
"""
_NEGATIONS, _NUMBER_WORDS = frozenset(_DENYING.split()), frozenset(_COUNTING.split())
# What may stand between the end of a sentence, a line or a cell and the word after it.
_OPENING, _ENDING, _LOOK_BACK = " \t*_`\"'“„(«", "\n.!?:|#>-•", 40
Shingle: TypeAlias = tuple[str, ...]


class Relation(Enum):
    """What one text is to another: `COPY` each of the other, `WITHIN` it says less, `AROUND` it says more."""

    COPY = auto()
    WITHIN = auto()
    AROUND = auto()
    NEAR = auto()
    NONE = auto()

    @property
    def reversed(self) -> "Relation":
        """What the other text is to this one."""
        return {Relation.WITHIN: Relation.AROUND, Relation.AROUND: Relation.WITHIN}.get(self, self)

    @property
    def repeats(self) -> bool:
        """Whether the one has nothing that the other has not."""
        return self in {Relation.COPY, Relation.WITHIN}


@dataclass(frozen=True)
class Marks:
    """A text's words as they are compared, the places of those that must not differ, and its shingles."""

    words: tuple[str, ...]
    guarded: frozenset[int]
    shingles: frozenset[Shingle]
    often: Mapping[str, int]


def text_hash(text: str) -> str:
    """Equal for texts that differ in nothing but markup, spaces and capitals."""
    plain = " ".join(_MARKUP.sub(" ", text).split()).casefold()
    return hashlib.sha256(plain.encode()).hexdigest()


@lru_cache(maxsize=128)
def marks(text: str) -> Marks:
    """A text's marks."""
    found = list(_TOKEN.finditer(text))
    words = tuple(each.group().casefold() for each in found)
    guarded = frozenset(place for place, each in enumerate(found) if _is_guarded(words[place]) or _is_name(text, each))
    return Marks(words, guarded, frozenset(shingles(words)), Counter(words))


def relation(ours: Marks, theirs: Marks) -> Relation:
    """What the first text is to the second."""
    within, around = _repeats(ours, theirs), _repeats(theirs, ours)
    if within and around:
        return Relation.COPY
    if within or around:
        return Relation.WITHIN if within else Relation.AROUND
    return Relation.NEAR if resemblance(ours, theirs) >= NEAR_RESEMBLANCE else Relation.NONE


def resemblance(ours: Marks, theirs: Marks) -> float:
    """Share of all shingles of two texts that both have: 0 to 1."""
    common = len(ours.shingles & theirs.shingles)
    return common / (len(ours.shingles) + len(theirs.shingles) - common or 1)


def _repeats(ours: Marks, theirs: Marks) -> bool:
    """Whether `ours` has nothing of its own."""
    if len(ours.words) < LEAST_WORDS:
        return False
    own = _novel(ours, theirs.shingles)
    if len(own) > MOST_NOVEL_SHARE * len(ours.words) or _matters(ours, own, theirs):
        return False
    if any(len(run) > MOST_NOVEL_RUN for run in _runs(own)):
        return False
    # What is missing at the end of a page makes it shorter; in the middle of a sentence it turns or widens it.
    lost = (set(run) for run in _runs(_novel(theirs, ours.shingles)) if len(run) <= FEW_MISSING)
    return not any(_matters(theirs, run, ours) for run in lost)


def _matters(ours: Marks, places: Set[int], theirs: Marks) -> bool:
    """Whether one of some words must not differ, or comes again and again in the one text and never in the other."""
    if ours.guarded & places:
        return True
    words = {ours.words[place] for place in places}
    return any(ours.often[each] > 1 and each not in theirs.often for each in words)


def _novel(ours: Marks, known: Set[Shingle]) -> set[int]:
    """Places of words that no shingle of `known` covers."""
    covered: set[int] = set()
    width = min(SHINGLE, len(ours.words))
    for place, shingle in enumerate(shingles(ours.words)):
        if shingle in known:
            covered.update(range(place, place + width))
    return set(range(len(ours.words))) - covered


def _runs(places: Set[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for place in sorted(places):
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def shingles(words: Sequence[str]) -> Iterator[Shingle]:
    """Each few words in a row; all of them where they are fewer."""
    width = min(SHINGLE, len(words))
    return (tuple(words[place : place + width]) for place in range(len(words) - width + 1))


def _is_guarded(word: str) -> bool:
    return not word[0].isalpha() or any(map(str.isdigit, word)) or word in _NUMBER_WORDS or _denies(word)


def _denies(word: str) -> bool:
    return word in _NEGATIONS or word.endswith(("n't", "n’t"))


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Whether a word has a capital that no beginning of a sentence, a line or a cell gives it."""
    if not found.group()[0].isupper():
        return False
    before = text[max(0, found.start() - _LOOK_BACK) : found.start()].rstrip(_OPENING)
    return bool(before) and before[-1] not in _ENDING
