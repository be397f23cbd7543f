"""Traces that leave the process: to a collector that is one, and to what only looks like one."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import get_args

import pytest

from eval.servers import free_port
from service.core.answers import Answer, local_caller
from service.core.conventions import Step
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from tests.collector import Collector, collecting
from tests.corpus import QUESTION, QUESTIONS, write_corpus
from tests.processes import Ragready, Service, stop, wait_until

SPECIAL = {"rewrite", "plan", "grade"}  # steps of a conversation, and of the strategy `agentic`
STEPS = [f"ragready.{step}" for step in get_args(Step) if step not in SPECIAL]
SECRETS = {
    "question": "zebra-in-question-4711",
    "document": "zebra-in-document-4712",
    "key": "zebra-in-key-471347144715",
}
HIDDEN = f"The code word of the harbour office is {SECRETS['document']} and it is changed every week.\n"
HIDDEN_QUESTION = f"What is the code word of the harbour office? {SECRETS['question']}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Ragready:
    """The command on a data folder that holds the small corpus, and a secret."""
    folder = tmp_path_factory.mktemp("traced")
    ragready = Ragready(folder / "data", encoder_folder.parent)
    corpus = write_corpus(folder / "help")
    (corpus / "harbour.txt").write_text(HIDDEN)
    assert ragready("ingest", corpus, "--space", "public").code == 0
    return ragready


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    with collecting(tmp_path) as running:
        yield running


@pytest.fixture
def deaf() -> Iterator[str]:
    """The URL of a server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def exported(service: Service, outcome: str) -> float:
    """How many traces /metrics says had this outcome."""
    found = re.search(
        rf'ragready_traces_exported_total{{outcome="{outcome}"}} (\S+)', service.client.get("/metrics").text
    )
    return float(found[1]) if found else 0.0


def log_of(ragready: Ragready) -> str:
    """What the service wrote to stderr."""
    return ragready.data.with_name(f"{ragready.data.name}.log").read_text()


def test_one_question_is_one_trace_with_every_step(filled: Ragready, collector: Collector) -> None:
    """A collector gets a question as one trace: every step below the question's span, as the conventions have it."""
    with filled.up(otlp_endpoint=collector.url) as service:
        trace_id = service.ask(QUESTION).json()["trace_id"]
        wait_until(lambda: collector.spans(trace_id), 10)
        assert exported(service, "sent") == 1
    question, *steps = collector.spans(trace_id)
    assert (question["name"], "parentSpanId" in question) == ("ragready.question", False)
    assert [span["name"] for span in steps] == STEPS
    writing = {"ragready.check", "ragready.cite"}  # a sentence is checked and cited while the next ones are drafted
    above = {
        each: {span["parentSpanId"] for span in steps if (span["name"] in writing) is each} for each in (False, True)
    }
    assert above == {False: {question["spanId"]}, True: {steps[STEPS.index("ragready.draft")]["spanId"]}}
    assert question["attributes"]["ragready.outcome"] == "answered"
    assert steps[STEPS.index("ragready.encode")]["attributes"]["gen_ai.operation.name"] == "embeddings"
    assert {span["scope"]["schemaUrl"] for span in steps} == {"https://opentelemetry.io/schemas/1.41.0"}
    [resource] = {str(each["resource"]) for request in collector.requests() for each in request["resourceSpans"]}
    assert "ragready" in resource
    decided = {event["name"] for span in steps for event in span.get("events", [])}
    assert decided == {"ragready.control"}


def test_a_question_before_the_end_is_sent_at_the_end(filled: Ragready, collector: Collector) -> None:
    """A service that is told to stop right after an answer still sends its trace."""
    with filled.up(otlp_endpoint=collector.url) as service:
        trace_id = service.ask(QUESTION).json()["trace_id"]
        stop(service.process)
    assert len(collector.spans(trace_id)) == 1 + len(STEPS)


def test_a_command_sends_its_trace_too(filled: Ragready, collector: Collector) -> None:
    """`ragready ask` sends its trace before it ends."""
    trace_id = filled("ask", QUESTION, otlp_endpoint=collector.url).body["trace_id"]
    assert len(collector.spans(trace_id)) == 1 + len(STEPS)


