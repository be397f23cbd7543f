"""Finds a person in texts: by name, address or identifier, whatever the case, the accents and the spaces.

A term matches whole words. Another spelling, a nickname or a married name is a term of its own; nothing is guessed
beyond ae for ä, "Surname, Name" for "Name Surname", and separators within an identifier.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.core.errors import InvalidRequest

# Letters that have no accent to take off.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ħ": "h", "ı": "i"})
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_GAP = r"[\W_]+"
_MIN_CHARACTERS = 3
_DIGITS_OF_AN_IDENTIFIER = 4


@dataclass(frozen=True)
class Mentions:
    """The terms of a person and one pattern for all of them, over plain text (see `plain`)."""

    terms: tuple[str, ...]
    pattern: re.Pattern[str]

    def found_in(self, text: str) -> bool:
        """Whether a text mentions the person; also in JSON that writes letters as escapes."""
        read = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "\\u" in text else text
        return self.pattern.search(plain(read)) is not None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where a text mentions the person, as offsets in it."""
        flat, places = _with_places(text)
        return [(places[match.start()], places[match.end() - 1] + 1) for match in self.pattern.finditer(flat)]

    def masked(self, text: str) -> str:
        """The text with each mention blacked out, character for character, so that offsets stay."""
        for start, end in self.spans(text):
            text = text[:start] + "█" * (end - start) + text[end:]
        return text


def mentions_of(terms: Sequence[str]) -> Mentions:
    """What finds these terms. Raises InvalidRequest for one that would match half of everything."""
    for term in terms:
        if len(re.sub(r"[\W_]", "", plain(term))) < _MIN_CHARACTERS:
            raise InvalidRequest(
                f"The term {term!r} has fewer than {_MIN_CHARACTERS} letters and digits.",
                "Give the whole name, address or identifier.",
            )
    # The longest first, so that a name is masked as a whole where a part of it is a term too.
    patterns = sorted({each for term in terms for each in _patterns(term)}, key=len, reverse=True)
    return Mentions(tuple(terms), re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)"))


def normalised(term: str) -> str:
    """One form of a term for all of its spellings that match alike: letters and digits, single spaces."""
    flat = plain(term)
    return re.sub(r"[\W_]+", "" if _is_identifier(flat) else " ", flat).strip()


def plain(text: str) -> str:
    """A text without case, accents and characters that nobody sees."""
    if text.isascii():
        return text.lower()
    return "".join(map(_plain_character, text))


def _with_places(text: str) -> tuple[str, list[int]]:
    """`plain` of a text, and for each of its characters the place in the text that it comes from."""
    flat: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        made = _plain_character(character)
        flat.append(made)
        places.extend([place] * len(made))
    return "".join(flat), places


@lru_cache(maxsize=4_096)
def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        return ""
    apart = unicodedata.normalize("NFKD", character.casefold().translate(_PLAIN))
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()


def _patterns(term: str) -> set[str]:
    spellings = {plain(term), plain(unicodedata.normalize("NFC", term).casefold().translate(_SPELT_OUT))}
    return {pattern for each in spellings for pattern in _of_spelling(each)}


def _of_spelling(flat: str) -> list[str]:
    words = re.findall(r"[^\W_]+", flat)
    if _is_identifier(flat):
        return [r"[\W_]{0,3}".join("".join(words))]
    forwards, before_last = _GAP.join(words), _GAP.join(words[:-1])
    is_name = len(words) > 1 and not any(any(map(str.isdigit, word)) for word in words) and "@" not in flat
    return [forwards, rf"{words[-1]},\s*{before_last}"] if is_name else [forwards]


def _is_identifier(flat: str) -> bool:
    """A number of a telephone, an account, a file: mostly digits, which people group as they like."""
    digits = sum(map(str.isdigit, flat))
    letters = sum(map(str.isalpha, flat))
    return digits >= _DIGITS_OF_AN_IDENTIFIER and digits > letters
