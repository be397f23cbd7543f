"""The months, weekdays, dates and times of day of a text, in one form however they are written."""

import re
from collections.abc import Iterator

from service.rag.numbers import Told

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_NAMES = {
    **{name: f"month {place}" for place, month in enumerate(_MONTHS, 1) for name in (month[:3], month)},
    **{name: f"day {place}" for place, day in enumerate(_DAYS, 1) for name in (day[:3], day)},
    "sept": "month 9",
    "tues": "day 2",
    "thur": "day 4",
    "thurs": "day 4",
}
# A word as well, where it has no capital and neither a number beside it nor "in" before it.
_WORDS_TOO = frozenset({"march", "may", "sept", *(name for name in _NAMES if len(name) == len("may"))})
_NAME = re.compile(rf"\b({'|'.join(sorted(_NAMES, key=len, reverse=True))})s?\b", re.IGNORECASE)
_DATE = re.compile(r"(?<![\d/.-])(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{1,2})(?![\d/-])")
_WORDY = re.compile(
    r"\b(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[A-Za-z]{3,9})\.?"
    r"|(?P<month_first>[A-Za-z]{3,9})\.? (?P<day_after>\d{1,2})(?:st|nd|rd|th)?),? (?P<year>\d{4})\b"
)
_TIME = re.compile(
    r"(?<![\d:.,])(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minutes>[0-5]\d))?(?![\d:])"
    r"(?=(?:\s?[-–—]\s?\d[\d:.]*|\sto\s\d[\d:.]*)?\s?(?P<half>[ap])\.?m\b)?(?P<clock>\so['’]clock)?",
    re.IGNORECASE,
)
_NAMED_TIME = {"noon": "time 12:00", "midday": "time 12:00", "midnight": "time 0:00"}
_MOST_MONTHS, _MOST_DAYS, _CENTURY, _NOON = 12, 31, 100, 12
_BEFORE = re.compile(
    r"(?:\d(?:st|nd|rd|th)?(?: of)?|\b(?:in|since|until|early|late|last|next|during|of)) $", re.IGNORECASE
)
_NUMBER_AFTER = re.compile(r"\.? \d")


def dates(text: str) -> list[Told]:
    """Months, weekdays, dates in digits, and times of day; the numbers in a date in words are no part of it."""
    return [*_calendar(text), *_in_digits(text), *_times(text)]


def held(text: str) -> frozenset[str]:
    """The readings of all of them; a date in digits also tells its parts, and one in words the whole date."""
    found = {reading for each in dates(text) for reading in each.readings}
    for each in _in_digits(text):
        found.update(part for date in each.readings if date.startswith("date") for part in _parts(date))
    for words in _WORDY.finditer(text):
        month = _NAMES.get((words["month"] or words["month_first"]).lower(), "")
        if month.startswith("month"):
            found.add(f"date {words['year']}-{month.split()[1]}-{int(words['day'] or words['day_after'])}")
    return frozenset(found)


def opens(text: str, at: int) -> bool:
    """Whether a word at this place has its capital because it opens a sentence."""
    before = text[:at].rstrip()
    return not before or before[-1] in '.?!:"“('


def _calendar(text: str) -> Iterator[Told]:
    for each in _NAME.finditer(text):
        name = each[1].lower()
        dated = _BEFORE.search(text[: each.start()]) or _NUMBER_AFTER.match(text, each.end())
        capital = each.group()[0].isupper() and not opens(text, each.start())
        if dated or (capital and not each.group().isupper()) or name not in _WORDS_TOO:
            short = {name} if len(name) == len("may") else set()
            yield Told(each.start(), each.end(), frozenset([_NAMES[name], *short]))


def _in_digits(text: str) -> Iterator[Told]:
    """Dates such as 2026-05-03 and 3/5/26, as every day that they may be; what cannot be one is left to numbers."""
    for each in _DATE.finditer(text):
        first, second, third = each[1], each[3], each[4]
        tried = [(first, second, third)] if len(first) > len("31") else [(third, second, first), (third, first, second)]
        if each[2] == "." and len(third) < len("2026"):  # a version
            continue
        days = {
            f"date {int(year) + (2000 if int(year) < _CENTURY else 0)}-{int(month)}-{int(day)}"
            for year, month, day in tried
            if 0 < int(month) <= _MOST_MONTHS and 0 < int(day) <= _MOST_DAYS
        }
        if days:
            yield Told(each.start(), each.end(), frozenset([*days, each.group()]))


def _parts(date: str) -> tuple[str, ...]:
    year, month, day = date.removeprefix("date ").split("-")
    return year, month, day, f"month {month}"


def _times(text: str) -> Iterator[Told]:
    """Times of day: 3 pm, 15:00, 3 o'clock, noon. Without a half of the day both may be meant."""
    for each in _TIME.finditer(text):
        half, minutes, hour = (each["half"] or "").lower(), each["minutes"] or "00", int(each["hour"])
        by_point = each["minutes"] and text[each.end("hour")] == "."
        if not (half or each["clock"] or (each["minutes"] and not by_point)):
            continue
        hours = {hour} if hour > _NOON or not hour else {hour % _NOON + (_NOON if half == "p" else 0)}
        if not half and 0 < hour <= _NOON:
            hours = {hour % _NOON, hour % _NOON + _NOON}
        readings = [f"time {one}:{minutes}" for one in hours]
        yield Told(each.start(), each.end(), frozenset([*readings, *([each["hour"]] if each["clock"] else [])]))
    for named in re.finditer("|".join(map(r"\b{}\b".format, _NAMED_TIME)), text, re.IGNORECASE):
        yield Told(named.start(), named.end(), frozenset([_NAMED_TIME[named.group().lower()]]))
