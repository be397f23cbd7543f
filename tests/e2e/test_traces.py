"""How an answer came about, asked for later: over HTTP and on the command line."""

import re
import shutil
from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from eval.servers import free_port
from service.core.conventions import Step
from tests.corpus import QUESTION
from tests.processes import Ragready, Service

CALLER_TRACE, CALLER_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{CALLER_TRACE}-{CALLER_SPAN}-01"
SPECIAL = {"rewrite", "plan", "grade"}  # steps of a conversation, and of the strategy `agentic`
NAMES = ["ragready.question", *(f"ragready.{step}" for step in get_args(Step) if step not in SPECIAL)]


@pytest.fixture(scope="module")
def ragready(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> Ragready:
    """The command on a copy of the small corpus."""
    data = shutil.copytree(filled.data, tmp_path_factory.mktemp("traces") / "data")
    return Ragready(data, filled.encoder_folder)


@pytest.fixture(scope="module")
def service(ragready: Ragready) -> Iterator[Service]:
    """A service that takes every step for every question."""
    with ragready.up(read_only=True, controls_off="exact-cache") as running:
        yield running


@pytest.fixture(scope="module")
def url(service: Service) -> str:
    return str(service.client.base_url).rstrip("/")


def key_of(ragready: Ragready, name: str, role: str) -> dict[str, str]:
    """The header of a new key."""
    done = ragready("keys", "create", name, "--role", role, "--group", "*")
    return {"Authorization": f"Bearer {done.body['key']}"}


def test_a_trace_is_read_back_by_its_id(service: Service) -> None:
    """The id in an answer leads to its waterfall: every step, in order, within the question's time."""
    answered = service.ask(QUESTION).json()
    body = service.client.get(f"/v1/traces/{answered['trace_id']}").json()
    assert body["trace_id"] == answered["trace_id"]
    question, *steps = body["spans"]
    assert [span["name"] for span in body["spans"]] == NAMES
    [drafting] = [span["id"] for span in steps if span["name"] == "ragready.draft"]
    within = {"ragready.check", "ragready.cite"}  # a sentence is checked and cited while the next ones are drafted
    assert [span["parent"] for span in steps] == [drafting if n in within else question["id"] for n in NAMES[1:]]
    assert question["attributes"]["ragready.citations"] == len(answered["citations"])
    assert question["attributes"]["ragready.chunks"] == [hit["chunk"] for hit in answered["hits"]]
    for span in steps:
        assert 0 <= span["start_ms"] <= span["start_ms"] + span["ms"] <= question["ms"] + 0.002
        name = span["name"].removeprefix("ragready.")
        # the last step is not over when an answer is made, and drafting is told without what lies within it
        if name in answered["timings_ms"] and name != "draft":
            assert span["ms"] == pytest.approx(answered["timings_ms"][name], abs=0.5)


def test_a_question_with_traceparent_is_part_of_the_callers_trace(service: Service) -> None:
    """The caller's trace id is the answer's, and the question's span is a child of the caller's."""
    answered = service.client.post("/v1/ask", json={"question": QUESTION}, headers={"traceparent": TRACEPARENT})
    assert answered.json()["trace_id"] == CALLER_TRACE
    question = service.client.get(f"/v1/traces/{CALLER_TRACE}").json()["spans"][0]
    assert (question["name"], question["parent"]) == ("ragready.question", CALLER_SPAN)


@pytest.mark.parametrize(
    "headers",
    [
        [("traceparent", "00-zz-00f067aa0ba902b7-01")],
        [("traceparent", f"00-{'0' * 32}-{CALLER_SPAN}-01")],
        [("traceparent", f"ff-{CALLER_TRACE}-{CALLER_SPAN}-01")],
        [("traceparent", "x" * 5_000)],
        [("traceparent", TRACEPARENT), ("traceparent", TRACEPARENT.replace("4bf9", "4bfa"))],
        [("traceparent", ""), ("tracestate", "a=b")],
        [("tracestate", "a=b"), ("baggage", "c=d")],
    ],
    ids=["letters", "zeros", "version ff", "long", "two", "empty", "none"],
)
def test_a_traceparent_that_cannot_be_read_starts_a_trace_of_its_own(service: Service, headers) -> None:
    """A malformed, missing or ambiguous traceparent costs no answer: the question has a new trace id."""
    answered = service.client.post("/v1/ask", json={"question": QUESTION}, headers=headers)
    assert answered.status_code == 200
    assert re.fullmatch("[0-9a-f]{32}", answered.json()["trace_id"])
    assert answered.json()["trace_id"] not in (CALLER_TRACE, "0" * 32)


def test_another_askers_trace_is_as_unknown_as_none(ragready: Ragready, service: Service, url: str) -> None:
    """Another reader gets the same 404 for a trace of somebody as for one that never was; an operator sees it."""
    trace_id = service.ask(QUESTION).json()["trace_id"]
    with httpx.Client(base_url=url, headers=key_of(ragready, "reader", "reader")) as reader:
        hidden, missing = reader.get(f"/v1/traces/{trace_id}"), reader.get(f"/v1/traces/{'1' * 32}")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace(trace_id, "") == missing.text.replace("1" * 32, "")
    assert hidden.json()["code"] == "unknown-trace"
    with httpx.Client(base_url=url, headers=key_of(ragready, "operator", "operator")) as operator:
        assert [span["name"] for span in operator.get(f"/v1/traces/{trace_id}").json()["spans"]] == NAMES
    assert service.stranger.get(f"/v1/traces/{trace_id}").status_code == 401


def test_the_command_shows_a_trace(ragready: Ragready, service: Service, url: str) -> None:
    """`ragready trace` asks the service with the data folder's key and prints every step with a bar and its time."""
    trace_id = service.ask(QUESTION).json()["trace_id"]
    assert ragready.within("trace", trace_id, "--url", url).body == service.client.get(f"/v1/traces/{trace_id}").json()
    shown = ragready.within("trace", trace_id, "--url", url, as_json=False).stdout
    rows = [line for line in shown.splitlines() if "█" in line]
    assert [row.split()[0] for row in rows] == [name.removeprefix("ragready.") for name in NAMES]
    assert all(re.search(r"█\s+\d+\.\d\d", row) for row in rows)
    assert "access allow" in shown


def test_the_command_finds_the_service_of_the_settings(ragready: Ragready, service: Service, url: str) -> None:
    """Without --url the command asks the host and port of the settings."""
    trace_id = service.ask(QUESTION).json()["trace_id"]
    assert ragready.within("trace", trace_id, port=url.rpartition(":")[2]).body["trace_id"] == trace_id


def test_the_command_says_what_is_wrong(ragready: Ragready, url: str) -> None:
    """An unknown trace, a wrong key and a service that is not there are problems with a remedy."""
    assert ragready.within("trace", "no ?such#trace", "--url", url).error["code"] == "unknown-trace"
    assert ragready.within("trace", "../../healthz", "--url", url).error["code"] == "invalid-request"
    assert ragready.within("trace", "1", "--url", url, api_key="wrong").error["code"] == "unauthorised"
    assert (
        ragready.within("trace", "1", "--url", f"http://127.0.0.1:{free_port()}").error["code"] == "target-unavailable"
    )
    assert ragready.within("trace", "1", "--url", "not a url").error["code"] == "target-unavailable"


def test_tracing_switched_off_leaves_no_trace(ragready: Ragready) -> None:
    """With the control off an answer has no trace id, keeps its times, and there is nothing to look up."""
    with ragready.up(read_only=True, controls_off="tracing") as off:
        answered = off.client.post("/v1/ask", json={"question": QUESTION}, headers={"traceparent": TRACEPARENT}).json()
        assert answered["trace_id"] == ""
        assert {"guard", "search", "total"} <= set(answered["timings_ms"])
        assert off.client.get(f"/v1/traces/{CALLER_TRACE}").status_code == 404
