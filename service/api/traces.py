"""The body of a trace: what GET /v1/traces/{trace_id} answers, and what `ragready trace` prints."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.core.conventions import Attributes
from service.core.traces import KeptSpan, Trace

_EXAMPLE: dict[str, Any] = {
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "spans": [
        {
            "id": "00f067aa0ba902b7",
            "parent": None,
            "name": "ragready.question",
            "start_ms": 0.0,
            "ms": 12.9,
            "error": None,
            "attributes": {"ragready.outcome": "answered", "ragready.citations": 1},
            "events": [],
        },
        {
            "id": "53995c3f42cd8ad8",
            "parent": "00f067aa0ba902b7",
            "name": "ragready.guard",
            "start_ms": 0.1,
            "ms": 0.4,
            "error": None,
            "attributes": {},
            "events": [
                {
                    "name": "ragready.control",
                    "at_ms": 0.3,
                    "attributes": {"ragready.control.name": "input-guard", "ragready.control.decision": "allow"},
                }
            ],
        },
    ],
}
AttributeBody = str | bool | int | float | list[str]


class EventBody(BaseModel):
    """Something that happened within a span."""

    name: str
    at_ms: float = Field(description="milliseconds after the trace began")
    attributes: dict[str, AttributeBody]


class SpanBody(BaseModel):
    """A question or one of its steps."""

    id: str
    parent: str | None = Field(
        None, description="id of the span above; of a question's own span perhaps one of the caller's"
    )
    name: str
    start_ms: float = Field(description="milliseconds after the trace began")
    ms: float
    error: str | None = Field(None, description="the code of the error that ended the span, or its type")
    attributes: dict[str, AttributeBody]
    events: list[EventBody]


class TraceBody(BaseModel):
    """The spans of a trace, in the order in which they began."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    trace_id: str
    spans: list[SpanBody]


def trace_body(trace: Trace) -> TraceBody:
    """A trace as it leaves the process."""
    return TraceBody(trace_id=trace.trace_id, spans=[_span_body(each) for each in trace.spans])


def _span_body(span: KeptSpan) -> SpanBody:
    events = [EventBody(name=each.name, at_ms=each.at_ms, attributes=_values(each.attributes)) for each in span.events]
    return SpanBody(
        id=span.id,
        parent=span.parent,
        name=span.name,
        start_ms=span.start_ms,
        ms=span.ms,
        error=span.error,
        attributes=_values(span.attributes),
        events=events,
    )


def _values(attributes: Attributes) -> dict[str, AttributeBody]:
    return {name: list(each) if isinstance(each, tuple) else each for name, each in attributes.items()}
