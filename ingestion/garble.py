"""Tells text from noise: bad scans, encoded data, words that are none, one line over and over, filler.

It looks at a text's beginning, middle and end. Tables, code and lists of names are text: few of their words may be in a
dictionary, but more than of noise. What reads well and means nothing is not found here.
"""

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache

from ingestion.language import Language

# docs/ingestion-quality.md says what the numbers below were chosen on, and what they hold back.
MIN_LETTERS = 60
# Share of the letters that stand in words of a dictionary. Real pages: 45% and more; noise: 61% and less.
NOISE_KNOWN = 0.42
SCAN_KNOWN = 0.65
# Share of words with a digit or a mark between small letters, as in "f0re". Real pages: up to 2%.
SCAN_TORN = 0.04
# Nats a character; prose in scripts and languages without a dictionary has 2 and more, noise at most 1.4.
SURE_OF_LANGUAGE = 1.6
# Compressed to this share a text repeats itself; real pages stay above .08.
REPEATED = 0.06
REPEATED_CHARACTERS = 1_000
FILLER = 0.8
HEXADECIMAL = 0.8
REPLACED = 0.02
_PART = 2_000
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-Z])")
_TORN = re.compile(r"[a-z][0-9!@][a-z]|(?<![\w.])[01][a-z]{2}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,8}")
_ADDRESS = re.compile(r"\]\([^)\s]*\)|https?://\S+|[\w.+-]+@[\w-]+\.[\w.-]+")
_FILLER = """
lorem ipsum dolor sit amet consectetur consectetuer adipiscing elit sed do eiusmod tempor incididunt ut labore et
dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo
consequat duis aute irure in reprehenderit voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint
occaecat cupidatat non proident sunt culpa qui officia deserunt mollit anim id est laborum
"""
_FILLER_WORDS = frozenset(_FILLER.split())
# Languages whose dictionaries hold too few of their words, or whose words marks take apart.
_SPARSE = {"ar", "fa", "he", "hi", "ml"}
# py3langid's codes of languages whose words stand under another one's in the dictionaries.
_DICTIONARIES = {"no": "nb", "hr": "hbs", "sr": "hbs", "bs": "hbs"}


def garbled(text: str, language: Language, told: str) -> str | None:
    """What makes the text noise, in words, or None where it is text. `told` is the language that its space expects."""
    sample = _ADDRESS.sub(" ", _sample(text))
    if reason := _no_text(text, sample):
        return reason
    words = [word.lower() for word in _WORD.findall(sample)]
    if sum(map(len, words)) < MIN_LETTERS:
        return None
    if sum(word in _FILLER_WORDS for word in words) > FILLER * len(words):
        return "it is filler text"
    code = language.code or told
    sure = language.strength >= SURE_OF_LANGUAGE and (code in _SPARSE or code not in _with_dictionary())
    return None if sure else _noise(sample, code)


def _no_text(text: str, sample: str) -> str | None:
    """What tells noise without reading words."""
    if sample.count("\ufffd") > REPLACED * sum(not each.isspace() for each in sample):
        return "more than one character in fifty could not be decoded"
    if len(text) >= REPEATED_CHARACTERS and _compressed(text) < REPEATED:
        return "it says the same over and over"
    return "it is a dump of bytes" if _is_dump(sample.split()) else None


def _noise(sample: str, code: str) -> str | None:
    known = known_share(sample, code)
    if known < NOISE_KNOWN:
        return f"{known:.0%} of its letters stand in words that a dictionary has"
    pieces = sample.split()
    torn = sum(bool(_TORN.search(piece)) for piece in pieces) / len(pieces)
    if known < SCAN_KNOWN and torn > SCAN_TORN:
        return f"{torn:.0%} of its words hold digits, and {known:.0%} of its letters stand in words of a dictionary"
    return None


def known_share(text: str, code: str) -> float:
    """Share of the letters that stand in English words or ones of the language `code`; 1 where there are too few.

    Short words and abbreviations are left out, since any two letters are a word somewhere, and so are capitalised words
    that no dictionary has: a list of names and places is no noise.
    """
    words = [word for word in _words(text) if len(word) > 2 and not (word.isupper() and len(word) < 6)]
    known = sum(len(word) for word in words if in_dictionary(word, code))
    unknown = sum(len(word) for word in words if not word.istitle() and not in_dictionary(word, code))
    return known / (known + unknown) if known + unknown >= MIN_LETTERS else 1.0


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield from _HUMP.split(word)


def _sample(text: str) -> str:
    if len(text) <= 3 * _PART:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_PART], text[middle : middle + _PART], text[-_PART:]))


def _compressed(text: str) -> float:
    data = text[: 10 * _PART].encode()
    return len(zlib.compress(data)) / len(data)


def _is_dump(pieces: list[str]) -> bool:
    """Whether it is bytes in hexadecimal: nearly all pieces are pairs of digits, and many of them hold a letter."""
    pairs = [piece for piece in pieces if _HEX.fullmatch(piece.lower())]
    lettered = sum(any(map(str.isalpha, piece)) and any(map(str.isdigit, piece)) for piece in pairs)
    return len(pieces) > 10 and len(pairs) > HEXADECIMAL * len(pieces) and lettered > len(pieces) / 10


@lru_cache(maxsize=20_000)
def in_dictionary(word: str, code: str) -> bool:
    """Whether an English dictionary or that of the language `code` has the word."""
    from simplemma import is_known  # noqa: PLC0415  # a text of figures needs no dictionary

    language = _DICTIONARIES.get(code, code)
    languages = ("en", language) if language in _with_dictionary() else ("en",)
    return is_known(word, languages, low_memory=True)


@lru_cache(maxsize=1)
def _with_dictionary() -> frozenset[str]:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES  # noqa: PLC0415  # see above

    return frozenset(SUPPORTED_LANGUAGES) - {"en"}
