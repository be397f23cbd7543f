"""The HTTP API of a running service: what it answers, and how it refuses."""

import re
import shutil
import stat
from collections.abc import Iterator

import httpx
import jsonschema
import pytest

from eval.servers import free_port
from tests.corpus import DOCUMENTS, QUESTION, QUESTIONS, UNANSWERABLE
from tests.processes import Ragready, Service

PROBLEM_TYPE = "application/problem+json"
OUR_KEY = "f3b1c5a7d9e2486091b7c4d5e6f70812"


@pytest.fixture(scope="module")
def service(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a copy of the small corpus."""
    data = shutil.copytree(filled.data, tmp_path_factory.mktemp("api") / "data")
    with Ragready(data, filled.encoder_folder).up() as running:
        yield running


def assert_problem(got: httpx.Response, status: int, code: str) -> dict[str, object]:
    """`got` is a problem document of this status and code, which says what is wrong and what to do."""
    body: dict[str, object] = got.json()
    assert (got.status_code, got.headers["content-type"], body["code"]) == (status, PROBLEM_TYPE, code)
    assert set(body) == {"type", "title", "status", "code", "detail", "remedy"}
    assert (body["status"], body["type"]) == (status, f"urn:ragready:error:{code}")
    assert body["detail"]
    assert body["remedy"]
    return body


# Answers


@pytest.mark.parametrize(("question", "document", "words"), QUESTIONS, ids=[each[1] for each in QUESTIONS])
def test_a_question_is_answered_from_its_document(service: Service, question: str, document: str, words: str) -> None:
    """The answer holds the fact and cites the document that states it."""
    body = service.ask(question).json()
    assert body["abstained"] is False
    assert words in body["answer"]
    assert f"help/{document}" in {each["source"] for each in body["citations"]}


@pytest.mark.parametrize("strategy", ["hybrid", "naive"])
def test_an_answer_has_every_field(service: Service, strategy: str) -> None:
    """An answer carries the documented fields, with the strategy asked for, steps timed and a trace id."""
    body = service.ask(f"{QUESTION} Tell me, please.", strategy=strategy).json()
    assert {"answer", "abstained", "reason", "citations", "hits", "strategy", "model"} <= set(body)
    assert {"document", "chunk", "quote", "start", "end", "sentence"} <= set(body["citations"][0])
    assert {"document", "chunk", "score", "dense", "lexical"} <= set(body["hits"][0])
    assert (body["strategy"], body["model"], body["reason"]) == (strategy, "extractive", None)
    assert re.fullmatch("[0-9a-f]{32}", body["trace_id"])
    steps = {name: ms for name, ms in body["timings_ms"].items() if name != "total"}
    assert {"guard", "access", "encode", "judge", "draft", "check", "cite"} <= set(steps)
    assert 0 < sum(steps.values()) <= body["timings_ms"]["total"] + 0.1
    assert 0 <= body["confidence"] <= 1


@pytest.mark.parametrize("question", [each[0] for each in QUESTIONS])
def test_every_citation_quotes_its_document(service: Service, question: str) -> None:
    """A quote is exactly the span of the stored text that its offsets name, and its sentence is in the answer."""
    body = service.ask(question).json()
    assert body["citations"]
    for each in body["citations"]:
        document = service.client.get(f"/v1/documents/{each['document']}").json()
        assert each["quote"] == document["text"][each["start"] : each["end"]]
        assert each["sentence"] in body["answer"]
        assert (each["title"], each["source"], each["space"]) == (
            document["title"],
            document["source"],
            document["space"],
        )


def test_hits_come_best_first_and_bound_the_citations(service: Service) -> None:
    """Hits are in the order of their score, and every cited chunk is one of them."""
    body = service.ask(QUESTION).json()
    scores = [each["score"] for each in body["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert {each["chunk"] for each in body["citations"]} <= {each["chunk"] for each in body["hits"]}


def test_the_same_question_gets_the_same_answer(service: Service) -> None:
    """Two requests of one question differ in id, trace and times alone; the cache misses, then hits."""
    asked = f"{QUESTION} Please tell."
    first, second = service.ask(asked).json(), service.ask(asked).json()
    decided = [{each["name"]: each["decision"] for each in body.pop("controls")} for body in (first, second)]
    for each in (first, second):
        del each["id"], each["trace_id"], each["timings_ms"]
    assert first == second
    assert [each["exact-cache"] for each in decided] == ["miss", "hit"]


def test_an_unanswerable_question_is_declined_with_the_reason(service: Service) -> None:
    """Where the documents lack the answer, the reply says so and why, cites nothing and shows what was found."""
    body = service.ask(UNANSWERABLE).json()
    assert body["abstained"] is True
    assert body["citations"] == []
    assert body["reason_code"] == "weak-evidence"
    assert body["reason"]
    assert body["hits"]


def test_a_service_without_documents_declines(ragready: Ragready) -> None:
    """A fresh service is ready, and declines because there is nothing to answer from."""
    with ragready.up() as empty:
        assert empty.client.get("/readyz").status_code == 200
        assert empty.ask(QUESTION).json()["reason_code"] == "no-documents"
        assert empty.client.get("/v1/spaces").json() == {"spaces": []}
        assert empty.client.get("/v1/documents").json() == {"documents": []}


# Documents and spaces


def test_documents_are_listed_without_their_text(service: Service) -> None:
    """The list names every document of the corpus, in the space asked for, with its size and not its text."""
    listed = service.client.get("/v1/documents", params={"space": "public"}).json()["documents"]
    assert [each["source"] for each in listed] == sorted(f"help/{name}" for name in DOCUMENTS)
    assert all(each["chunks"] > 0 and each["characters"] > 0 and "text" not in each for each in listed)
    shown = service.client.get(f"/v1/documents/{listed[0]['document']}").json()
    assert len(shown["text"]) == listed[0]["characters"]
    assert {(each["standing"], each["in_favour_of"]) for each in [*listed, shown]} == {("current", None)}


def test_spaces_are_listed_with_what_they_hold(service: Service) -> None:
    """A space names its version, generation and counts."""
    [space] = service.client.get("/v1/spaces").json()["spaces"]
    assert (space["name"], space["documents"], space["generation"]) == ("public", len(DOCUMENTS), 1)
    assert space["chunks"] >= len(DOCUMENTS)
    assert space["version"] >= len(DOCUMENTS)


# Operations


def test_healthz_and_readyz_need_no_key(service: Service) -> None:
    """A probe without a key learns that the process runs and that records and vectors answer."""
    client = service.stranger
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "degraded": [], "dependencies": {"records": "ok", "vectors": "ok"}}


def test_readyz_names_a_dependency_that_is_gone(copied: Ragready) -> None:
    """With Redis out of reach the service says that it is Redis, stays ready, and answers questions without it."""
    with copied.up(redis_url=f"redis://127.0.0.1:{free_port()}") as running:
        ready = running.client.get("/readyz")
        assert (ready.status_code, ready.json()["degraded"]) == (200, ["redis"])
        states = ready.json()["dependencies"]
        assert (states["records"], states["vectors"]) == ("ok", "ok")
        assert "ConnectionError" in states["redis"]
        assert running.client.get("/healthz").status_code == 200
        assert running.ask(QUESTION).json()["degraded"] == ["cache"]


def test_metrics_count_outcomes_and_steps_without_content(service: Service) -> None:
    """Metrics count answers, abstentions, refusals, steps and routes; no word of a question and no key is in them."""
    service.ask(QUESTION)
    service.ask(UNANSWERABLE)
    service.ask(" ")
    service.client.get("/no/such/page/of/mine")
    text = service.client.get("/metrics").text
    for outcome in ("answered", "abstained", "refused"):
        assert float(re.search(rf'ragready_questions_total{{outcome="{outcome}"}} (\S+)', text)[1]) >= 1
    assert 'ragready_step_seconds_count{step="encode"}' in text
    assert 'ragready_http_requests_total{route="/v1/ask",status="2xx"}' in text
    assert "no/such/page" not in text
    assert "battery" not in text
    assert service.key not in text


def test_examples_in_the_openapi_document_match_their_schemas(service: Service) -> None:
    """The API describes itself, and each example in the description is valid against the schema that it stands in."""
    api = service.client.get("/openapi.json").json()
    assert {"/v1/ask", "/v1/documents", "/v1/documents/{document}", "/v1/spaces", "/readyz"} <= set(api["paths"])
    examples = [
        (name, example)
        for name, schema in api["components"]["schemas"].items()
        for example in schema.get("examples", [])
    ]
    assert {"AskBody", "AnswerBody"} <= {name for name, _ in examples}
    for name, example in examples:
        jsonschema.validate(
            example,
            {"$ref": f"#/components/schemas/{name}", "components": api["components"]},
            cls=jsonschema.Draft202012Validator,
        )


def test_answers_match_the_published_schema(service: Service) -> None:
    """What the service sends is what its OpenAPI document promises, for an answer, an abstention and a problem."""
    api = service.client.get("/openapi.json").json()
    for name, got in (
        ("AnswerBody", service.ask(QUESTION)),
        ("AnswerBody", service.ask(UNANSWERABLE)),
        ("ProblemBody", service.ask(" ")),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": api["components"]}
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(got.json())) == []


# Refusals


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Basic {key}", "Bearer {key}x", "{key} {key}"])
@pytest.mark.parametrize("path", ["/v1/spaces", "/v1/documents", "/v1/documents/doc_x"])
def test_a_request_without_the_key_is_refused(service: Service, path: str, header: str | None) -> None:
    """Without the exact key, every route under /v1 answers 401 and how to send one."""
    headers = {} if header is None else {"Authorization": header.format(key=service.key)}
    got = service.stranger.get(path, headers=headers)
    assert_problem(got, 401, "unauthorised")
    assert got.headers["www-authenticate"] == "Bearer"


def test_a_question_without_the_key_is_refused_before_its_body_is_judged(service: Service) -> None:
    """A caller without the key does not learn whether the body would have been valid."""
    url, stranger = "/v1/ask", service.stranger
    assert_problem(stranger.post(url, json={"question": QUESTION}), 401, "unauthorised")
    assert_problem(stranger.post(url, json={"nonsense": 1}), 401, "unauthorised")
    assert_problem(stranger.post(url, content=b"{", headers={"Content-Type": "application/json"}), 401, "unauthorised")


@pytest.mark.parametrize("path", ["/v1/no-such-route", "/v1/ask/deeper", "/v1"])
def test_an_unknown_route_under_v1_asks_for_the_key_first(service: Service, path: str) -> None:
    """A caller without the key does not learn which routes exist; with it, an unknown route is a 404."""
    assert_problem(service.stranger.get(path), 401, "unauthorised")
    assert service.client.get(path).status_code == 404


def test_an_unknown_path_is_a_problem(service: Service) -> None:
    """A path under /v1 that does not exist is a 404 problem."""
    assert_problem(service.client.get("/v1/no-such-route"), 404, "invalid-request")


def test_a_wrong_method_is_a_problem(service: Service) -> None:
    """A method that a route does not know is a 405 problem that names those it does."""
    got = service.client.get("/v1/ask")
    assert_problem(got, 405, "invalid-request")
    assert got.headers["allow"] == "POST"


def test_an_announced_body_over_the_limit_is_refused(service: Service) -> None:
    """A body whose announced length is over the limit is a 413 problem with both numbers."""
    body = assert_problem(service.ask("x" * 70_000), 413, "body-too-large")
    assert "65,536 are allowed" in str(body["detail"])


def test_a_chunked_body_over_the_limit_is_refused(service: Service) -> None:
    """A body without an announced length is refused as soon as it passes the limit, not read to its end."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"question": "'
        while sent < 50_000_000:
            sent += 16_384
            yield b"x" * 16_384

    try:
        got = service.client.post("/v1/ask", content=endless(), headers={"Content-Type": "application/json"})
    except httpx.WriteError:
        assert sent < 50_000_000
        return
    assert_problem(got, 413, "body-too-large")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{", "body"),
        ("[]", "body"),
        ("{}", "body.question"),
        ('{"question": null}', "body.question"),
        ('{"question": 7}', "body.question"),
        ('{"question": "Why?", "nonsense": 1}', "body.nonsense"),
        ('{"question": "Why?", "spaces": "public"}', "body.spaces"),
        ('{"question": "Why?", "spaces": [1]}', "body.spaces.0"),
        ('{"question": "Why?", "strategy": ["x"]}', "body.strategy"),
        ('{"question": "\\ud800"}', None),
        (b'{"question": "\xff\xfe"}', None),
    ],
)
def test_a_body_that_breaks_the_schema_names_the_field(service: Service, body: str | bytes, named: str | None) -> None:
    """A body that is no JSON, misses a field, has one too many or of the wrong type is a 422 that names it."""
    got = service.client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert (got.status_code, got.headers["content-type"]) == (422, PROBLEM_TYPE)
    if named:
        assert_problem(got, 422, "invalid-request")
        assert f"{named}:" in got.json()["detail"] or f"{named}." in got.json()["detail"]


