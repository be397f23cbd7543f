"""Content words."""

import pytest

from service.rag.words import content_words, coverage, rarity


@pytest.mark.parametrize(
    ("one", "other"),
    [("batteries", "Battery"), ("returned", "returning"), ("bike’s", "bike's"), ("WARRANTY", "warranty")],
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    """Plural, tense, case and the shape of an apostrophe do not matter."""
    assert content_words(one) == content_words(other) != frozenset()


def test_words_that_any_sentence_holds_do_not_count() -> None:
    """Function words and the words that questions are made of are left out."""
    assert content_words("How much is it, and what can I do with the one that you have?") == content_words("one")


@pytest.mark.parametrize("number", ["1,000", "3.5", "24", "2026-05-19"])
def test_a_number_is_one_word(number: str) -> None:
    """Separators inside a number do not cut it."""
    assert content_words(f"about {number}.") == {number}


def test_letters_of_other_scripts_are_words() -> None:
    """Words are found in any script."""
    assert len(content_words("Größe 日本 ёлка")) == 3


def test_a_text_without_words_has_none() -> None:
    """Empty text and signs hold no content word."""
    assert content_words("") == content_words("… — ?!_") == frozenset()


def test_rarer_words_weigh_more() -> None:
    """A word that few texts hold weighs more than one that all hold, and no weight is negative."""
    weights = rarity([{"bike", "bell"}, {"bike"}, {"bike", "lamp"}])
    assert weights["bell"] == weights["lamp"] > weights["bike"] > 0
    assert rarity([]) == {}


def test_coverage_is_a_share() -> None:
    """All of the words is 1, none is 0, and a rare word covers more than a common one."""
    weights = {"bell": 2.0, "bike": 1.0}
    assert coverage({"bell", "bike"}, {"bell", "bike", "lamp"}, weights) == 1.0
    assert coverage({"bell", "bike"}, {"lamp"}, weights) == 0.0
    assert coverage({"bell", "bike"}, {"bell"}, weights) == pytest.approx(2 / 3)
    assert coverage({"bell", "new"}, {"new"}, weights) == pytest.approx(1 / 2)
    assert coverage(set(), {"bell"}, weights) == 0.0
