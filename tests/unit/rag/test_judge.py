"""Whether the evidence suffices."""

from service.core.answers import Hit
from service.core.types import Space
from service.rag import judge, read
from tests.fakes import FakeEncoder

FILLED, EMPTY = Space("t", "public", 1, 7), Space("t", "public", 1, 0)


def judged(question: str, hits: list[Hit]) -> judge.Sufficiency:
    """The judgement of a question and its hits."""
    return judge.sufficiency(question, hits, read.evidence(question, FakeEncoder().embed_query(question), hits))


def test_a_passage_that_says_what_was_asked_is_stronger_evidence(hits_of) -> None:
    """The probability lies between 0 and 1 and is higher where the passage speaks of the question."""
    question = "Which bell is made of brass?"
    near, far = (
        judged(question, hits_of(question, text)) for text in ("Every bell is made of brass.", "A lamp shines.")
    )
    assert 0 < far.probability < near.probability < 1


def test_without_hits_there_is_no_evidence() -> None:
    """Nothing found is probability 0."""
    assert judged("Which bell?", []).probability == 0.0


def test_strong_evidence_is_answered_from(hits_of) -> None:
    """At or above the threshold there is no reason to decline."""
    question = "Which bell?"
    hits = hits_of(question, "Every bell is brass.")
    found = judged(question, hits)
    assert judge.abstention([FILLED], hits, found, found.probability) is None


def test_each_reason_to_decline_has_its_code(hits_of) -> None:
    """Empty spaces, no match and weak evidence are told apart, each with a sentence for the reader."""
    question = "Which bell?"
    hits = hits_of(question, "Every bell is brass.")
    found = judged(question, hits)
    declined = [
        judge.abstention([], [], judged(question, []), 0.5),
        judge.abstention([EMPTY], [], judged(question, []), 0.5),
        judge.abstention([FILLED], [], judged(question, []), 0.5),
        judge.abstention([EMPTY, FILLED], hits, found, 1.0),
    ]
    assert [each.code for each in declined] == ["no-documents", "no-documents", "no-match", "weak-evidence"]
    assert all(each.reason.endswith(".") for each in declined)
    assert "'Title 0'" in declined[-1].reason


def test_a_threshold_of_0_never_declines_what_was_found(hits_of) -> None:
    """With the threshold at 0 every hit is answered from."""
    hits = hits_of("zebra", "Every bell is brass.")
    assert judge.abstention([FILLED], hits, judged("zebra", hits), 0.0) is None
