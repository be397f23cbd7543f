"""Traces and metrics: what happened to a question, without what it said.

Metric names stand here, the names of spans and attributes in conventions. Labels come from closed sets. Text of a
question or an answer is recorded only where the settings say so, as the guards let it through; a raw one never is.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal, TypeAlias

import structlog
from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, StaticSampler
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from service.core import conventions
from service.core.answers import Answer, Caller, Usage
from service.core.answers import Decision as ControlDecides
from service.core.controls import ControlName
from service.core.conventions import Attributes, Outcome, Step, Wait
from service.core.errors import InvalidInput, RagreadyError
from service.core.otlp import TraceExport
from service.core.settings import Settings
from service.core.traces import Traces

_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MAX_ATTRIBUTE_CHARACTERS = 10_000
ModelOutcome: TypeAlias = Literal["answered", "failed", "abandoned", "retried"]
# a caller that asks for no sampling gets no export, and can still look its trace up here
_KEPT_ONLY = StaticSampler(Decision.RECORD_ONLY)
_SAMPLER = ParentBased(ALWAYS_ON, remote_parent_not_sampled=_KEPT_ONLY, local_parent_not_sampled=_KEPT_ONLY)
_log = structlog.get_logger("ragready.telemetry")


class Telemetry:
    """One registry of metrics, one tracer, and the traces that are kept, for a process."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Without settings: their defaults, whatever the environment says. Raises InvalidSettings."""
        settings = settings or Settings.model_construct()
        self.content = settings.trace_content
        self.step_attributes = conventions.of_steps(settings)
        self.traces = Traces(settings.traces_kept)
        self.provider = _provider()
        self._tracer = self.provider.get_tracer("ragready", version("ragready"), conventions.SCHEMA_URL)
        self.registry = CollectorRegistry()
        self.questions = self._counter("questions", "Questions by outcome", "outcome")
        self.question_seconds = self._histogram("question_seconds", "Time of a question by outcome", "outcome")
        self.step_seconds = self._histogram("step_seconds", "Time of a step of an answer", "step")
        self.controls = self._counter("controls", "Decisions of controls", "control", "decision")
        self.cache = self._counter("cache", "Uses of the answer cache", "outcome")
        self.rate_limit = self._counter("rate_limit", "Requests counted against a key's limit", "outcome")
        self.model_requests = self._counter("model_requests", "Requests to a chat model by outcome", "outcome")
        self.model_tokens = self._counter(
            "model_tokens", "Tokens that a chat model read and wrote", "direction", "counted"
        )
        self.model_cost = self._counter("model_cost", "What they cost by the prices in the settings")
        self.sentence_delay_seconds = self._histogram(
            "sentence_delay_seconds", "Time from the last token of a model's sentence to its release, checked"
        )
        self.http_requests = self._counter(
            "http_requests", "HTTP requests by route template and status class", "route", "status"
        )
        self.traces_exported = self._counter("traces_exported", "Traces by what became of their export", "outcome")
        self._export = (
            TraceExport(settings.otlp_endpoint, settings.otlp_timeout_seconds, self.traces_exported)
            if settings.otlp_endpoint
            else None
        )

    @contextmanager
    def question(self, asker: Caller, traced: bool = True) -> Iterator["Timeline"]:
        """A span around one question, in the caller's trace where one came along; the steps are its children.

        Without an answer, said by `answered`, the question has failed, or was refused where InvalidInput is raised.
        """
        timeline = Timeline(self, self._tracer if traced else trace.NoOpTracer())
        try:
            with timeline.span(conventions.QUESTION_SPAN) as span:
                timeline.begin(span)
                try:
                    yield timeline
                except BaseException as error:
                    timeline.end(error)
                    raise
                timeline.end()
        finally:
            if timeline.spans:
                self.traces.keep(asker, timeline.spans)
                if self._export:
                    self._export.send(timeline.spans)

    def untraced(self) -> "Timeline":
        """Steps that belong to no question of a caller: timed, and no span."""
        return Timeline(self, trace.NoOpTracer())

    def decided(self, name: ControlName, decision: ControlDecides, ms: float) -> None:
        """Count what a control decided, and note it on the current span."""
        self.controls.labels(control=name, decision=decision).inc()
        said: Attributes = {
            "ragready.control.name": name,
            "ragready.control.decision": decision,
            "ragready.control.ms": ms,
        }
        trace.get_current_span().add_event(conventions.CONTROL_EVENT, said)

    def model_asked(self, model: str, outcome: ModelOutcome, usage: Usage | None) -> None:
        """Count a request to a chat model, and note it with its tokens on the current span; None where it had none."""
        self.model_requests.labels(outcome=outcome).inc()
        counts = (usage.input_tokens, usage.output_tokens) if usage else (None, None)
        trace.get_current_span().set_attributes(conventions.of_chat(model, *counts))
        if usage is None:
            return
        counted = "estimated" if usage.estimated else "provider"
        self.model_tokens.labels(direction="input", counted=counted).inc(usage.input_tokens)
        self.model_tokens.labels(direction="output", counted=counted).inc(usage.output_tokens)
        self.model_cost.inc(usage.cost or 0.0)

    def exposition(self) -> bytes:
        """Every metric in Prometheus' text format."""
        return generate_latest(self.registry)

    def close(self) -> None:
        """Send the traces that wait, within two seconds."""
        if self._export:
            self._export.close()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"ragready_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str) -> Histogram:
        return Histogram(f"ragready_{name}", meaning, labels, registry=self.registry, buckets=_BUCKETS_SECONDS)


