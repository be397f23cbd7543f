"""How a sentence stands to the span that it cites."""

import pytest

from service.rag import alignment
from tests.fakes import FakeEncoder

TEXT = "The brass bell weighs 90 grams. We polish it."


def test_a_sentence_is_aligned_with_its_own_span(hits_of) -> None:
    """The span itself has every feature at its best, another sentence at less."""
    [hit] = hits_of("bell", TEXT)
    own = alignment.features("The brass bell weighs 90 grams.", hit, 0, 31, FakeEncoder())
    other = alignment.features("Ships sail to Odense.", hit, 0, 31, FakeEncoder())
    assert own["in_order"] == 1.0
    assert own["weakest_token"] == pytest.approx(1.0, abs=0.02)
    assert all(other[name] < own[name] for name in ("in_order", "weak_tokens", "weakest_token"))


def test_another_speaker_is_one_that_the_source_does_not_have(hits_of) -> None:
    """In this source "we" stands, and "I" does not."""
    [hit] = hits_of("bell", TEXT)
    spoken = {
        text: alignment.features(text, hit, 0, 31, FakeEncoder())["other_speaker"]
        for text in ("We have a brass bell.", "I have a brass bell.")
    }
    assert spoken == {"We have a brass bell.": 0.0, "I have a brass bell.": 1.0}


def test_a_span_without_vectors_aligns_with_nothing(hits_of) -> None:
    """Where the encoder's longest text ended before the span, the tokens' features are 0."""
    [hit] = hits_of("bell", TEXT)
    found = alignment.features("The brass bell.", hit, 400, 500, FakeEncoder())
    assert (found["weak_tokens"], found["weakest_token"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "source", "turned"),
    [
        ("Scratches are covered.", "Scratches are not covered.", True),
        ("The frame isn't covered.", "The frame is covered.", True),
        ("Scratches are not covered.", "Scratches are not covered.", False),
        ("The frame is covered.", "The frame is covered, but scratches are not.", False),
        ("A lamp shines.", "Scratches are not covered.", False),
        ("The bell is covered.", "The frame has not been seen but the smith says the bell is covered.", False),
        ("The bell is covered.", "The frame is covered but the smith says the bell is not covered.", True),
        ("", "Scratches are not covered.", False),
    ],
)
def test_a_negation_more_or_less_turns_a_sentence_round(text: str, source: str, turned: bool) -> None:
    """Only between the words that both have; another clause of the source may negate."""
    assert alignment.turned_round(text, source) is turned
