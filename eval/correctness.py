"""Is an answer what was expected? By its words, its numbers and the phrases that a case demands or forbids.

Text against text, without a model: a right answer in other words scores low here. Numbers are read by rules of its own
and not by the product's, whose mistakes it is to see. Nothing is averaged over cases.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval.suite import plain

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_SIGNS = {"€": "euro", "$": "dollar", "£": "pound", "%": "percent", "°c": "celsius", "°f": "fahrenheit"}
_UNITS = {
    alias: names.split()[0]
    for names in (
        *("second sec s", "minute min", "hour hr h", "day", "week", "month", "year yr", "millisecond ms"),
        *("euro eur", "dollar usd", "pound gbp", "cent", "percent pct"),
        *("millimetre millimeter mm", "centimetre centimeter cm", "metre meter m", "kilometre kilometer km", "mile"),
        *("gram g", "kilogram kg", "litre liter l", "millilitre milliliter ml"),
        *("volt v", "watt w", "kilowatt kw", "ampere amp", "bar", "newton nm", "celsius", "fahrenheit"),
        *("byte", "kilobyte kb", "megabyte mb", "gigabyte gb"),
    )
    for alias in names.split()
}
_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# "one" is left out: it stands for anything
_SPELLED = {word: float(value) for value, word in enumerate([*_ONES[1:], *_TEENS], 2)}
_SPELLED |= {word: 10.0 * value for value, word in enumerate(_TENS, 2)}
_SPELLED |= {
    f"{tens}{joint}{ones}": 10.0 * value + more
    for value, tens in enumerate(_TENS, 2)
    for more, ones in enumerate(_ONES, 1)
    for joint in "- "
}
_WORDS = "|".join(sorted(_SPELLED, key=len, reverse=True))
# "1,500" and "1 500" are one number, "1.5" and "1,5" another; a sign of money may stand before or behind
_QUANTITY = re.compile(
    rf"(?P<sign>[€$£])?\s?(?<![\w.,])(?P<number>\d{{1,3}}(?:[,\u00a0\u202f ]\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?"
    rf"|(?:{_WORDS})\b)(?!\d)(?:[ \u00a0-]?(?P<unit>%|°[cf]|€|\$|£|[a-z]+))?"
)
_THOUSANDS = re.compile(r"[,\u00a0\u202f ](?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Quantity:
    """A number, and its unit in the singular; no unit where none that is known stands beside it."""

    value: float
    unit: str = ""


def normalised(text: str) -> str:
    """Lower case, without punctuation and articles, with single spaces.

    As the evaluation script of SQuAD has it (Rajpurkar et al., 2016).
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, parts: Sequence[Sequence[str]]) -> float:
    """1 where the answer is a variant of each part, one behind the other, and nothing else; both are normalised."""
    return float(normalised(answer) == normalised(_nearest(answer, parts)))


def token_f1(answer: str, parts: Sequence[Sequence[str]]) -> float:
    """F1 of the answer's words, with how often each stands there, against the variant of each part nearest to it.

    As SQuAD's, with the parts joined; 0 to 1.
    """
    return _overlap(answer, _nearest(answer, parts))


def numbers_right(answer: str, parts: Sequence[Sequence[str]]) -> float | None:
    """Share of the parts with numbers whose numbers the answer has, with their units; None where no part has any.

    The numbers of one variant are enough; a variant without any counts where the answer holds it. Units are compared
    where both numbers have one; nothing is converted.
    """
    wanted = [part for part in parts if any(map(quantities, part))]
    if not wanted:
        return None
    given = quantities(answer)
    return sum(any(_numbers_of(each, answer, given) for each in part) for part in wanted) / len(wanted)


def quantities(text: str) -> frozenset[Quantity]:
    """The numbers of a text, in digits or as words from two to ninety-nine, with their units."""
    found = set()
    for match in _QUANTITY.finditer(text.lower()):
        word = match["number"]
        value = _SPELLED.get(word) or float(_THOUSANDS.sub("", word).replace(",", "."))
        found.add(Quantity(value, _unit(match["sign"] or match["unit"] or "")))
    return frozenset(found)


def holds_phrase(phrase: str, text: str) -> bool:
    """Whether a text has a phrase, on word boundaries, case and markup aside."""
    return bool(re.search(rf"(?<!\w){re.escape(plain(phrase))}(?!\w)", plain(text)))


def _nearest(answer: str, parts: Sequence[Sequence[str]]) -> str:
    """The variant of each part that shares most with the answer, joined."""
    return " ".join(max(part, key=lambda variant: _overlap(answer, variant)) for part in parts)


def _overlap(answer: str, reference: str) -> float:
    said, wanted = normalised(answer).split(), normalised(reference).split()
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted)) if shared else float(said == wanted)


def _numbers_of(variant: str, answer: str, given: frozenset[Quantity]) -> bool:
    wanted = quantities(variant)
    return all(_given(each, given) for each in wanted) if wanted else holds_phrase(variant, answer)


def _given(wanted: Quantity, given: frozenset[Quantity]) -> bool:
    alike = (each.unit for each in given if each.value == wanted.value)
    return any(unit == wanted.unit or not unit or not wanted.unit for unit in alike)


def _unit(word: str) -> str:
    sign = _SIGNS.get(word, word)
    return _UNITS.get(sign) or _UNITS.get(sign.removesuffix("s"), "")
