"""Traces and metrics of a question."""

import asyncio
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from service.core import conventions
from service.core.answers import Abstention, Answer, Usage, local_caller
from service.core.conventions import Step
from service.core.errors import InvalidQuestion, InvalidSettings, StoreProblem, UnknownTrace
from service.core.settings import Settings
from service.core.telemetry import ModelOutcome, Telemetry

ASKER = local_caller("default")
ANSWER = Answer("It is.", None, (), (), "hybrid", "extractive", 0.9, "")
SECRET = "zebra-4711"


def watched(telemetry: Telemetry) -> InMemorySpanExporter:
    """The spans that this telemetry ends from now on."""
    exporter = InMemorySpanExporter()
    telemetry.provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


def asked(telemetry: Telemetry, answer: Answer = ANSWER, traced: bool = True) -> str:
    """A question with every step, answered; its trace id."""
    with telemetry.question(ASKER, traced) as timeline:
        for name in get_args(Step):
            with timeline.step(name):
                pass
        timeline.asked(SECRET)
        timeline.answered(answer)
    return timeline.trace_id


def value(telemetry: Telemetry, name: str, **labels: str) -> float:
    """A sample of the exposition; 0 where it is not there."""
    return telemetry.registry.get_sample_value(name, labels) or 0.0


# Steps


def test_each_step_is_timed() -> None:
    """The timeline holds each step's milliseconds and a total that is no less than their sum."""
    with Telemetry().question(ASKER) as timeline:
        for name in get_args(Step):
            with timeline.step(name):
                pass
        timings = timeline.timings_ms()
    assert set(timings) == {*get_args(Step), "total"}
    assert sum(value for name, value in timings.items() if name != "total") <= timings["total"] + 0.01 * len(timings)


def test_a_step_that_fails_is_timed_too() -> None:
    """A failing step stands in the timeline and in the metric, and its error goes on."""
    telemetry = Telemetry()
    with telemetry.question(ASKER) as timeline:
        with pytest.raises(RuntimeError), timeline.step("encode"):
            raise RuntimeError("failed")
        assert "encode" in timeline.timings_ms()
    assert value(telemetry, "ragready_step_seconds_count", step="encode") == 1


# Spans


def test_a_question_is_one_trace_with_a_span_a_step() -> None:
    """Every step's span is a child of the question's, in one trace, whose id is the answer's."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    trace_id = asked(telemetry)
    *steps, question = exporter.get_finished_spans()
    assert [span.name for span in steps] == [f"ragready.{step}" for step in get_args(Step)]
    assert (question.name, question.parent) == ("ragready.question", None)
    assert {span.parent.span_id for span in steps} == {question.context.span_id}
    assert {trace.format_trace_id(span.context.trace_id) for span in (question, *steps)} == {trace_id}


def test_each_question_has_a_trace_of_its_own() -> None:
    """Two questions have two trace ids of 32 hexadecimal digits."""
    telemetry = Telemetry()
    ids = [asked(telemetry) for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize("sampled", [True, False])
def test_a_question_joins_the_trace_that_it_came_with(sampled: bool) -> None:
    """Within a remote span a question has that span's trace id and parent, and is kept whatever the caller samples."""
    telemetry = Telemetry()
    remote = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED if sampled else 0))
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(remote)))
    trace_id = asked(telemetry)
    context.detach(token)
    assert trace_id == f"{0xABC:032x}"
    kept = telemetry.traces.seen_by(ASKER, trace_id).spans
    assert len(kept) == 1 + len(get_args(Step))
    assert kept[0].parent == f"{0xDEF:016x}"