@pytest.mark.parametrize("kind", ["hangs", "refuses"])
def test_a_collector_that_takes_nothing_costs_no_question(filled: Ragready, deaf: str, kind: str) -> None:
    """With a collector that hangs or is not there, questions are answered in time; it is counted, and said once."""
    endpoint = deaf if kind == "hangs" else f"http://127.0.0.1:{free_port()}"
    with filled.up(otlp_endpoint=endpoint, otlp_timeout_seconds=1) as service:
        service.ask(QUESTION)  # the first question also loads what the others find loaded
        waited = list[float]()
        for _ in range(2):
            for question, _, words in QUESTIONS:
                started = time.monotonic()
                assert words in service.ask(question).json()["answer"]
                waited.append(time.monotonic() - started)
            wait_until(lambda: exported(service, "failed") >= 1, 10)
            time.sleep(1.2)
        wait_until(lambda: exported(service, "failed") == 1 + 2 * len(QUESTIONS), 15)
        assert median(waited) < 1  # what each would wait if it waited for the collector
    assert log_of(filled).count("the collector takes no traces") == 1
    for unwanted in ("Traceback", "opentelemetry", "Transient", "Failed to export"):
        assert unwanted not in log_of(filled)


def test_a_collector_that_comes_back_gets_what_follows(filled: Ragready, tmp_path: Path) -> None:
    """After a collector was gone, the next questions' traces reach it, and the log says that it is back."""
    with collecting(tmp_path) as first:
        pass  # gone by now, its port and its file are known
    with filled.up(otlp_endpoint=first.url, otlp_timeout_seconds=1) as service:
        service.ask(QUESTION)
        wait_until(lambda: exported(service, "failed") == 1, 10)
        with collecting(tmp_path, port=int(first.url.rpartition(":")[2])) as second:
            trace_id = service.ask(QUESTION).json()["trace_id"]
            wait_until(lambda: second.spans(trace_id), 10)
            assert exported(service, "sent") == 1
    assert log_of(filled).count("the collector takes traces again") == 1


@pytest.mark.parametrize("content", [False, True])
def test_no_text_leaves_by_default(filled: Ragready, collector: Collector, content: bool) -> None:
    """A secret in question, document and key is in no span, kept trace, metric or log line; where wanted it is."""
    key = SECRETS["key"]
    with filled.up(otlp_endpoint=collector.url, api_key=key, trace_content=content) as service:
        answered = service.ask(HIDDEN_QUESTION)
        assert SECRETS["document"] in answered.json()["answer"]
        trace_id = answered.json()["trace_id"]
        refused = [service.ask(SECRETS["question"] * 200), service.ask(HIDDEN_QUESTION, strategy=SECRETS["question"])]
        assert {each.status_code for each in refused} == {400, 422}
        service.client.get(f"/v1/documents/{SECRETS['question']}", params={"space": SECRETS["question"]})
        wait_until(lambda: exported(service, "sent") == 3, 10)
        places = {
            "exported": collector.text,
            "kept": service.client.get(f"/v1/traces/{trace_id}").text,
            "metrics": service.client.get("/metrics").text,
        }
    places["log"] = "\n".join(
        line for line in log_of(filled).splitlines() if not re.match("(API|Page|Key|Stop) ", line)
    )
    assert trace_id in places["exported"]
    assert trace_id in places["kept"]
    found = {(place, name) for place, text in places.items() for name, secret in SECRETS.items() if secret in text}
    with_text = {(place, name) for place in ("exported", "kept") for name in ("question", "document")}
    assert found == (with_text if content else set())


def test_a_full_queue_drops_whole_traces_at_once(deaf: str) -> None:
    """With a collector that never answers, traces without room are dropped, counted, and cost no waiting."""
    telemetry = Telemetry(Settings.model_construct(otlp_endpoint=deaf, otlp_timeout_seconds=30.0))
    asked, room = 600, 4096 // (1 + len(STEPS))
    for _ in range(asked):
        with telemetry.question(local_caller("default")) as timeline:
            for step in STEPS:
                with timeline.step(step.removeprefix("ragready.")):
                    pass
            timeline.answered(Answer("", None, (), (), "hybrid", "extractive", 1.0, ""))
    dropped = telemetry.registry.get_sample_value("ragready_traces_exported_total", {"outcome": "dropped"})
    assert dropped == asked - room
    started = time.perf_counter()
    telemetry.close()
    assert time.perf_counter() - started < 15  # half of what the collector may take
