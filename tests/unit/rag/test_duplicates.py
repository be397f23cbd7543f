"""Copies among the hits."""

import pytest

from service.rag.duplicates import repeats, without_copies

TERMS = (
    "Workshops that repair our bikes send one invoice a month. We pay it within 30 days of its arrival, by transfer. "
    "An invoice without an order number is sent back to the workshop, and the time starts again."
)


def test_a_repeated_passage_comes_once(hits_of) -> None:
    """Of equal passages the best hit stays, and the others stay in order."""
    found = hits_of("When is it paid?", TERMS, "The bell is brass.", TERMS, "The frame is steel.")
    assert without_copies(found).value == [found[0], found[1], found[3]]


def test_what_was_left_out_is_counted(hits_of) -> None:
    """The reason says how many copies went, and nothing when none did."""
    assert without_copies(hits_of("Paid?", TERMS, TERMS, TERMS)).reason == "2 copies left out"
    assert without_copies(hits_of("Paid?", TERMS, "The bell is brass.")).reason == ""


def test_a_reworded_passage_is_a_copy() -> None:
    """A few other words do not make another passage, in either direction."""
    reworded = TERMS.replace("Workshops that repair our bikes", "Workshops repairing bikes for us")
    assert repeats(reworded, TERMS)
    assert repeats(TERMS, reworded)


@pytest.mark.parametrize(
    "other",
    [
        TERMS.replace("30 days", "14 days"),
        "Our workshops are open from Monday to Friday. A month has 30 days, and we pay by transfer.",
        " ".join(sorted(TERMS.split())),
        "",
    ],
    ids=["another number", "shared words", "shuffled words", "nothing"],
)
def test_another_passage_is_kept(other: str) -> None:
    """A correction of one number, a passage on the same things, and shuffled words are no copies."""
    assert not repeats(other, TERMS)
    assert not repeats(TERMS, other)
