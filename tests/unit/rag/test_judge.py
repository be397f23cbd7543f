"""Whether the evidence suffices."""

from service.core.answers import Hit
from service.core.telemetry import Telemetry
from service.core.types import Space
from service.rag import judge, read
from service.rag.controls import Controls
from tests.fakes import FakeEncoder

FILLED, EMPTY = Space("t", "public", 1, 7), Space("t", "public", 1, 0)


def judged(question: str, hits: list[Hit]) -> judge.Sufficiency:
    """The judgement of a question and its hits."""
    query = FakeEncoder().embed_query(question)
    return judge.sufficiency(question, query, hits, read.evidence(question, query, hits))


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


def test_a_near_miss_names_what_is_missing(hits_of) -> None:
    """Asked for another model, it says which name the closest passage lacks, and where that passage stands."""
    question = "How many newton metres does the motor of the Corvel 7 have?"
    hits = hits_of(question, "The motor of the Corvel 5 has 65 newton metres.")
    found = judged(question, hits)
    same = judged(question.replace("7", "5"), hits)
    assert (found.missing, same.missing) == (("Corvel 7",), ())
    assert found.probability < same.probability
    declined = judge.abstention([FILLED], hits, found, 1.0)
    assert "'Title 0'" in declined.reason
    assert "it mentions Corvel 5 and not Corvel 7" in declined.reason


def test_the_closest_passage_is_that_of_the_best_sentence(hits_of) -> None:
    """The document that is named is the one whose sentence comes nearest, also where it is not the first hit."""
    question = "Which ferry sails from Odense to Aarhus?"
    hits = hits_of(question, "A lamp shines.", "A ferry sails from Odense.")
    declined = judge.abstention([FILLED], hits, judged(question, hits), 1.0)
    assert "'Title 1'" in declined.reason
    assert "it does not mention Aarhus" in declined.reason


def test_a_number_counts_as_missing_only_where_no_hit_has_it(hits_of) -> None:
    """A number of the question may stand in any hit, a name has to stand in the one that answers."""
    question = "What does the Harbour cost over 48 months?"
    hits = hits_of(question, "What the Harbour does cost is 99 kroner.", "A contract ends after 48.")
    assert judged(question, hits).missing == ()
    assert judged(question, hits[:1]).missing == ("48",)


def test_without_the_control_confidence_is_a_similarity(hits_of) -> None:
    """With `confidence` off the best cosine is shown, and the answer says that the control is off."""
    question = "Which bell is made of brass?"
    hits = hits_of(question, "Every bell is made of brass.")
    query = FakeEncoder().embed_query(question)
    told = {}
    for name, off in (("on", frozenset()), ("off", frozenset({"confidence"}))):
        controls = Controls(off, Telemetry())
        told[name] = judge.judged(question, query, [FILLED], hits, 0.0, controls).confidence
        assert [each.decision for each in controls.decisions if each.name == "confidence"][-1] in {"allow", "off"}
    assert told["off"] == hits[0].dense != told["on"]
