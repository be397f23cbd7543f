"""Which numbers a text tells, however they are written."""

import pytest

from service.rag import numbers


def same(text: str, source: str) -> bool:
    """Whether a source holds every number that a text tells, of which there is one at least."""
    told = numbers.numbers(text)
    return bool(told) and all(each.readings & numbers.held(source) for each in told)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("25 days", "twenty-five days"),
        ("1250", "1,250"),
        ("1,250", "1 250"),
        ("10,000", "10 000"),
        ("1250", "1.250"),
        ("1.5 kg", "1. 5 kg"),
        ("90", "90.0"),
        ("$1.5", "$1.50"),
        ("12.5 kroner", "12,50 kroner"),
        ("20%", "twenty per cent"),
        ("20 per cent", "20 %"),
        ("the third floor", "the 3rd floor"),
        ("the 21st", "the twenty-first"),
        ("the second bell", "30 seconds"),
        ("1.5 million", "1,500,000"),
        ("$3bn", "3 billion dollars"),
        ("3 to 5 million", "3 million to 5 million"),
        ("two hundred and five", "205"),
        ("nineteen eighty-four", "1984"),
        ("two dozen", "24"),
        ("twice a year", "2 times a year"),
        ("half of them", "50% of them"),
        ("1/2", "a half"),
        ("1/2", "½"),
        ("three quarters", "75 per cent"),
        ("1 day", "one day"),
        ("27001 of 2022", "ISO 27001:2022"),
        ("2026", "2025/26"),
        ("-5 degrees", "minus 5 degrees"),
    ],
)
def test_a_number_is_the_same_in_another_form(text: str, source: str) -> None:
    """Words and digits, ordinals, separators, shares, multiples and money in other forms are the same number."""
    assert same(text, source)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("26 days", "twenty-five days"),
        ("12,50", "1,250"),
        ("3 million", "3 billion"),
        ("3 million", "3 people"),
        ("3 people", "3 million people"),
        ("version 3.1", "version 3.10"),
        ("-5 degrees", "5 degrees"),
        ("5 degrees", "-5 degrees"),
        ("third", "thirteenth"),
        ("half", "a quarter"),
        ("fifty people", "half of them"),
        ("10 million", "10 m"),
        ("205", "two hundred"),
        ("10", "X10"),
        ("7 days", "5-17 days"),
        ("second", "first"),
        ("twice", "three times"),
    ],
)
def test_another_number_is_another(text: str, source: str) -> None:
    """A digit, a magnitude, a sign, a place or a version more or less is another number."""
    assert not same(text, source)


@pytest.mark.parametrize("text", ["one of them", "at first", "RX100", "a lamp"])
def test_what_is_no_number(text: str) -> None:
    """The words "one" and "first" stand for anything, and the digits of a code belong to its name."""
    assert not numbers.numbers(text)


def test_seconds_are_no_second() -> None:
    """A second of time beside a number is a unit."""
    assert [each.readings for each in numbers.numbers("a 30-second timer")] == [{"30"}]


def test_where_a_number_stands() -> None:
    """Each comes with its place in the text."""
    text = "It takes twenty-five days and 1,250 hours."
    assert sorted(text[each.start : each.end] for each in numbers.numbers(text)) == ["1,250", "twenty-five"]
