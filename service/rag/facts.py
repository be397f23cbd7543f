"""The facts of a sentence, numbers, dates and names, and which of them its source does not have.

Numbers and dates are looked up by their readings (service.rag.numbers, service.rag.dates), names in any form of theirs.
Whether the source says the same about them is not judged here.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from service.rag import dates, numbers
from service.rag.numbers import Told
from service.rag.synonyms import SAME
from service.rag.words import STOP_WORDS, stems

# a word, with the points of initials and of U.S.
_WORD = re.compile(r"\b[A-Z]\.(?:[A-Z]\.)+|\b[A-Z]\.(?= ?[A-Z])|[^\W_]+(?:['’][^\W_]+)*")
_JOINING = frozenset({"", "of", "of the", "and", "for", "de", "van", "von"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "doctor", "prof", "professor", "sir", "madam"})
# Words that open a sentence and are no name, beside the stop words: they link it to another one, or agree.
_OPENERS = frozenset(
    word
    for line in (
        "absolutely accordingly according actually additionally afterwards again almost already although always among",
        "another apparently approximately around based beyond certainly consequently correct currently definitely",
        "despite either even eventually every everyone everything exactly finally first firstly fortunately",
        "furthermore generally given good great hello hence hey hi however importantly indeed initially instead",
        "interestingly last lastly later let likewise maybe meanwhile moreover mostly nearly neither nevertheless next",
        "nobody none nonetheless normally note nothing notably ok okay one originally otherwise overall perhaps please",
        "possibly presumably previously probably rather really recently regardless right several similarly since",
        "someone something sometimes soon specifically still subsequently sure therefore thanks though thus today",
        "together tomorrow typically ultimately unfortunately unless unlike usually well whatever whenever whereas",
        "wherever whether whose within without wow yeah yep yesterday yet",
    )
    for word in line.split()
)
_ROMAN = re.compile(r"\b(?:X{0,2}(?:IX|IV|VI{0,3}|I{2,3})|XX?)\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True)
class _Source:
    """What vouches for facts: readings, names and what abbreviates them beside the span, and every name of the hit."""

    readings: frozenset[str]
    names: frozenset[str]
    acronyms: frozenset[str]
    capitals: frozenset[str]
    initials: frozenset[str]
    anywhere: frozenset[str]


@dataclass(frozen=True)
class _Name:
    """Words with capitals that stand together; `opens` when it is one word that opens its sentence."""

    words: tuple[str, ...]
    opens: bool

    @property
    def acronym(self) -> str:
        """Its initials in lower case; nothing for a single word."""
        return "".join(word[0] for word in self.words).lower() if len(self.words) > 1 else ""


def missing(text: str, near: str, everything: str) -> frozenset[str]:
    """The facts of a text, as it says them, that a source does not have.

    `near` is the span that is cited and what stands beside it, `everything` all of the hit. A word may stand anywhere
    where another word of the same name stands near, and where it opens a sentence alone: it may be no name.
    """
    source, text = _source(near, everything), text.translate(numbers.GLYPHS)
    told = facts(text)
    lacking = {text[each.start : each.end] for each in told if not each.readings & source.readings}
    for name in _names(text, told):
        known = [_stands(word, source) for word in name.words]
        if all(known) or name.acronym in source.capitals:
            continue
        elsewhere = any(known) or name.opens
        lacking.update(
            word
            for word, stands in zip(name.words, known, strict=True)
            if not stands and not (elsewhere and (_forms(word) & source.anywhere or _initial(word) in source.initials))
        )
    return frozenset(lacking)


def facts(text: str) -> list[Told]:
    """The numbers, dates and times of a text; what is part of a date or time is no number of its own."""
    calendar = dates.dates(text)
    counted = [each for each in numbers.numbers(text) if not _inside(each.start, calendar)]
    return [*calendar, *counted]


def _names(text: str, told: Sequence[Told]) -> Iterator[_Name]:
    run: list[str] = []
    end, opens = 0, False
    for word in _WORD.finditer(text):
        starts = dates.opens(text, word.start())
        if _inside(word.start(), told) or not _is_name(word.group(), starts=starts):
            continue
        if run and text[end : word.start()].strip(" -.&") not in _JOINING:
            yield _Name(tuple(run), opens and len(run) == 1)
            run = []
        opens = starts if not run else opens
        run.append(word.group())
        end = word.end()
    if run:
        yield _Name(tuple(run), opens and len(run) == 1)


def _is_name(word: str, *, starts: bool) -> bool:
    plain = word.lower().replace("’", "'")
    before = plain.partition("'")[0]
    if any(map(str.isdigit, word)):
        return not word[0].isdigit()
    if plain in _TITLES or before == "i" or plain.endswith("n't"):
        return False
    if word[1:] != word[1:].lower():  # an acronym, or a name such as iPhone
        return True
    return word[0].isupper() and before not in STOP_WORDS and not (starts and before in _OPENERS)


def _stands(word: str, source: _Source) -> bool:
    return bool(_forms(word) & (source.names | source.readings)) or _plain(word) in source.acronyms


def _letters(word: str) -> tuple[str, ...]:
    """What of a name in a source vouches for an initial, "b", and for a whole word, "b." where it is an initial."""
    return tuple(f"{each.lower()}." for each in word if each != ".") if word.endswith(".") else (word[0].lower(),)


def _initial(word: str) -> str:
    return word[0].lower() if word.endswith(".") else f"{word[0].lower()}."


@lru_cache(maxsize=16_384)
def _forms(word: str) -> frozenset[str]:
    """How a name may stand in a source: its stem without accents and points, its place or currency, a Roman number."""
    plain = _plain(word)
    found = {*stems(plain), plain, *(["1"] if plain == "one" else [])}
    if plain != "us" or word.isupper():
        found.update({SAME.get(plain, plain), SAME.get(plain.removesuffix("s"), plain)})
    return frozenset([*found, *_roman(word)])


def _roman(text: str) -> list[str]:
    """The Roman numbers of a text in digits, from II on."""
    return [
        str(sum(-one if one < after else one for one, after in pairwise([*map(_ROMAN_VALUES.__getitem__, each), 0])))
        for each in _ROMAN.findall(text)
    ]


def _plain(word: str) -> str:
    lowered = re.sub(r"['’]s?$", "", word.lower()).replace(".", "")
    return "".join(each for each in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(each))


@lru_cache(maxsize=1_024)
def _source(near: str, everything: str) -> _Source:
    held = list(_names(near, facts(near)))
    forms = _all_forms(near)
    return _Source(
        readings=numbers.held(near) | dates.held(near) | frozenset(_roman(near)),
        names=forms,
        acronyms=frozenset(each.acronym for each in held) - {""},
        capitals=frozenset(_plain(word) for each in held for word in each.words if word.isupper()),
        initials=frozenset(form for each in held for word in each.words for form in _letters(word)),
        anywhere=_all_forms(everything),
    )


def _all_forms(text: str) -> frozenset[str]:
    """The forms of every word, and of two words that are a code when they are written together, as RX 7."""
    words = [*(each.group() for each in _WORD.finditer(text)), *re.findall(r"[$€£¥]", text)]
    codes = (one + other for one, other in pairwise(words) if one[0].isalpha() and other[0].isdigit())
    said = (word for word in words if not word[0].isdigit())
    return frozenset().union(*map(_forms, said), *map(_forms, codes))


def _inside(start: int, told: Sequence[Told]) -> bool:
    return any(each.start <= start < each.end for each in told)
