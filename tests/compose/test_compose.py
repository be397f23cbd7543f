"""What docker-compose.yml promises, checked from outside. Needs Docker: run by `make compose`, not by `make test`."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compose.stack import IMAGE_TAG, OURS, SERVICES, Stack, compose_command, fails, ragready, run

# Takes what is exported to it, and prints the ids of the traces.
COLLECTOR = """
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        spans = [span for each in sent.resource_spans for scope in each.scope_spans for span in scope.spans]
        print(*sorted({span.trace_id.hex() for span in spans}), flush=True)
        self.send_response(200)
        self.end_headers()

HTTPServer(("", 4318), Collector).serve_forever()
"""
IS_MISSING = "import importlib.util as u, sys; sys.exit([name for name in sys.argv[1:] if u.find_spec(name)] or 0)"


def test_starts_without_a_crash(stack: Stack) -> None:
    """Every container comes up at its first attempt."""
    assert {service: stack.inspect(service)["RestartCount"] for service in SERVICES} == dict.fromkeys(SERVICES, 0)


def test_quotes_are_in_the_documents(stack: Stack) -> None:
    """An answer's quotes are the stored text between their offsets."""
    answer = stack.wait_for_answer()
    assert "24" in answer["answer"]
    for citation in answer["citations"]:
        document = stack.http("GET", f"/v1/documents/{citation['document']}", key=stack.key).json()
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert citation["sentence"] in answer["answer"]


@pytest.mark.parametrize("key", [None, "not-the-key"])
def test_needs_the_key(stack: Stack, key: str | None) -> None:
    """Without the key a question gets 401 and a problem document."""
    response = stack.http("POST", "/v1/ask", key=key, json={"question": "?"})
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 401


@pytest.mark.parametrize("service", OURS)
def test_runs_without_rights(stack: Stack, service: str) -> None:
    """Our containers run as an account without rights on a file system that they cannot write."""
    assert stack.inside(service, "id", "-u") == "10001"
    status = stack.inside(service, "cat", "/proc/self/status")
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert stack.inspect(service)["HostConfig"]["ReadonlyRootfs"] is True


@pytest.mark.parametrize("service", OURS)
def test_writes_no_file(stack: Stack, service: str) -> None:
    """Our containers keep nothing but the worker's heartbeat, not even the device id of some library's telemetry."""
    expected = {"api": "", "worker": "/tmp/heartbeat"}[service]
    assert stack.inside(service, "find", "/tmp", "/data", "-type", "f") == expected


@pytest.mark.parametrize(("service", "absent"), [("api", ["ingestion", "markitdown"]), ("worker", ["fastapi"])])
def test_carries_only_what_it_needs(stack: Stack, service: str, absent: list[str]) -> None:
    """No image holds torch or a compiler; the API image holds no parser, the worker no web framework."""
    stack.inside(service, "python", "-c", IS_MISSING, "torch", "transformers", "sentence_transformers", "pip", *absent)
    assert stack.inside(service, "sh", "-c", "command -v cc gcc clang make; true") == ""


def test_publishes_one_port(stack: Stack) -> None:
    """The API's port on 127.0.0.1 is the only one that is published."""
    published = {
        (service, port, binding["HostIp"], binding["HostPort"])
        for service in SERVICES
        for port, bindings in stack.inspect(service)["NetworkSettings"]["Ports"].items()
        for binding in bindings or []
    }
    assert published == {("api", "8000/tcp", "127.0.0.1", str(stack.port))}


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "api"])
def test_stores_are_cut_off(stack: Stack, service: str) -> None:
    """The worker and the stores are on no network that leads out."""
    networks = stack.inspect(service)["NetworkSettings"]["Networks"]
    assert networks
    assert [run("docker", "network", "inspect", name, "-f", "{{.Internal}}").strip() for name in networks] == ["true"]


def test_same_answer_after_a_restart(stack: Stack) -> None:
    """Restarting every container changes neither the answer nor its citations, and PostgreSQL has nothing to repair."""
    before = stack.wait_for_answer()
    started = time.monotonic()
    stack.compose("restart")
    after = stack.wait_for_answer()
    stack.figures["restart of everything, up to the next answer"] = f"{time.monotonic() - started:,.1f} s"
    assert said(after) == said(before)
    assert "not properly shut down" not in stack.compose("logs", "postgres")


def test_names_the_store_that_is_gone(stack: Stack) -> None:
    """Without Chroma, /readyz answers 503 and names the vectors; with Chroma back, all is as before."""
    before = stack.wait_for_answer()
    stack.compose("stop", "chroma")
    gone = stack.wait("unready", 60, lambda: unready(stack))
    stack.compose("start", "chroma")
    stack.wait_until_ready()
    assert gone["records"] == gone["redis"] == "ok"
    assert gone["vectors"] != "ok"
    assert said(stack.wait_for_answer()) == said(before)


def test_a_repeated_question_comes_from_redis(stack: Stack) -> None:
    """The second of two same questions is a hit, and Redis is where the answer lies."""
    stack.wait_for_answer()
    first, second = (stack.ask("How long does an empty Pack S take to charge?").json() for _ in range(2))
    assert [cache_decision(first), cache_decision(second)] == ["miss", "hit"]
    assert second["answer"] == first["answer"]
    assert stack.inside("redis", "redis-cli", "--scan", "--pattern", "ragready:*")


