"""An answer to bytes and back."""

import json
from dataclasses import fields, replace

import pytest

from service.core.answers import Abstention, Answer, Citation, ControlDecision, Hit
from service.core.errors import CacheUnavailable
from service.rag.kept import decoded, encoded

# What belongs to one question, not to its answer; and nothing degraded is kept.
OWN = {"trace_id", "timings_ms", "degraded"}


@pytest.fixture
def answer(hits_of) -> Answer:
    """An answer with something in every field."""
    return Answer(
        text="The battery is covered. 🚲",
        abstention=Abstention("weak-evidence", "Not enough."),
        citations=(Citation("doc", "chk", "quote", 3, 8, "sentence", "title", "source", "space", True),),
        hits=tuple(hits_of("Is the battery covered?", "The battery is covered.", "Frames last.")),
        strategy="naive",
        model="sim:x",
        confidence=0.1 + 0.2,
        trace_id="t",
        timings_ms={"total": 1.0},
        controls=(ControlDecision("citations", "redact", "2 of 3", 0.25),),
        simulated=True,
        unanswered=("What is the Trail?",),
    )


def test_an_answer_comes_back_as_it_was(answer: Answer) -> None:
    """Every field that belongs to the answer survives; each has a value here that is not its default."""
    back = decoded(encoded(answer))
    for each in {one.name for one in fields(Answer)} - OWN - {"hits"}:
        assert getattr(back, each) == getattr(answer, each) != (), each
    assert (back.trace_id, back.timings_ms, back.degraded) == ("", {}, ())


def test_hits_come_back_without_vectors(answer: Answer) -> None:
    """A hit keeps text, place and scores; its vectors are empty."""
    for kept, hit in zip(decoded(encoded(answer)).hits, answer.hits, strict=True):
        for each in {one.name for one in fields(Hit)} - {"stored", "similarities"}:
            assert getattr(kept, each) == pytest.approx(getattr(hit, each))
        assert replace(kept.stored, tokens=None) == replace(hit.stored, tokens=None)
        assert (kept.similarities.size, kept.stored.tokens.vectors.size, kept.stored.tokens.spans.size) == (0, 0, 0)


def damaged(value: bytes, name: str, to: object) -> bytes:
    return json.dumps({**json.loads(value), name: to}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"\x80\x04garbage\xff",
        lambda _: b"null",
        lambda _: b"{}",
        lambda value: value[:-40],
        lambda value: damaged(value, "text", 5),
        lambda value: damaged(value, "confidence", "high"),
        lambda value: damaged(value, "abstention", {"code": "made-up", "reason": "x"}),
        lambda value: damaged(value, "hits", [{"text": "x"}]),
    ],
)
def test_what_is_no_answer_is_a_failure(answer: Answer, damage) -> None:
    """Anything but an answer raises: it is not served, and not taken for nothing kept. Its content is not repeated."""
    with pytest.raises(CacheUnavailable) as caught:
        decoded(damage(encoded(answer)))
    assert "battery" not in f"{caught.value} {caught.value.reason}"