def test_spans_carry_the_conventions_and_their_version() -> None:
    """Encoding and retrieval name their operation, model and size; the scope names the conventions' version."""
    telemetry = Telemetry(Settings.model_construct(encoder="an-encoder", candidates=30))
    exporter = watched(telemetry)
    asked(telemetry)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert spans["ragready.encode"].attributes["gen_ai.operation.name"] == "embeddings"
    assert spans["ragready.encode"].attributes["gen_ai.request.model"] == "an-encoder"
    assert spans["ragready.search"].attributes["gen_ai.operation.name"] == "retrieval"
    assert spans["ragready.search"].attributes["gen_ai.request.top_k"] == 30
    for span in spans.values():
        assert span.instrumentation_scope.schema_url == "https://opentelemetry.io/schemas/1.41.0"
        assert span.resource.attributes["service.name"] == "ragready"
        assert span.resource.attributes["service.version"]


def test_a_chat_model_is_named_on_its_step() -> None:
    """What a model counted stands on the step that asked it, under the conventions' name of its provider."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    with telemetry.question(ASKER) as timeline, timeline.step("draft"):
        telemetry.model_asked("mistralai:large", "answered", Usage(310, 42, False, None))
    assert dict(exporter.get_finished_spans()[0].attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "large",
        "gen_ai.usage.input_tokens": 310,
        "gen_ai.usage.output_tokens": 42,
    }


def test_what_a_control_decided_stands_on_the_step() -> None:
    """A decision is an event of the span that it was taken in, with the control's name, the decision and the time."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    with telemetry.question(ASKER) as timeline, timeline.step("guard"):
        telemetry.decided("input-guard", "refuse", 0.25)
    guard = exporter.get_finished_spans()[0]
    assert [(each.name, dict(each.attributes)) for each in guard.events] == [
        (
            "ragready.control",
            {
                "ragready.control.name": "input-guard",
                "ragready.control.decision": "refuse",
                "ragready.control.ms": 0.25,
            },
        )
    ]
    assert value(telemetry, "ragready_controls_total", control="input-guard", decision="refuse") == 1


@pytest.mark.parametrize(
    ("raised", "outcome", "named", "is_error"),
    [
        (InvalidQuestion(SECRET, SECRET), "refused", "invalid-question", False),
        (StoreProblem(SECRET, SECRET), "failed", "store-problem", True),
        (ValueError(SECRET), "failed", "ValueError", True),
    ],
)
def test_an_error_is_a_code_and_never_its_message(raised, outcome: str, named: str, is_error: bool) -> None:
    """Step and question name an error's code or type; a refusal is no error of ours; no message is recorded."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    with pytest.raises(type(raised)), telemetry.question(ASKER) as timeline, timeline.step("guard"):
        raise raised
    spans = exporter.get_finished_spans()
    assert [span.attributes["error.type"] for span in spans] == [named, named]
    assert [span.status.status_code is trace.StatusCode.ERROR for span in spans] == [is_error, is_error]
    assert spans[1].attributes["ragready.outcome"] == outcome
    assert SECRET not in "".join(span.to_json() for span in spans)
    assert value(telemetry, "ragready_questions_total", outcome=outcome) == 1
    assert value(telemetry, "ragready_question_seconds_count", outcome=outcome) == 1


def test_a_question_without_an_answer_has_failed() -> None:
    """Ending without a word about the answer counts as a failure, not as an answer."""
    telemetry = Telemetry()
    with telemetry.question(ASKER):
        pass
    assert value(telemetry, "ragready_questions_total", outcome="failed") == 1


def test_a_question_whose_asker_left_is_abandoned() -> None:
    """Being cancelled is neither a failure nor a refusal, and is counted as what it is."""
    telemetry = Telemetry()
    with pytest.raises(asyncio.CancelledError), telemetry.question(ASKER) as timeline, timeline.step("draft"):
        raise asyncio.CancelledError
    counts = {each: value(telemetry, "ragready_questions_total", outcome=each) for each in ("abandoned", "failed")}
    assert counts == {"abandoned": 1, "failed": 0}


def test_a_step_within_another_has_its_own_time() -> None:
    """What a step spends in a step within it is that one's time; several times add up to one observation."""
    telemetry = Telemetry()
    with telemetry.question(ASKER) as timeline:
        with timeline.step("draft") as drafting:
            for _ in range(2):
                with timeline.step("check", within=drafting):
                    time.sleep(0.02)
        timings = timeline.timings_ms()
    assert list(timings) == ["draft", "check", "total"]
    assert timings["check"] >= 40
    assert timings["draft"] < 20
    assert value(telemetry, "ragready_step_seconds_count", step="check") == 1


