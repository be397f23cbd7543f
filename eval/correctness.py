"""Is an answer what was expected? By its words, its numbers and the phrases that a case demands or forbids.

Text against text, without a model: a right answer in other words scores low here. Nothing is averaged over cases.
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
_SMALL = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_SPELLED = {word: float(value) for value, word in enumerate(_SMALL.split(), 2)}
# "1,500" and "1 500" are one number, "1.5" and "1,5" another; a sign of money may stand before or behind
_QUANTITY = re.compile(
    rf"(?P<sign>[€$£])?\s?(?<![\w.,])(?P<number>\d{{1,3}}(?:[,\u00a0\u202f ]\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?"
    rf"|(?:{'|'.join(_SPELLED)})\b)(?!\d)(?:[ \u00a0-]?(?P<unit>%|°[cf]|€|\$|£|[a-z]+))?"
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

    A part has the numbers of any one variant that has some. Units are
    compared where both numbers have one; nothing is converted.
    """
    wanted = [found for part in parts if (found := [each for each in map(quantities, part) if each])]
    if not wanted:
        return None
    given = quantities(answer)
    right = [any(all(_given(each, given) for each in variant) for variant in part) for part in wanted]
    return sum(right) / len(right)


def quantities(text: str) -> frozenset[Quantity]:
    """The numbers of a text, in digits or as words from two to twenty, with their units."""
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


def _given(wanted: Quantity, given: frozenset[Quantity]) -> bool:
    alike = (each.unit for each in given if each.value == wanted.value)
    return any(unit == wanted.unit or not unit or not wanted.unit for unit in alike)


def _unit(word: str) -> str:
    sign = _SIGNS.get(word, word)
    return _UNITS.get(sign) or _UNITS.get(sign.removesuffix("s"), "")
