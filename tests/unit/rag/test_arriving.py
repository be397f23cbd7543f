"""Sentences taken out of a text that is still coming."""

import time

import pytest

from service.rag.arriving import Arriving, whole

TEXTS = [
    "The bell weighs 90 grams [1]. The lamp shines 8 hours [2].",
    "The bell weighs 90 grams. [1] The lamp shines 8 hours. [2]",
    "The bell weighs 90 grams.[1][2] The lamp shines.",
    "It costs 3.50 euros, i.e. 5 cents a gram [1, 2]. Dr. Berg made it [1]!",
    "- One item [1].\n- Another item [2].\n\nA paragraph without an end",
    "![x](https://bell.example/?q=1) The bell rings [1].",
    "The bell is brass [1](https://x). It rings.",
    "[1]",
    "",
]


def arrived(text: str, size: int) -> list[str]:
    """The sentences of a text that comes in pieces of a size."""
    arriving = Arriving()
    found = [each for at in range(0, len(text), size) for each in arriving.take(text[at : at + size])]
    return [each.text for each in [*found, *arriving.rest()]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("text", TEXTS)
def test_however_a_text_is_cut_its_sentences_are_the_same(text: str, size: int) -> None:
    """Pieces of any size give the sentences of the whole text."""
    assert arrived(text, size) == [each.text for each in whole(text)]


def test_a_sentence_comes_with_the_full_stop_behind_its_citation() -> None:
    """Nothing further has to come for a sentence that ends as the prompt asks for."""
    arriving = Arriving()
    assert arriving.take("The bell weighs 90 grams [1]") == []
    assert [each.text for each in arriving.take(".")] == ["The bell weighs 90 grams [1]."]
    assert arriving.rest() == []


def test_a_sentence_waits_for_a_citation_behind_its_full_stop() -> None:
    """A mark that may still come belongs to the sentence before it, and half a mark says nothing."""
    arriving = Arriving()
    for piece in ("It weighs 90 grams.", " [", "1", "]"):
        assert arriving.take(piece) == []
    assert [each.text for each in arriving.take(" The frame")] == ["It weighs 90 grams [1]."]


def test_a_number_is_not_cut_at_its_point() -> None:
    """A point may be the middle of a number until something else follows."""
    arriving = Arriving()
    assert [*arriving.take("It weighs 2."), *arriving.take("5 kg")] == []
    assert [each.text for each in arriving.rest()] == ["It weighs 2.5 kg"]


def test_a_sentence_knows_when_its_last_character_came() -> None:
    """The time is that of the piece with its end, not of the one that told it."""
    arriving = Arriving()
    arriving.take("The bell rings.")
    between = time.perf_counter()
    [first] = arriving.take(" The lamp")
    assert first.came_at < between
    [second] = arriving.rest()
    assert second.came_at > between