def test_the_longest_wait_is_told_and_each_is_counted() -> None:
    """Of several sentences the one that waited longest stands in the times; each is an event and an observation."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    with telemetry.question(ASKER) as timeline, timeline.step("draft"):
        for seconds in (0.001, 0.005, 0.002):
            timeline.waited("sentence_delay", seconds)
    assert timeline.timings_ms()["sentence_delay"] == 5
    [draft, _] = exporter.get_finished_spans()
    assert [each.attributes["ragready.wait.ms"] for each in draft.events] == [1, 5, 2]
    assert value(telemetry, "ragready_sentence_delay_seconds_count") == 3


def test_tokens_and_their_price_are_counted() -> None:
    """Tokens are counted by direction and by who counted them, their price where there is one, requests by outcome."""
    telemetry = Telemetry()
    telemetry.model_asked("openai:x", "answered", Usage(100, 20, False, 0.25))
    telemetry.model_asked("openai:x", "abandoned", Usage(50, 5, True, None))
    telemetry.model_asked("openai:x", "failed", None)
    tokens = {
        (direction, counted): value(telemetry, "ragready_model_tokens_total", direction=direction, counted=counted)
        for direction in ("input", "output")
        for counted in ("provider", "estimated")
    }
    assert list(tokens.values()) == [100, 50, 20, 5]
    assert value(telemetry, "ragready_model_cost_total") == 0.25
    requests = [value(telemetry, "ragready_model_requests_total", outcome=each) for each in get_args(ModelOutcome)]
    assert requests == [1, 1, 1, 0]


def test_an_answer_that_cannot_be_handed_over_has_failed() -> None:
    """What fails after the answer stands, such as handing it over, is a failed question, counted once."""
    telemetry = Telemetry()

    def handed_over() -> None:
        with telemetry.question(ASKER) as timeline:
            timeline.answered(ANSWER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        handed_over()
    counts = {
        outcome: value(telemetry, "ragready_questions_total", outcome=outcome) for outcome in ("answered", "failed")
    }
    assert counts == {"answered": 0, "failed": 1}


def test_abstaining_is_an_outcome_of_its_own() -> None:
    """An abstention is counted as such and its code stands on the question's span."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    asked(telemetry, Answer("No.", Abstention("no-match", "Nothing."), (), (), "hybrid", "extractive", 0.1, ""))
    assert exporter.get_finished_spans()[-1].attributes["ragready.abstention"] == "no-match"
    assert value(telemetry, "ragready_questions_total", outcome="abstained") == 1


# Content


def test_text_is_recorded_only_where_it_is_wanted() -> None:
    """By default neither question nor answer is in a span; with trace_content both are, as they were let through."""
    for content in (False, True):
        telemetry = Telemetry(Settings.model_construct(trace_content=content))
        exporter = watched(telemetry)
        asked(telemetry)
        spans = exporter.get_finished_spans()
        everything = "".join(span.to_json() for span in spans)
        assert (SECRET in everything, ANSWER.text in everything) == (content, content)
        found = conventions.CONTENT & set(spans[-1].attributes)
        assert found == (conventions.CONTENT - {"ragready.plan"} if content else set())


@pytest.mark.parametrize("content", [False, True])
def test_a_plan_is_counted_and_told_only_where_content_is_wanted(content: bool) -> None:
    """The step's span says how many questions were planned; which ones is content."""
    telemetry = Telemetry(Settings.model_construct(trace_content=content))
    exporter = watched(telemetry)
    with telemetry.question(ASKER) as timeline, timeline.step("plan"):
        timeline.planned([SECRET, "What is the Trail?"])
    said = exporter.get_finished_spans()[0].attributes
    assert said["ragready.parts"] == 2
    assert said.get("ragready.plan") == ((SECRET, "What is the Trail?") if content else None)