def test_without_redis_questions_are_answered_and_say_so(stack: Stack) -> None:
    """Redis gone costs the saving and no answer; the service stays ready and names what is missing."""
    stack.wait_for_answer()
    stack.compose("stop", "redis")
    try:
        ready, answer = stack.http("GET", "/readyz"), stack.ask().json()
    finally:
        stack.compose("start", "redis")
    assert ready.status_code == 200
    assert ready.json()["dependencies"]["redis"] != "ok"
    assert answer["citations"]
    assert answer["degraded"] == ["cache"]


def test_a_reader_sees_its_own_spaces(stack: Stack) -> None:
    """A key made in the container asks as its groups may, and a space of others is as unknown as none."""
    made = json.loads(stack.inside("api", "ragready", "keys", "create", "a-reader", "--group", "partners", "--json"))
    spaces = stack.http("GET", "/v1/spaces", key=made["key"]).json()["spaces"]
    assert {each["name"] for each in spaces} == {"public", "partners"}
    closed, unknown = (
        stack.http("POST", "/v1/ask", key=made["key"], json={"question": "What is the bonus?", "spaces": [space]})
        for space in ("hr", "nothing")
    )
    assert (closed.status_code, closed.json()["code"]) == (unknown.status_code, unknown.json()["code"])
    assert closed.status_code == 404


def test_an_upload_is_ingested_by_the_worker(stack: Stack) -> None:
    """A file sent to the API lies on the volume that the worker reads too; its text is cited, and gone once removed."""
    page = b"# Bells\n\nThe bell of the town hall weighs 730 kilograms.\n"
    sent = stack.http(
        "POST", "/v1/documents", key=stack.key, data={"space": "town"}, files={"files": ("bells.md", page)}
    )
    assert sent.status_code == 202, sent.text
    assert job_done(stack, sent.headers["Location"])["chunks"] == 1
    asked = {"question": "How much does the bell of the town hall weigh?", "spaces": ["town"]}
    [citation, *_] = stack.http("POST", "/v1/ask", key=stack.key, json=asked).json()["citations"]
    removal = stack.http("DELETE", f"/v1/documents/{citation['document']}", key=stack.key)
    job_done(stack, removal.headers["Location"])
    assert stack.inside("api", "find", "/data", "-type", "f") == ""


def test_a_trace_reaches_the_collector(stack: Stack, collector: str) -> None:
    """With RAGREADY_OTLP_ENDPOINT set, the trace of an answer arrives under the id that the answer names."""
    trace = stack.wait_for_answer()["trace_id"]
    assert stack.wait("exported", 60, lambda: True if trace in run("docker", "logs", collector) else None)


def test_the_checklist_is_proved_by_url(stack: Stack, tmp_path: Path) -> None:
    """`ragready check --url` measures the running service."""
    where = ("--url", f"http://127.0.0.1:{stack.port}", "--data", str(tmp_path), "--json")
    [line] = json.loads(ragready("check", "latency-exact", *where, key=stack.key))["lines"]
    assert line["production"]["state"] == "pass", line


@pytest.mark.parametrize("name", ["RAGREADY_API_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"])
def test_stops_without_a_secret(environment_file: Path, tmp_path: Path, name: str) -> None:
    """A secret that is empty, as in .env.example, stops Compose with a message that names it."""
    lines = environment_file.read_text().splitlines()
    (tmp_path / "env").write_text("\n".join(f"{name}=" if line.startswith(f"{name}=") else line for line in lines))
    assert name in fails(*compose_command(tmp_path / "env"), "config")


@pytest.mark.parametrize("service", OURS)
def test_refuses_a_placeholder(stack: Stack, service: str) -> None:  # noqa: ARG001  # its images
    """A placeholder for the key stops the API and the worker with a message that names the variable."""
    alone = ("docker", "run", "--rm", "--network", "none", "--env", "RAGREADY_API_KEY=change-me-change-me-change-me")
    assert "RAGREADY_API_KEY" in fails(*alone, f"ragready-{service}:{IMAGE_TAG}")


@pytest.fixture
def collector(stack: Stack) -> Iterator[str]:
    """A collector on the API's network, under the name that the stack's .env says; returns its container."""
    [network] = [name for name in stack.inspect("api")["NetworkSettings"]["Networks"] if name.endswith("_edge")]
    options = ("--detach", "--network", network, "--network-alias", "collector", "--entrypoint", "python")
    container = run("docker", "run", *options, f"ragready-api:{IMAGE_TAG}", "-c", COLLECTOR).strip()
    yield container
    run("docker", "rm", "--force", container)


def job_done(stack: Stack, path: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = stack.http("GET", path, key=stack.key).json()
        return job if job["state"] not in {"queued", "running"} else None

    job = stack.wait("ingested", 120, ended)
    assert job["state"] == "done", job
    return job


def cache_decision(answer: dict[str, Any]) -> str:
    [decision] = [each["decision"] for each in answer["controls"] if each["name"] == "exact-cache"]
    return str(decision)


def said(answer: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    return answer["answer"], answer["citations"]


def unready(stack: Stack) -> dict[str, str] | None:
    response = stack.http("GET", "/readyz")
    dependencies: dict[str, str] = response.json()["dependencies"]
    return dependencies if response.status_code == 503 else None
