"""Splitting a question by its form."""

import pytest

from service.rag.strategies.split import split


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What is the warranty of the City and of the Trail?",
            ("What is the warranty of the City?", "What is the warranty of the Trail?"),
        ),
        ("What is the difference between the City and the Trail?", ("What is the City?", "What is the Trail?")),
        ("Compare the City with the Trail", ("the City", "the Trail")),
        ("How is the City versus the Trail?", ("How is the City?", "How is the Trail?")),
        ("Which is heavier, the City or the Trail?", ("Which is heavier, the City?", "Which is heavier, the Trail?")),
        (
            "How long is the warranty of Alder City and Alder Trail?",
            ("How long is the warranty of Alder City?", "How long is the warranty of Alder Trail?"),
        ),
        ("How do the battery and the charger differ?", ("How do the battery differ?", "How do the charger differ?")),
    ],
)
def test_what_stands_side_by_side_is_asked_for_apart(question: str, parts: tuple[str, ...]) -> None:
    """A comparison, and things joined by a conjunction, become one question each with the rest of the sentence."""
    assert split(question) == parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How long is the warranty period, and who pays for shipping?",
            ("How long is the warranty period?", "Who pays for shipping?"),
        ),
        (
            "How long is the battery covered? Who pays for shipping?",
            ("How long is the battery covered?", "Who pays for shipping?"),
        ),
        (
            "My lock broke. Who pays for the wheel and what does a helmet cost?",
            ("My lock broke. Who pays for the wheel?", "My lock broke. What does a helmet cost?"),
        ),
    ],
)
def test_clauses_that_ask_are_questions_of_their_own(question: str, parts: tuple[str, ...]) -> None:
    """Each asking clause is a question; what was stated before goes with each."""
    assert split(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "How long is the battery covered?",
        "How long is the battery covered and what does it cost?",
        "When is the check-up due and from when?",
        "Where do the terms and conditions stand?",
        "How do my phone and my bike talk to each other?",
        "and",
        "?",
    ],
)
def test_what_asks_one_thing_or_leans_on_the_rest_stays_whole(question: str) -> None:
    """One thing asked, a clause that means nothing alone, and a pair that belongs together are not cut."""
    assert split(question) == (question,)
