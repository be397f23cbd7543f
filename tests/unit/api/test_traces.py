"""Traces over HTTP, and what odd requests leave in the metrics."""

import asyncio
import itertools

import pytest
from opentelemetry import trace

from service.api.middleware import JoinTrace
from tests.unit.api.conftest import SETTINGS_KEY, Api

CALLER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{CALLER_TRACE}-00f067aa0ba902b7-00", "tracestate": "zebra=1"}
PATHS = ["/zebra-{}", "/v1/zebra-{}", "/v1/documents/zebra-{}", "/v1/traces/zebra-{}", "/v1/ask?zebra={}", "/docs/{}"]
METHODS = ["GET", "POST", "DELETE", "ZEBRA"]


def test_a_caller_that_samples_nothing_still_has_its_trace(api: Api) -> None:
    """A traceparent that is not sampled gives the answer its trace id, and the trace is kept for the asker."""
    client = api.client(SETTINGS_KEY)
    answered = client.post("/v1/ask", json={"question": "What is the page?"}, headers=HEADERS)
    assert answered.json()["trace_id"] == CALLER_TRACE
    spans = client.get(f"/v1/traces/{CALLER_TRACE}").json()["spans"]
    assert spans[0]["parent"] == "00f067aa0ba902b7"
    assert "zebra" not in str(spans)


def test_a_callers_trace_ends_with_its_request() -> None:
    """Within a request the caller's trace is the current one, and after it, even one that fails, none is."""
    seen = []

    async def route(*_: object) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)
        raise RuntimeError

    async def request_and_look() -> None:
        scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()]}
        with pytest.raises(RuntimeError):
            await JoinTrace(route)(scope, None, None)
        seen.append(trace.get_current_span().get_span_context().trace_id)

    asyncio.run(request_and_look())
    assert seen == [int(CALLER_TRACE, 16), 0]


def test_odd_requests_make_no_new_label(api: Api) -> None:
    """500 odd paths, methods and keys are counted under route templates and `other`, and status classes."""
    clients = [api.client(key) for key in (SETTINGS_KEY, None, "zebra")]
    odd = itertools.cycle(itertools.product(clients, METHODS, PATHS))
    for number, (client, method, path) in zip(range(500), odd, strict=False):
        client.request(method, path.format(number))
    requests = {
        (sample.labels["route"], sample.labels["status"])
        for metric in api.app.telemetry.registry.collect()
        for sample in metric.samples
        if sample.name == "ragready_http_requests_total"
    }
    served = set(api.served.openapi()["paths"])
    assert {route for route, _ in requests} <= {"other", *served}
    assert {status for _, status in requests} <= {"2xx", "3xx", "4xx", "5xx"}
    assert b"zebra" not in api.app.telemetry.exposition()
