"""Which dates and times a text tells, however they are written."""

import pytest

from service.rag import dates


def same(text: str, source: str) -> bool:
    """Whether a source holds every date that a text tells, of which there is one at least."""
    told = dates.dates(text)
    return bool(told) and all(each.readings & dates.held(source) for each in told)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("on 3 May 2026", "on May 3rd, 2026"),
        ("in Sept. 2026", "in September 2026"),
        ("2026-05-03", "3 May 2026"),
        ("3.5.2026", "May 3, 2026"),
        ("3/5/2026", "2026-05-03"),
        ("in May 2026", "2026-05-03"),
        ("on Mon", "on Mondays"),
        ("on tuesday", "Tuesday"),
        ("at 3 pm", "at 15:00"),
        ("at 15:30", "at 3.30 p.m."),
        ("from 3 to 5 pm", "15:00–17:00"),
        ("at 9 o'clock", "at 9:00"),
        ("at noon", "at 12:00"),
        ("at midnight", "at 0:00"),
    ],
)
def test_a_date_is_the_same_in_another_form(text: str, source: str) -> None:
    """Names and numbers of months, orders of a date, short names and times of twelve hours are the same."""
    assert same(text, source)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("on 3 May 2026", "on 3 June 2026"),
        ("2026-05-03", "4 May 2026"),
        ("on 3 May", "You may bring 3"),
        ("on Monday", "on Tuesday"),
        ("at 3 pm", "at 3 am"),
        ("at 15:30", "at 15:00"),
        ("at noon", "at midnight"),
        ("in March", "they march"),
        ("in may", "in june, which may be"),
    ],
)
def test_another_date_is_another(text: str, source: str) -> None:
    """Another month, day, weekday, half of the day or minute is another date, and a word is none."""
    assert not same(text, source)


@pytest.mark.parametrize("text", ["May I go?", "They march on.", "It may rain.", "version 3.5.2", "99/99/2026"])
def test_what_is_no_date(text: str) -> None:
    """A word that is also a month, a version, and numbers that cannot be a day."""
    assert not dates.dates(text)
