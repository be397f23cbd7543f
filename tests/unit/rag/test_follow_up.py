"""Questions that lean on the conversation before them, completed by rules."""

import pytest

from service.core.answers import Message
from service.rag.follow_up import completed, things

BATTERY = "How long is the battery covered by the warranty?"
CARGO = "What is the price of the Cargo Plus model in euros?"
FOUNDER = ("Who founded the company?", "It was founded by Anna Berg in 1987.")

LEANING = [
    ((BATTERY, "24 months."), "And how much does it cost?", "How much does the battery cost?"),
    ((BATTERY, "24 months."), "What is its capacity?", "What is the battery's capacity?"),
    ((BATTERY, "24 months."), "And the frame?", "How long is the frame covered by the warranty?"),
    ((BATTERY, "24 months."), "What about the frame?", "How long is the frame covered by the warranty?"),
    ((BATTERY, "24 months."), "And how long is the frame covered?", "How long is the frame covered?"),
    ((BATTERY, "24 months.", "And the frame?", "Ten years."), "Is it made of steel?", "Is the frame made of steel?"),
    (("Is the battery covered?", "Yes."), "How long?", "How long is the battery covered?"),
    (("Is the battery covered?", "Yes."), "For how long?", "For how long is the battery covered?"),
    (("How long does delivery within Denmark take?", "Four days."), "And within Germany?", None),
    (("How long does delivery take?", "Four days."), "And in Sweden?", "How long does delivery take in Sweden?"),
    (("When is the workshop in Aarhus open?", "Daily."), "Who works there?", "Who works in Aarhus?"),
    ((CARGO, "5790."), "How heavy is it?", "How heavy is the Cargo Plus model?"),
    ((CARGO, "5790."), "And the Ridge?", "What is the price of the Ridge in euros?"),
    (("Are e-bikes insured?", "Yes."), "Who pays for them?", "Who pays for e-bikes?"),
    (FOUNDER, "Where was she born?", "Where was Anna Berg born?"),
    (FOUNDER, "What was her first bike?", "What was Anna Berg's first bike?"),
]
STANDING = [
    "When is the workshop open?",
    "Is it possible to return a bike?",
    "Can I return a bike if it is used?",
    "Is the bike that I bought insured?",
    "Warranty of the frame",
    "Wie lange gilt sie?",
]


def said(*texts: str) -> list[Message]:
    """A conversation that a user begins."""
    return [Message("assistant" if place % 2 else "user", text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(("before", "question", "expected"), LEANING, ids=[each[1] for each in LEANING])
def test_a_question_is_completed_from_what_was_asked_before(before, question: str, expected: str | None) -> None:
    """Pronouns become the last thing named, and what is left out is taken from the question before."""
    expected = expected or "How long does delivery within Germany take?"
    assert completed(question, said(*before)) == expected


@pytest.mark.parametrize("question", STANDING)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    """Dummy words, pronouns with a name of their own, and other languages are left alone."""
    assert completed(question, said(BATTERY, "24 months.")) == question


@pytest.mark.parametrize("question", ["And the frame?", "How heavy is it?", "Why?", "They?", "?"])
def test_without_anything_before_nothing_is_made_up(question: str) -> None:
    """Neither an empty conversation nor one that names nothing changes a question."""
    assert completed(question, []) == question
    assert completed("How heavy is it?", said("Why?", "Because.")) == "How heavy is it?"


def test_an_answer_that_begins_the_conversation_names_things_too() -> None:
    """A conversation may open with something that was said to the user."""
    history = [Message("assistant", "Ask me about the brass bell.")]
    assert completed("How heavy is it?", history) == "How heavy is the brass bell?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How long is the battery of the Corsa bike covered?", ["the battery of the Corsa bike"]),
        ("Where do I buy a new helmet and the brass bell?", ["a new helmet", "the brass bell"]),
        ("Was Anna Berg in Aarhus?", ["Anna Berg", "Aarhus"]),
        ("Why?", []),
    ],
)
def test_things_are_what_a_text_names(text: str, expected: list[str]) -> None:
    """Words behind an article, subjects and names, in their order."""
    assert things(text) == expected
