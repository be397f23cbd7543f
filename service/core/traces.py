"""Traces that the process keeps, so that an answer can be explained later: the newest questions, by who asked.

A caller chooses the trace id that it sends along, so an id alone shows nothing: what another asker's questions left
under the same id is as unknown as an id that never was. Other processes' traces are not here; a collector has those.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import format_span_id, format_trace_id
from opentelemetry.util.types import AnyValue

from service.core.answers import Caller
from service.core.conventions import CONTENT, ERROR, QUESTION_SPAN, Attributes, AttributeValue, Step
from service.core.errors import UnknownTrace
from service.core.roles import may


@dataclass(frozen=True)
class KeptEvent:
    """Something that happened within a span, `at_ms` milliseconds after the trace began."""

    name: str
    at_ms: float
    attributes: Attributes


@dataclass(frozen=True)
class KeptSpan:
    """A step: when it began, in milliseconds after the trace did, and how long it took; `error` a code or a type.

    `parent` is the id of a span of the same trace, for a question's own span perhaps one of the caller's; else None.
    """

    id: str
    parent: str | None
    name: str
    start_ms: float
    ms: float
    error: str | None
    attributes: Attributes
    events: tuple[KeptEvent, ...]


@dataclass(frozen=True)
class Trace:
    """What is kept of a trace for one who may see it: the spans in the order in which they began."""

    trace_id: str
    spans: tuple[KeptSpan, ...]


@dataclass(frozen=True)
class _Question:
    """One question's part of a trace, its offsets counted from its own beginning."""

    trace_id: str
    asker: Caller
    started_ns: int
    spans: tuple[KeptSpan, ...]

    def shown_to(self, caller: Caller) -> bool:
        mine = caller.id == self.asker.id
        return caller.tenant == self.asker.tenant and (mine or may(caller, "see every trace"))


class Traces:
    """The spans of the newest questions, `limit` of them at most."""

    def __init__(self, limit: int) -> None:
        self._lock = threading.Lock()
        self._questions: deque[_Question] = deque(maxlen=limit)

    def keep(self, asker: Caller, spans: Sequence[ReadableSpan]) -> None:
        """Keep the ended spans of one question, the question's own first; the oldest question makes room."""
        question = _question(asker, spans)
        with self._lock:
            self._questions.append(question)

    def holding(self, holds: Callable[[str], bool]) -> int:
        """How many questions have a span that says something for which `holds` is true."""
        with self._lock:
            return sum(holds(repr(each.spans)) for each in self._questions)

    def forget(self, holds: Callable[[str], bool]) -> None:
        """Forget the questions of which a span says something for which `holds` is true."""
        with self._lock:
            kept = [each for each in self._questions if not holds(repr(each.spans))]
            self._questions.clear()
            self._questions.extend(kept)

    def seen_by(self, caller: Caller, trace_id: str) -> Trace:
        """The questions of a trace that the caller asked; an operator's or admin's view is its tenant's, without text.

        Raises UnknownTrace, with the same words whether the trace is another's or was never there.
        """
        with self._lock:
            found = [each for each in self._questions if each.trace_id == trace_id and each.shown_to(caller)]
        if not found:
            raise UnknownTrace(
                f"There is no trace {trace_id!r}.",
                "Traces are kept for a while, by the process that answered, for who asked and for operators.",
            )
        began = min(each.started_ns for each in found)
        spans = [_seen(each, span, caller, began) for each in found for span in each.spans]
        return Trace(trace_id, tuple(sorted(spans, key=lambda span: span.start_ms)))


def of_timings(timings_ms: Mapping[str, float]) -> tuple[KeptSpan, ...]:
    """The spans of an answer that was not traced: its steps one after the other, under the question's own."""
    steps = [(name, ms) for name, ms in timings_ms.items() if name in get_args(Step)]
    starts = [sum(ms for _, ms in steps[:place]) for place in range(len(steps))]
    spans = [
        KeptSpan(name, QUESTION_SPAN, f"ragready.{name}", start, ms, None, {}, ())
        for start, (name, ms) in zip(starts, steps, strict=True)
    ]
    return (KeptSpan(QUESTION_SPAN, None, QUESTION_SPAN, 0.0, timings_ms.get("total", 0.0), None, {}, ()), *spans)


def _seen(question: _Question, span: KeptSpan, caller: Caller, began_ns: int) -> KeptSpan:
    later = (question.started_ns - began_ns) / 1e6
    hidden = frozenset() if caller.id == question.asker.id else CONTENT
    return replace(
        span,
        start_ms=round(span.start_ms + later, 3),
        attributes={name: value for name, value in span.attributes.items() if name not in hidden},
        events=tuple(replace(each, at_ms=round(each.at_ms + later, 3)) for each in span.events),
    )


def _question(asker: Caller, spans: Sequence[ReadableSpan]) -> _Question:
    context, began = spans[0].context, spans[0].start_time or 0
    return _Question(
        trace_id=format_trace_id(context.trace_id) if context else "",
        asker=asker,
        started_ns=began,
        spans=tuple(_kept(span, began) for span in spans),
    )


def _kept(span: ReadableSpan, began_ns: int) -> KeptSpan:
    started, ended, attributes = span.start_time or began_ns, span.end_time or began_ns, _attributes(span.attributes)
    error = attributes.pop(ERROR, None)
    return KeptSpan(
        id=format_span_id(span.context.span_id) if span.context else "",
        parent=format_span_id(span.parent.span_id) if span.parent else None,
        name=span.name,
        start_ms=_ms(started - began_ns),
        ms=_ms(ended - started),
        error=None if error is None else str(error),
        attributes=attributes,
        events=tuple(
            KeptEvent(each.name, _ms(each.timestamp - began_ns), _attributes(each.attributes)) for each in span.events
        ),
    )


def _attributes(given: Mapping[str, AnyValue] | None) -> dict[str, AttributeValue]:
    """A copy: kept as they are, the spans of a question take 39 KB, copied 10."""
    return cast("dict[str, AttributeValue]", dict(given or {}))


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)
