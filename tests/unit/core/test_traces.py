"""Traces that the process keeps, and who sees them."""

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from service.core.answers import Answer, Caller
from service.core.errors import UnknownTrace
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.traces import of_timings

READER = Caller("acme", "key-1")
OTHER = Caller("acme", "key-2")
OPERATOR = Caller("acme", "key-3", "operator")
ADMIN = Caller("acme", "key-4", "admin")
ELSEWHERE = Caller("globex", "key-1", "admin")
CHOSEN = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def asked(telemetry: Telemetry, asker: Caller, text: str = "What?", answer: str = "That.") -> str:
    """A question of `asker` in one step; its trace id."""
    with telemetry.question(asker) as timeline:
        timeline.asked(text)
        with timeline.step("guard"):
            telemetry.decided("input-guard", "allow", 0.1)
        timeline.answered(Answer(answer, None, (), (), "hybrid", "extractive", 0.9, timeline.trace_id))
    return timeline.trace_id


def asked_within(telemetry: Telemetry, asker: Caller, **texts: str) -> str:
    """The same, in a trace whose id the caller chose."""
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(CHOSEN)))
    try:
        return asked(telemetry, asker, **texts)
    finally:
        context.detach(token)


def test_a_kept_trace_is_a_waterfall() -> None:
    """Spans stand in the order in which they began, with offsets within the question's time, and their events."""
    telemetry = Telemetry()
    question, guard = telemetry.traces.seen_by(READER, asked(telemetry, READER)).spans
    assert (question.name, question.parent, question.start_ms) == ("ragready.question", None, 0.0)
    assert (guard.name, guard.parent) == ("ragready.guard", question.id)
    assert 0 <= guard.start_ms <= guard.start_ms + guard.ms <= question.ms + 0.002
    [event] = guard.events
    assert guard.start_ms <= event.at_ms <= guard.start_ms + guard.ms + 0.002
    assert question.attributes["ragready.outcome"] == "answered"


@pytest.mark.parametrize(
    ("caller", "sees"),
    [(READER, True), (OPERATOR, True), (ADMIN, True), (OTHER, False), (ELSEWHERE, False)],
    ids=["asker", "operator", "admin", "another reader", "another tenant's admin of the same id"],
)
def test_only_the_asker_and_operators_see_a_trace(caller: Caller, sees: bool) -> None:
    """The asker, and operators and admins of its tenant, see a trace; for anyone else it is as if it never was."""
    telemetry = Telemetry()
    trace_id = asked(telemetry, READER)
    if sees:
        assert telemetry.traces.seen_by(caller, trace_id).spans
        return
    with pytest.raises(UnknownTrace) as hidden:
        telemetry.traces.seen_by(caller, trace_id)
    with pytest.raises(UnknownTrace) as missing:
        telemetry.traces.seen_by(caller, "0" * 32)
    assert hidden.value.detail.replace(trace_id, "") == missing.value.detail.replace("0" * 32, "")
    assert hidden.value.remedy == missing.value.remedy


def test_choosing_another_askers_trace_id_shows_and_hides_nothing() -> None:
    """Whoever sends somebody's trace id along sees only its own questions under it, and the other still sees theirs."""
    telemetry = Telemetry()
    trace_id = asked_within(telemetry, READER)
    assert asked_within(telemetry, OTHER) == trace_id
    mine, theirs, both = (telemetry.traces.seen_by(each, trace_id).spans for each in (READER, OTHER, OPERATOR))
    assert {each.id for each in mine} & {each.id for each in theirs} == set()
    assert {each.id for each in both} == {each.id for each in (*mine, *theirs)}
    assert len(mine) == len(theirs) == 2


def test_questions_of_one_trace_are_one_waterfall() -> None:
    """Two questions that came with one trace stand side by side, the second later than the first."""
    telemetry = Telemetry()
    trace_id = asked_within(telemetry, READER)
    asked_within(telemetry, READER)
    first, _, second, _ = telemetry.traces.seen_by(READER, trace_id).spans
    assert [first.name, second.name] == ["ragready.question"] * 2
    assert second.start_ms >= first.start_ms + first.ms > 0


def test_an_operator_sees_no_text() -> None:
    """Where content is recorded the asker sees it in its trace; an operator, who may not read the space, does not."""
    telemetry = Telemetry(Settings.model_construct(trace_content=True))
    trace_id = asked(telemetry, READER, "zebra question", "zebra answer")
    assert repr(telemetry.traces.seen_by(READER, trace_id)).count("zebra") == 2
    assert "zebra" not in repr(telemetry.traces.seen_by(OPERATOR, trace_id))


def test_only_the_newest_are_kept() -> None:
    """There is room for as many questions as the setting says; the oldest goes first."""
    telemetry = Telemetry(Settings.model_construct(traces_kept=3))
    ids = [asked(telemetry, READER) for _ in range(5)]
    for gone in ids[:2]:
        with pytest.raises(UnknownTrace):
            telemetry.traces.seen_by(READER, gone)
    for kept in ids[2:]:
        assert telemetry.traces.seen_by(READER, kept).trace_id == kept


def test_one_trace_cannot_outgrow_the_room() -> None:
    """Many questions under one chosen id take the places of as many traces, and no more."""
    telemetry = Telemetry(Settings.model_construct(traces_kept=3))
    for _ in range(10):
        trace_id = asked_within(telemetry, READER)
    assert len(telemetry.traces.seen_by(READER, trace_id).spans) == 3 * 2


def test_timings_alone_make_a_waterfall_too() -> None:
    """An untraced answer's steps follow one another under a question as long as the total."""
    question, guard, cite = of_timings({"guard": 1.0, "cite": 2.5, "total": 4.0})
    assert (question.name, question.ms) == ("ragready.question", 4.0)
    assert [(each.name, each.start_ms, each.ms) for each in (guard, cite)] == [
        ("ragready.guard", 0, 1.0),
        ("ragready.cite", 1.0, 2.5),
    ]
    assert {guard.parent, cite.parent} == {question.id}
