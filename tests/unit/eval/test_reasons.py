"""Why a figure of a case is not full."""

from eval.metrics import scores
from eval.reasons import reasons
from eval.suite import Case
from eval.target import Seen
from tests.runs import case, citation, hit, seen


def told(asked: Case, answered: Seen) -> dict[str, str]:
    return reasons(asked, answered, scores(asked, answered))


def test_a_right_answer_needs_no_reason():
    """Where every figure is full there is nothing to say."""
    assert told(case(), seen()) == {}


def test_what_was_not_found_is_named():
    """The document that is missing, the quote that no hit holds, and the words that the answer lacks."""
    found = told(case(), seen("It is blue.", hits=(hit("public/b.md", "It is blue."),), citations=()))
    assert found["recall@5"] == "Not among the 1 hits: public/a.md."
    assert found["passage@5"] == "No hit holds the quote."
    assert found["answer_accepted"] == "The answer lacks: 24 months."
    assert found["citation_recall"] == "A sentence has no citation that holds."


def test_a_place_that_is_too_late_is_told():
    """A relevant document that came second is no first one, and it is said where it was."""
    found = told(case(), seen(hits=(hit("public/b.md", "Nothing.", "c0"), hit())))
    assert (found["document@1"], found["passage@1"]) == (
        "The first relevant document is hit 2.",
        "The quote stands in hit 2.",
    )
    assert "document@5" not in found


def test_declining_wrongly_and_answering_wrongly_are_told_apart():
    """An answerable question that is declined says with which code; an unanswerable one that is answered says so."""
    declined = told(case(), seen("", abstained=True, reason_code="evidence-insufficient", citations=()))
    assert declined["answer_accepted"] == declined["answered_of_answerable"] == "It declined: evidence-insufficient."
    answered = told(case(answerable=False, parts=(), relevant=()), seen())
    assert answered["declined_of_unanswerable"] == "It answered what the documents do not answer."


def test_a_citation_from_elsewhere_is_named():
    """A citation of another document, and one whose quote does not stand in its chunk."""
    found = told(case(), seen(citations=(citation(source="public/b.md", quote="It lasts for ever."),)))
    assert found["citation_relevant"] == "Cited from elsewhere: public/b.md."
    assert found["citation_precision"] == "Citations that do not hold: public/b.md."
