"""When production counts as better than something simpler."""

import asyncio

import pytest

from eval.checklist.probes.problem_baseline import judged, said
from eval.checklist.simpler import ClosedBook, sentence
from eval.checklist.states import Figure, State

ABOVE = Figure(0.2, 0.1, 0.3, 50, "difference")
AROUND = Figure(0.02, -0.01, 0.05, 50, "difference")
BELOW = Figure(-0.2, -0.3, -0.1, 50, "difference")
SAME = Figure(0.0, 0.0, 0.0, 50, "difference")


@pytest.mark.parametrize(
    ("differences", "state"),
    [
        ([ABOVE, ABOVE], "pass"),
        ([ABOVE, AROUND], "cannot tell"),
        ([SAME], "cannot tell"),
        ([ABOVE, AROUND, BELOW], "fail"),
        ([], "cannot tell"),
    ],
)
def test_every_baseline_has_to_be_beaten(differences: list[Figure], state: State) -> None:
    """One baseline that is not shown to be worse keeps the line from passing, and one that is better fails it."""
    assert judged({str(place): each for place, each in enumerate(differences)}) == state


def test_the_baseline_that_is_not_beaten_is_named() -> None:
    """The sentence says which baselines are beaten and which are not, with their intervals."""
    words = said("production", {"closed book": ABOVE, "naive": AROUND})
    assert words == (
        "Production accepts more answers than closed book. Not shown to beat: naive (+0.020, -0.010 to 0.050, n 50)."
    )


def test_keywords_take_the_sentence_with_most_words_of_the_question() -> None:
    """Of a passage the sentence that shares most words with the question, the first one of equals."""
    text = "The shed is green. The shed opens at nine in summer. The shed opens at ten."
    assert sentence("When in summer does the shed open?", text) == "The shed opens at nine in summer."
    assert sentence("What colour is it?", text) == "The shed is green."
    assert not sentence("Anything?", "")


def test_without_a_book_everything_is_declined() -> None:
    """The closed book declines and cites nothing."""
    seen = asyncio.run(ClosedBook().ask("When does the shed open?"))
    assert seen.abstained
    assert not seen.hits
