"""The numbers of a text, in one form whether they are written in digits or in English words.

A number has several readings where it may mean several things: "10m" ten metres or ten million, "1.250" a little more
than one or a thousand and more. Two texts tell the same number when a reading of it is the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {
    **{word: value for value, word in enumerate(f"{_UNITS} eighteen nineteen".split(), 1)},
    **{
        word: value
        for value, word in enumerate(f"{_ORDINALS} fifteenth sixteenth seventeenth eighteenth nineteenth".split(), 1)
    },
    **{word: 10 * value for value, word in enumerate(_TENS.split(), 2)},
    **{f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS.split(), 2)},
    "zero": 0,
    "twice": 2,
    "thrice": 3,
}
_TIMES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SHORT = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_SHARES = {"half": "0.5", "halves": "0.5", "quarter": "0.25", "three quarters": "0.75", "three-quarters": "0.75"}
_WORD = f"(?:{'|'.join(sorted({*_VALUES, *_TIMES}, key=len, reverse=True))})"
_SPELLED = re.compile(rf"\b{_WORD}(?:(?:[- ]|(?:(?<=hundred)|(?<=thousand)) and ){_WORD})*\b", re.IGNORECASE)
_RANGE = r"(?:\s?[-–—]\s?|\s(?:to|or|and)\s)[$€£]?\d[\d.,]*"
# behind these 1.50 is 1.5, as behind a sign of money; elsewhere it may be a version
_MEASURES = r"(?:kr|kroner|dollars?|euros?|pounds?|usd|eur|gbp|kg|g|km|m|cm|mm|l|hours?|years?|days?)\b"
_DIGITS = re.compile(
    r"(?P<minus>(?<![\w)\]])[-−]|\bminus )?(?P<money>[$€£] ?)?"
    r"(?<![A-Za-z\d])(?<!\d[.,])(?P<digits>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d{1,2}:\d\d(?!\d)|\d+(?:[.,]\d+)*)"
    rf"(?=(?:{_RANGE})?[ -]?(?P<times>{'|'.join(_TIMES)})|(?:{_RANGE})?(?P<short> ?(?:mn|bn|tn)|[kmb])\b)?"
    rf"(?=(?P<unit> ?(?:%|per ?cent\b|{_MEASURES}))?)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:half|halves|three[ -]quarters)\b|(?<=\ba )quarter\b|(?<=\bone )quarter\b", re.IGNORECASE)
_QUOTIENT = re.compile(r"\b(?:1/2|1/4|3/4)\b")
_SPACED = re.compile(r"\b\d{1,3}(?:[ \u00a0\u202f]\d{3})+\b")
_SEASON = re.compile(r"\b(\d\d)\d\d[-–/](\d\d)\b(?![-–/\d])")
_THOUSANDS = re.compile(r"(?<=\d)[ ,\u00a0\u202f](?=\d{3}(?!\d))")
_POINTED_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_NOT_SECOND = re.compile(r"(?:\d|\b(?:per|each|every|split))[ -]$", re.IGNORECASE)
_NUMBER_BEFORE = re.compile(r"\d[ -]?$")
# a source may set its decimals apart as 1. 5
_APART = re.compile(r"(?<=\d[.,])\s(?=\d)")
GLYPHS = str.maketrans({"½": " 1/2", "¼": " 1/4", "¾": " 3/4"})
"""What `str.translate` makes of fractions that are one character."""
_TEN, _HUNDRED = 10, 100


@dataclass(frozen=True)
class Told:
    """A fact of a text, `text[start:end]`, by its readings."""

    start: int
    end: int
    readings: frozenset[str]


def numbers(text: str) -> list[Told]:
    """The numbers that a text tells. "one" and "first" are none: they stand for anything."""
    text = text.translate(GLYPHS)
    shares = list(_shares(text))
    found = [*_written(text), *(each for each in _spelled(text) if each.readings != {"1"})]
    return [*shares, *(each for each in found if not any(one.start <= each.start < one.end for one in shares))]


def held(text: str) -> frozenset[str]:
    """The readings of every number in a text, of the parts of one that is set apart, and of one that they make."""
    text = text.translate(GLYPHS)
    every = [*_written(text), *_written(_APART.sub("", text)), *_spelled(text), *_shares(text)]
    found = {reading for each in every for reading in each.readings}
    for spaced in _SPACED.finditer(text):
        found.update(str(int(part)) for part in spaced.group().split())
    found.update({"1"} if re.search(r"\b(?:single|once)\b", text, re.IGNORECASE) else ())
    found.update({"2"} if re.search(r"\bseconds\b", text, re.IGNORECASE) else ())
    found.update(f"{century}{year}" for century, year in _SEASON.findall(text))
    return frozenset(found)


def _written(text: str) -> Iterator[Told]:
    """Numbers in digits; those inside a code such as X100 belong to its name."""
    for each in _DIGITS.finditer(text):
        plain = _readings(each["digits"], amount=bool(each["money"] or each["unit"]))
        times = (each["times"] or "").lower()
        short = (each["short"] or "").strip().lower()
        more = {_times(one, {**_TIMES, **_SHORT}[times or short]) for one in plain} if times or short else set()
        # of "3 million" only the whole is told; the first of "3 to 5 million" and "10m" may be either
        whole = bool(times) and text[each.end() :].lstrip(" -").lower().startswith(times)
        readings = more if whole else plain | more
        if "%" in (unit := each["unit"] or "") or "cent" in unit.lower():
            readings = readings | {f"{one}%" for one in readings}
        sign = "-" if each["minus"] else ""
        yield Told(each.start("digits"), each.end(), frozenset(f"{sign}{one}" for one in readings))


def _readings(digits: str, *, amount: bool) -> set[str]:
    joined = _THOUSANDS.sub("", digits)
    if joined.replace(",", ".").count(".") > 1 or ":" in joined:
        pointed = {joined.replace(".", "")} if _POINTED_THOUSANDS.fullmatch(joined) else set()
        return {joined, *pointed}
    value = joined.replace(",", ".")
    found = {_plain(value), _plain(value, amount=amount)}
    if _POINTED_THOUSANDS.fullmatch(value):
        found.add(value.replace(".", ""))
    return found


def _plain(value: str, *, amount: bool = False) -> str:
    """Without needless zeros: 90.0 is 90 and $1.50 is $1.5, but version 3.10 is not 3.1."""
    whole, point, decimals = value.partition(".")
    if amount or not decimals.strip("0"):
        decimals = decimals.rstrip("0")
    return f"{whole.lstrip('0') or '0'}{point if decimals else ''}{decimals}"


def _times(value: str, factor: int) -> str:
    number = Decimal(value) if re.fullmatch(r"\d+(?:\.\d+)?", value) else None
    return value if number is None else _plain(f"{number * factor:f}", amount=True)


def _spelled(text: str) -> Iterator[Told]:
    """Numbers in words; "nineteen eighty" is the year and both of its parts."""
    for each in _SPELLED.finditer(text):
        before, said = text[: each.start()], each.group().lower()
        if (said == "second" and _NOT_SECOND.search(before)) or (said in _TIMES and _NUMBER_BEFORE.search(before)):
            continue
        values = _values(re.split(r" and |[- ]", said))
        for value in values:
            yield Told(each.start(), each.end(), frozenset([str(value)]))


def _values(words: Sequence[str]) -> list[int]:
    """What some words amount to: several numbers where they are not one."""
    found: list[int] = []
    total, current, begun = 0, 0, False
    for word in words:
        factor = _TIMES.get(word)
        if factor is not None:
            total, current = _raised(total, current, factor)
        elif not begun or _goes_on(current, _VALUES[word]):
            current += _VALUES[word]
        elif _TEN < current < 2 * _TEN + 1 and _VALUES[word] >= _TEN:  # nineteen eighty
            current = current * _HUNDRED + _VALUES[word]
        else:
            found.append(total + current)
            total, current = 0, _VALUES[word]
        begun = True
    return [*found, total + current]


def _raised(total: int, current: int, factor: int) -> tuple[int, int]:
    """Total and what is being counted, after a word such as "hundred" or "million"."""
    if factor <= _HUNDRED:
        return total, (current or 1) * factor
    return total + (current or 1) * factor, 0


def _goes_on(current: int, value: int) -> bool:
    """Whether a word goes on counting, as "five" after "twenty" and anything below a hundred after "two hundred"."""
    if current % _HUNDRED == 0:
        return value < _HUNDRED
    return current % _TEN == 0 and current % _HUNDRED > _TEN and 0 < value < _TEN


def _shares(text: str) -> Iterator[Told]:
    """A half, a quarter, three quarters, each also as a percentage."""
    for each in _SHARE.finditer(text):
        yield _share(each, _SHARES[each.group().lower()])
    for each in _QUOTIENT.finditer(text):
        upper, lower = each.group().split("/")
        yield _share(each, f"{Decimal(upper) / Decimal(lower):f}")


def _share(found: re.Match[str], value: str) -> Told:
    return Told(found.start(), found.end(), frozenset([value, f"{_times(value, _HUNDRED)}%"]))
