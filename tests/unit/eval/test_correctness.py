"""An answer beside what was expected of it."""

import pytest

from eval.correctness import Quantity, exact_match, holds_phrase, normalised, numbers_right, quantities, token_f1


def test_case_articles_and_punctuation_do_not_count() -> None:
    """The normal form is that of SQuAD's evaluation script."""
    assert normalised("The  Battery, an\tAxle!") == "battery axle"


@pytest.mark.parametrize(
    ("answer", "exact", "f1"),
    [
        ("24 months", 1.0, 1.0),
        ("The 24 months.", 1.0, 1.0),
        ("It lasts 24 months", 0.0, 2 * 2 / (4 + 2)),
        ("24 24 months", 0.0, 2 * 2 / (3 + 2)),
        ("two years", 1.0, 1.0),
        ("forever", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_words_are_counted_as_squad_counts_them(answer: str, exact: float, f1: float) -> None:
    """F1 is that of the nearest variant, by hand; a word that is said twice counts once where it is expected once."""
    parts = (("24 months", "two years"),)
    assert exact_match(answer, parts) == exact
    assert token_f1(answer, parts) == pytest.approx(f1)


def test_parts_are_joined() -> None:
    """Of an answer in two parts, one of them is half: 2 shared words of 2 said and 4 expected."""
    parts = (("24 months",), ("89 euros", "eighty-nine euros"))
    assert token_f1("24 months", parts) == pytest.approx(2 * 2 / (2 + 4))
    assert exact_match("24 months 89 euros", parts) == 1.0


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("every 8 weeks", 8, "week"),
        ("€ 89", 89, "euro"),
        ("89 €", 89, "euro"),
        ("1,500 euros", 1500, "euro"),
        ("2 890 EUR", 2890, "euro"),
        ("1,5 kg", 1.5, "kilogram"),
        ("a 24-month warranty", 24, "month"),
        ("60%", 60, "percent"),
        ("twelve volts", 12, "volt"),
        ("forty hours", 40, "hour"),
        ("twenty-five days", 25, "day"),
        ("20 °C", 20, "celsius"),
        ("in 2026", 2026, ""),
    ],
)
def test_a_number_has_its_unit(text: str, value: float, unit: str) -> None:
    """Digits with thousands or decimals, words up to 99, signs of money on either side, plurals and short forms."""
    assert quantities(text) == {Quantity(value, unit)}


def test_a_word_is_no_number() -> None:
    """Numbers inside words and the word one are none."""
    assert quantities("Someone attends ones and tens of them, one by one; a tenth often.") == frozenset()


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Check it every 8 weeks.", 1.0),
        ("Check it every eight weeks.", 1.0),
        ("Check it every 8 days.", 0.0),
        ("Every: 8", 1.0),
        ("Check it every 18 weeks.", 0.0),
        ("Check it often.", 0.0),
    ],
)
def test_numbers_are_right_with_their_units(answer: str, right: float) -> None:
    """Another number is wrong, the same number of something else too; a number without a unit is taken as it is."""
    assert numbers_right(answer, (("8 weeks", "every 8 weeks"),)) == right


def test_only_parts_with_numbers_are_asked() -> None:
    """Half of two parts with numbers is a half; an answer without numbers has no figure."""
    assert numbers_right("It takes 3 days", (("3 days",), ("40-60 percent",), ("harmless", "no"))) == 0.5
    assert numbers_right("40 to 60 %", (("40-60 percent",),)) == 1.0
    assert numbers_right("harmless", (("harmless", "no"),)) is None
    assert numbers_right("by half", (("50 percent", "half"),)) == 1.0


def test_a_phrase_stands_on_word_boundaries() -> None:
    """Markup and case aside; a part of a word is not the word."""
    assert holds_phrase("24 Months", "It lasts **24 months**.")
    assert not holds_phrase("24 months", "It lasts 124 months.")
