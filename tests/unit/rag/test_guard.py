"""The check of a question before anything else sees it."""

import unicodedata

import pytest

from service.core.errors import InvalidQuestion, QuestionTooLong
from service.rag.guard import checked_question


def test_a_plain_question_passes_unchanged() -> None:
    """Nothing is done to a question that needs nothing."""
    assert checked_question("How long is the warranty?", 2_000) == "How long is the warranty?"


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\x00\x01", "\u200b\ufeff", "?!", "…—", "🚲", "___", "\ud800"])
def test_a_question_without_a_letter_or_digit_is_refused(question: str) -> None:
    """What holds nothing to read is refused, with an example of a question."""
    with pytest.raises(InvalidQuestion) as refused:
        checked_question(question, 2_000)
    assert "for example" in refused.value.remedy


@pytest.mark.parametrize("question", ["7", "ж", "日本", "é", "Preis?"])
def test_one_letter_or_digit_of_any_script_is_enough(question: str) -> None:
    """The guard judges no language."""
    assert checked_question(question, 2_000) == question


def test_spelling_is_made_one() -> None:
    """Letters with a separate accent become one letter, and all space becomes single spaces."""
    decomposed = unicodedata.normalize("NFD", "Größe   der\r\nRäder\t?")
    assert checked_question(decomposed, 2_000) == "Größe der Räder ?"


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\U000e0041", "\ue000", "\ud800"])
def test_invisible_characters_are_taken_out(hidden: str) -> None:
    """What nobody can see reaches no later step."""
    assert checked_question(f"war{hidden}ranty", 2_000) == "warranty"


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x85"])
def test_control_characters_separate_words(control: str) -> None:
    """A control character becomes a space, so that it joins no two words."""
    assert checked_question(f"the{control}warranty", 2_000) == "the warranty"


def test_the_limit_counts_what_was_sent() -> None:
    """A question of the limit passes; one character more is refused with both numbers and without the question."""
    assert checked_question("x" * 50, 50)
    with pytest.raises(QuestionTooLong) as refused:
        checked_question("x" * 1_051, 1_050)
    assert "1,051 characters; 1,050 are allowed" in refused.value.detail
    assert "xxx" not in str(refused.value)


def test_a_refusal_shows_only_the_beginning() -> None:
    """A long question without a word is not repeated in full."""
    with pytest.raises(InvalidQuestion) as refused:
        checked_question("?" * 1_000, 2_000)
    assert len(refused.value.detail) < 150
