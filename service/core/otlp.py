"""Sends whole traces to an OTLP/HTTP collector, in the background: bounded, counted, and never in a question's way.

A collector that hangs, refuses or is gone costs traces: each is counted as `failed` or `dropped`, and the log says once
that it began and once that it is over. Nothing is retried after that, and nothing is kept on disk.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import Counter

from service.core.conventions import QUESTION_SPAN
from service.core.errors import InvalidSettings

Sent: TypeAlias = Literal["sent", "failed", "dropped"]

_PATH = "/v1/traces"
_MAX_WAITING_SPANS = 4_096  # about 340 questions of twelve spans, 13 MB
_BATCH_SPANS = 512
_EVERY_MILLISECONDS = 1_000
_CLOSE_SECONDS = 2.0  # a collector that is there takes every waiting trace in a fraction of it
_log = structlog.get_logger("ragready.traces")


class TraceExport:
    """Hands traces to the library's batch processor, as long as there is room."""

    def __init__(self, endpoint: str, timeout_seconds: float, counter: Counter) -> None:
        """`endpoint` is the collector's base URL, or the URL that takes traces. Raises InvalidSettings."""
        if not endpoint.startswith(("http://", "https://")):
            raise InvalidSettings(
                "RAGREADY_OTLP_ENDPOINT is no URL that begins with http:// or https://.",
                "Write it as http://HOST:4318.",
            )
        # the library says every retry and every failed batch in a line of its own; _Counting says it once
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        for outcome in get_args(Sent):
            counter.labels(outcome=outcome)
        url = endpoint.rstrip("/").removesuffix(_PATH) + _PATH
        self._counter = counter
        self._counting = _Counting(OTLPSpanExporter(url, timeout=timeout_seconds), counter)
        self._batches = BatchSpanProcessor(
            self._counting,
            max_queue_size=_MAX_WAITING_SPANS,
            schedule_delay_millis=_EVERY_MILLISECONDS,
            max_export_batch_size=_BATCH_SPANS,
        )
        self._lock = threading.Lock()
        self._given = 0

    def send(self, spans: Sequence[ReadableSpan]) -> None:
        """Queue the ended spans of one question, or drop them all: half a trace would mislead. Never blocks."""
        context = spans[0].context
        if context is None or not context.trace_flags.sampled:
            return  # whoever passed the question on decided that its trace is not wanted
        with self._lock:
            if self._waiting + len(spans) > _MAX_WAITING_SPANS:
                self._counter.labels(outcome="dropped").inc()
                return
            self._given += len(spans)
        for span in spans:
            self._batches.on_end(span)

    def close(self) -> None:
        """Send what waits, for two seconds at most, and say how much was left behind."""
        # the library's own shutdown waits half a minute for a collector that hangs
        closing = threading.Thread(target=self._batches.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        if closing.is_alive():
            _log.warning("the collector did not take the last traces in time", spans=self._waiting)

    @property
    def _waiting(self) -> int:
        return self._given - self._counting.taken


class _Counting(SpanExporter):
    """Counts the traces, each by its question's span, that went to the collector and that did not."""

    def __init__(self, exporter: SpanExporter, counter: Counter) -> None:
        self._exporter = exporter
        self._counter = counter
        self._failing = False
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        # whatever the exporter dies of, the batch is lost and counted, and the next one is tried
        except Exception:  # noqa: BLE001
            result = SpanExportResult.FAILURE
        self.taken += len(spans)
        outcome = "sent" if result is SpanExportResult.SUCCESS else "failed"
        self._counter.labels(outcome=outcome).inc(sum(span.name == QUESTION_SPAN for span in spans))
        self._report(failing=outcome == "failed")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _report(self, failing: bool) -> None:
        if failing and not self._failing:
            _log.warning("the collector takes no traces", remedy="check RAGREADY_OTLP_ENDPOINT; questions go on")
        if self._failing and not failing:
            _log.info("the collector takes traces again")
        self._failing = failing