class Timeline:
    """One question while it is answered: its steps, how long each took, and how it ended."""

    def __init__(self, telemetry: Telemetry, tracer: trace.Tracer) -> None:
        self._telemetry = telemetry
        self._tracer = tracer
        self._question: trace.Span = trace.INVALID_SPAN
        self._outcome: Outcome = "failed"
        self._started = time.perf_counter()
        self._steps: dict[str, float] = {}
        self._waits: dict[Wait, float] = {}
        self.spans: list[ReadableSpan] = []
        self.trace_id = ""

    @contextmanager
    def step(self, name: Step, within: "Running | None" = None) -> Iterator["Running"]:
        """Time a step, as a span, a metric and an entry of `timings_ms`, whether or not it raises.

        A step that is taken several times adds up. The time of one `within` another is its own and not the other's.
        """
        running = Running()
        self._steps.setdefault(name, 0.0)  # in the order in which they begin
        started = time.perf_counter()
        try:
            with self.span(f"ragready.{name}", self._telemetry.step_attributes.get(name)):
                yield running
        finally:
            seconds = time.perf_counter() - started
            self._steps[name] += seconds - running.others_seconds
            if within:
                within.others_seconds += seconds

    def waited(self, what: Wait, seconds: float) -> None:
        """Note how long somebody waited; of several waits of a kind the longest is told.

        `first_token` is from the request to a chat model, `sentence_delay` from a sentence's last token to its release.
        """
        self._waits[what] = max(seconds, self._waits.get(what, 0.0))
        if what == "sentence_delay":
            self._telemetry.sentence_delay_seconds.observe(seconds)
        said: Attributes = {"ragready.wait": what, "ragready.wait.ms": round(seconds * 1e3, 3)}
        trace.get_current_span().add_event(conventions.WAIT_EVENT, said)

    def asked(self, text: str) -> None:
        """The question as the guards let it through; recorded only where the settings want content."""
        if self._telemetry.content:
            self._question.set_attributes(conventions.question_text(text))

    def planned(self, questions: Sequence[str]) -> None:
        """What a question was split into, on the current step's span; which, only where the settings want content."""
        trace.get_current_span().set_attributes(conventions.of_plan(questions, self._telemetry.content))

    def answered(self, answer: Answer) -> None:
        """What the question came to; its text is recorded only where the settings want content."""
        self._outcome = "abstained" if answer.abstention else "answered"
        self._question.set_attributes(conventions.of_answer(answer))
        if self._telemetry.content:
            self._question.set_attributes(conventions.answer_text(answer.text))

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by step and by what was waited for, and `total` since the question arrived."""
        total = time.perf_counter() - self._started
        every = [*self._steps.items(), *self._waits.items(), ("total", total)]
        return {name: round(seconds * 1e3, 2) for name, seconds in every}

    @contextmanager
    def span(self, name: str, said: Attributes | None = None) -> Iterator[trace.Span]:
        """A child of the current span. Its error is a code or a type: a message may quote what was asked."""
        span = self._tracer.start_span(name, attributes=said)
        if isinstance(span, ReadableSpan):
            self.spans.append(span)
        token = context.attach(trace.set_span_in_context(span))
        try:
            yield span
        except BaseException as error:
            span.set_attribute(conventions.ERROR, _code(error))
            if not isinstance(error, InvalidInput):
                span.set_status(trace.StatusCode.ERROR)
            raise
        finally:
            context.detach(token)
            span.end()

    def begin(self, span: trace.Span) -> None:
        """The question's own span is there."""
        self._question = span
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id) if span.is_recording() else ""

    def end(self, error: BaseException | None = None) -> None:
        """Count the question by its outcome; within its span, so that the log of a failure names the trace."""
        if error is not None:
            self._outcome = _outcome(error)
        for name, seconds in self._steps.items():
            self._telemetry.step_seconds.labels(step=name).observe(seconds)
        if self._outcome == "failed":
            _log.error("question failed", error=_code(error))
        self._question.set_attribute(conventions.OUTCOME, self._outcome)
        self._telemetry.questions.labels(outcome=self._outcome).inc()
        self._telemetry.question_seconds.labels(outcome=self._outcome).observe(time.perf_counter() - self._started)


@dataclass
class Running:
    """A step that runs, and how long the steps within it took."""

    others_seconds: float = 0.0


def _provider() -> TracerProvider:
    service = Resource.create({"service.name": "ragready", "service.version": version("ragready")})
    limits = SpanLimits(max_span_attribute_length=_MAX_ATTRIBUTE_CHARACTERS)
    return TracerProvider(_SAMPLER, service, shutdown_on_exit=False, span_limits=limits)


def _outcome(error: BaseException) -> Outcome:
    if isinstance(error, asyncio.CancelledError):
        return "abandoned"
    return "refused" if isinstance(error, InvalidInput) else "failed"


def _code(error: BaseException | None) -> str:
    return error.code if isinstance(error, RagreadyError) else type(error).__name__