# Off


def test_an_untraced_question_leaves_nothing_and_is_still_timed() -> None:
    """With tracing off there is no span, no id and nothing kept, even in a caller's trace; times and counts stay."""
    telemetry = Telemetry()
    exporter = watched(telemetry)
    remote = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(remote)))
    with telemetry.question(ASKER, traced=False) as timeline:
        with timeline.step("guard"):
            telemetry.decided("tracing", "off", 0.0)
        timeline.answered(ANSWER)
        assert set(timeline.timings_ms()) == {"guard", "total"}
    context.detach(token)
    assert timeline.trace_id == ""
    assert exporter.get_finished_spans() == ()
    with pytest.raises(UnknownTrace):
        telemetry.traces.seen_by(ASKER, f"{0xABC:032x}")
    assert value(telemetry, "ragready_questions_total", outcome="answered") == 1


# Metrics


def test_two_processes_worth_of_metrics_do_not_mix() -> None:
    """Each Telemetry counts for itself, so two Apps in one process do not share metrics."""
    first, second = Telemetry(), Telemetry()
    first.questions.labels(outcome="answered").inc()
    assert value(first, "ragready_questions_total", outcome="answered") == 1
    assert value(second, "ragready_questions_total", outcome="answered") == 0


# Settings


def test_defaults_come_from_no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Telemetry without settings takes their defaults, whatever variables or .env files say."""
    monkeypatch.setenv("RAGREADY_TRACE_CONTENT", "true")
    (tmp_path / ".env").write_text("RAGREADY_TRACE_CONTENT=true\n")
    monkeypatch.chdir(tmp_path)
    assert Telemetry().content is False


@pytest.mark.parametrize("endpoint", ["otel:4318", "ftp://otel", "/v1/traces"])
def test_an_endpoint_that_is_no_url_stops_the_start(endpoint: str) -> None:
    """A collector's address that cannot be spoken to is refused at once and not with every trace."""
    with pytest.raises(InvalidSettings, match="RAGREADY_OTLP_ENDPOINT"):
        Telemetry(Settings.model_construct(otlp_endpoint=endpoint))


# Names


def test_names_come_from_the_installed_conventions() -> None:
    """Every gen_ai name that a span may carry is defined by the installed conventions, as is their version."""
    defined = {each for each in vars(gen_ai_attributes).values() if isinstance(each, str)}
    ours = {each for each in get_args(conventions.AttributeName) if each.startswith("gen_ai.")}
    assert ours - defined == set()
    assert conventions.SCHEMA_URL in {each.value for each in Schemas}


def test_no_span_carries_a_name_outside_the_list() -> None:
    """Attributes of every span and event come from the closed list that the documentation repeats."""
    telemetry = Telemetry(Settings.model_construct(trace_content=True))
    exporter = watched(telemetry)
    with telemetry.question(ASKER) as timeline, timeline.step("draft"):
        telemetry.model_asked("openai:gpt", "answered", Usage(1, 2, True, 0.5))
        timeline.planned(["What is the City?"])
        telemetry.decided("citations", "allow", 0.1)
        timeline.waited("first_token", 0.1)
    declined = Answer("", Abstention("no-match", ""), (), (), "naive", "x", 0.1, "", degraded=("cache",))
    asked(telemetry, replace(declined, rewritten="Is it?", usage=Usage(1, 2, True, 0.5)))
    spans: tuple[ReadableSpan, ...] = exporter.get_finished_spans()
    used = {name for span in spans for name in span.attributes} | {
        name for span in spans for event in span.events for name in event.attributes
    }
    assert used - set(get_args(conventions.AttributeName)) == set()
    assert set(get_args(conventions.AttributeName)) - used == {"error.type"}