def test_an_empty_list_of_spaces_opens_none(service: Service) -> None:
    """Asking in no space at all is not the same as asking in every space: nothing is found."""
    assert service.ask(QUESTION, spaces=[]).json()["hits"] == []


# Keys


def test_the_development_key_is_made_once_and_kept_private(copied: Ragready) -> None:
    """The key is made at the first start, readable by its owner only, and the same at the second start."""
    with copied.up() as first:
        made = (copied.data / "api-key").stat()
        assert stat.S_IMODE(made.st_mode) == 0o600
        key = first.key
    with copied.up() as second:
        assert second.key == key
        assert second.ask(QUESTION).status_code == 200


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "RAGREADY_API_KEY is not set"),
        ({"api_key": ""}, "RAGREADY_API_KEY is not set"),
        ({"api_key": "short-key"}, "9 characters"),
        ({"api_key": "please-change-me-to-something"}, "placeholder"),
        ({"api_key": OUR_KEY, "database_url": "postgresql://ragready:password@127.0.0.1/x"}, "RAGREADY_DATABASE_URL"),
    ],
    ids=["missing", "empty", "short", "placeholder", "placeholder in a URL"],
)
def test_production_does_not_start_without_secrets(copied: Ragready, settings: dict[str, str], named: str) -> None:
    """Outside development a missing, short or placeholder secret stops start-up by its name, and no key is made."""
    done = copied("up", "--port", "0", as_json=False, environment="production", **settings)
    assert done.code == 1
    assert "invalid-settings" in done.stderr
    assert named in " ".join(done.stderr.split())
    assert not (copied.data / "api-key").exists()


def test_production_starts_with_a_key_and_does_not_print_it(copied: Ragready) -> None:
    """In production the key of the settings is the one that opens the API, and nothing of it is printed or stored."""
    with copied.up(environment="production", api_key=OUR_KEY) as running:
        assert running.ask(QUESTION).status_code == 200
    assert OUR_KEY not in copied.data.with_name("data.log").read_text()
    assert not (copied.data / "api-key").exists()


def test_a_port_in_use_is_named(filled: Ragready, service: Service) -> None:
    """A service that cannot listen says which address and how to name another."""
    port = service.client.base_url.port
    done = filled("up", "--port", port, as_json=False)
    assert done.code == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr


def test_open_routes_do_not_give_away_the_key(service: Service) -> None:
    """No response to a caller without a key holds the key or the data folder's place."""
    for path in ("/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/v1/spaces"):
        text = service.stranger.get(path).text
        assert service.key not in text
        assert "records.sqlite3" not in text
