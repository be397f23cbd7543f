"""Steps, spans and metrics: what happened to a question, without what it said.

Span names and metric names stand here and nowhere else. Labels come from closed sets; no question text, chunk text or
secret is recorded. Spans stay in the process: exporting them is not done here.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

Step: TypeAlias = Literal[
    "guard", "access", "cache", "encode", "search", "rank", "judge", "draft", "check", "cite", "keep"
]
Outcome: TypeAlias = Literal["answered", "abstained", "refused", "failed"]

QUESTION_SPAN = "ragready.question"
_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def log_to_stderr() -> None:
    """Send every event of a process to stderr: stdout is for results."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


class Telemetry:
    """One registry of metrics and one tracer for a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tracer = TracerProvider().get_tracer("ragready")
        self.questions = Counter("ragready_questions", "Questions by outcome", ["outcome"], registry=self.registry)
        self.controls = Counter(
            "ragready_controls", "Decisions of controls", ["control", "decision"], registry=self.registry
        )
        self.step_seconds = Histogram(
            "ragready_step_seconds",
            "Time of a step of an answer",
            ["step"],
            registry=self.registry,
            buckets=_BUCKETS_SECONDS,
        )
        self.http_requests = Counter(
            "ragready_http_requests",
            "HTTP requests by route template and status class",
            ["route", "status"],
            registry=self.registry,
        )

    @contextmanager
    def question(self, traced: bool = True) -> Iterator["Timeline"]:
        """A span around one question; the steps of the timeline are its children."""
        with self._tracer.start_as_current_span(QUESTION_SPAN) as span:
            yield Timeline(self, trace.format_trace_id(span.get_span_context().trace_id))

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A child span of the current one."""
        with self._tracer.start_as_current_span(f"ragready.{name}"):
            yield

    def exposition(self) -> bytes:
        """Every metric in Prometheus' text format."""
        return generate_latest(self.registry)


class Timeline:
    """The steps of one question and how long each took."""

    def __init__(self, telemetry: Telemetry, trace_id: str) -> None:
        self._telemetry = telemetry
        self._started = time.perf_counter()
        self._steps: dict[str, float] = {}
        self.trace_id = trace_id

    @contextmanager
    def step(self, name: Step) -> Iterator[None]:
        """Time a step, as a span, a metric and an entry of `timings_ms`, whether or not it raises."""
        started = time.perf_counter()
        try:
            with self._telemetry.span(name):
                yield
        finally:
            seconds = time.perf_counter() - started
            self._steps[name] = self._steps.get(name, 0.0) + seconds
            self._telemetry.step_seconds.labels(step=name).observe(seconds)

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by step, and `total` since the question arrived."""
        total = time.perf_counter() - self._started
        return {name: round(seconds * 1e3, 2) for name, seconds in {**self._steps, "total": total}.items()}
