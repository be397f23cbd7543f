"""A running service with a chat model: official clients of OpenAI's API, streams as they come, clients that leave."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

from eval.checklist.scripted import Exchange, Scripted, endless, scripted
from tests.corpus import QUESTION
from tests.processes import Ragready, Service, wait_until

SIMULATED = "sim:ttft50-itl20-len80"
COVERED = "The battery is covered for 24 months from delivery."


@pytest.fixture(scope="module")
def service(filled: Ragready) -> Iterator[Service]:
    """A service with the reader."""
    with filled.up(read_only=True) as running:
        yield running


@pytest.fixture(scope="module")
def simulated(filled: Ragready) -> Iterator[Service]:
    """A service with a simulated model that takes its time."""
    with filled.up(read_only=True, model=SIMULATED) as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture(scope="module")
def provided(filled: Ragready, provider: Scripted) -> Iterator[Service]:
    """A service whose model is behind the scripted server."""
    model = {"model": "openai:scripted", "model_url": provider.url, "model_api_key": "k" * 30}
    with filled.up(read_only=True, **model, model_max_tokens=100_000, evidence_threshold=0) as running:
        yield running


def api_of(service: Service) -> str:
    """The address that clients of OpenAI's API are given."""
    return str(service.client.base_url).rstrip("/") + "/v1"


@contextmanager
def client(service: Service, key: str | None = None) -> Iterator[openai.OpenAI]:
    """The official client, closed at the end."""
    with openai.OpenAI(base_url=api_of(service), api_key=key or service.key, max_retries=0) as made:
        yield made


def metric(service: Service, name: str) -> float:
    """A sample of the metrics; 0 where it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", service.stranger.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


# OpenAI's own client


def test_the_official_client_gets_an_answer_with_citations(service: Service) -> None:
    """A completion parses, holds the answer, its tokens, and the citations in the documented extension."""
    asked = {"model": "ragready-hybrid", "messages": [{"role": "user", "content": QUESTION}]}
    with client(service) as made:
        got = made.chat.completions.create(**asked, temperature=0)
    assert got.choices[0].message.content == COVERED
    assert got.choices[0].finish_reason == "stop"
    assert got.usage.total_tokens == got.usage.prompt_tokens + got.usage.completion_tokens > 0
    assert [each["source"] for each in got.ragready["citations"]] == ["help/warranty.md"]
    assert got.ragready["ignored"] == ["temperature"]


def test_the_official_client_streams(simulated: Service) -> None:
    """Chunks parse and make the answer; the model's name says that it is simulated; the last chunk tells the usage."""
    with client(simulated) as made:
        stream = made.chat.completions.create(
            model="ragready-hybrid",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"ragready": {"spaces": ["public"]}},
        )
        chunks = list(stream)
    text = "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
    last = next(each for each in chunks if each.choices and each.choices[0].finish_reason)
    assert "24 months" in text
    assert text == " ".join(each["sentence"] for each in last.ragready["citations"])
    assert {each.model for each in chunks} == {"ragready-hybrid (simulated)"}
    assert chunks[-1].usage.completion_tokens > 5


def test_the_official_client_lists_and_reads_models(service: Service) -> None:
    """The strategies are models with the names that completions take."""
    with client(service) as made:
        assert next(each.id for each in made.models.list()) == "ragready-hybrid"
        assert made.models.retrieve("ragready-naive").id == "ragready-naive"


def test_failures_are_the_clients_own_exceptions(service: Service) -> None:
    """What is wrong comes as the exception that a user of the client catches, with the known models and the remedy."""
    asked = {"messages": [{"role": "user", "content": QUESTION}]}
    with client(service) as made:
        with pytest.raises(openai.BadRequestError, match="ragready-hybrid, ragready-naive") as unknown:
            made.chat.completions.create(model="gpt-4o", **asked)
        assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.NotFoundError):
            made.models.retrieve("gpt-4o")
        with pytest.raises(openai.BadRequestError, match="'n'"):
            made.chat.completions.create(model="ragready-hybrid", n=2, **asked)
    with client(service, "wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.chat.completions.create(model="ragready-hybrid", **asked)


def test_a_conversation_through_the_official_client(service: Service) -> None:
    """The last question is answered in the light of those before it, and the answer says as what."""
    messages = [
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": COVERED},
        {"role": "user", "content": "And the frame?"},
    ]
    with client(service) as made:
        got = made.chat.completions.create(model="ragready-hybrid", messages=messages)
    assert got.ragready["rewritten"] == "How long is the frame covered by the warranty?"
    assert "ten years" in got.choices[0].message.content
    assert got.ragready["ignored"] == ["system messages"]


def test_langchain_asks_and_streams(service: Service) -> None:
    """LangChain's ChatOpenAI invokes and streams the same answer, with a conversation and tokens."""
    with openai.DefaultHttpxClient() as connections:
        chat = ChatOpenAI(
            model="ragready-hybrid",
            base_url=api_of(service),
            api_key=service.key,
            stream_usage=True,
            http_client=connections,
        )
        whole = chat.invoke([SystemMessage("Be brief."), HumanMessage(QUESTION)])
        assert whole.text == COVERED
        assert whole.usage_metadata["total_tokens"] > 0
        assert "".join(each.text for each in chat.stream(QUESTION)) == COVERED
        follow_up = chat.invoke([HumanMessage(QUESTION), AIMessage(COVERED), HumanMessage("And the frame?")])
        assert "ten years" in follow_up.text


# Streams


def test_sentences_come_before_the_model_is_done(provided: Service, provider: Scripted) -> None:
    """The first checked sentence reaches the client while the model is held up in the middle of its second."""
    seen: list[float] = []

    def held(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("The battery is covered for 24 months from delivery [1].")
        time.sleep(1)
        seen.append(time.monotonic())
        exchange.say(" It must keep 70 % of its capacity [1].")
        exchange.end()

    provider.scripts[:], provider.asked[:] = [held], []
    arrived: list[tuple[str, float]] = []
    body = {"question": f"{QUESTION} Slowly.", "stream": True}
    with provided.client.stream("POST", "/v1/ask", json=body) as got:
        for line in got.iter_lines():
            if line.startswith("event: "):
                arrived.append((line.removeprefix("event: "), time.monotonic()))
            elif line.startswith("data: "):
                last = json.loads(line.removeprefix("data: "))
    assert [name for name, _ in arrived] == ["sentence", "sentence", "answer"]
    assert arrived[0][1] < seen[0]
    assert last["timings_ms"]["sentence_delay"] < 1_000


# Clients that leave


def leave(
    service: Service, path: str, body: dict[str, object], until: str = "", once: Callable[[], object] = lambda: True
) -> None:
    """Ask with a connection of one's own, hang up when some text has come and a condition holds."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    url = service.client.base_url
    with socket.create_connection((url.host, url.port), timeout=20) as connection:
        connection.sendall(head.encode() + data)
        read = b""
        while until.encode() not in read:
            read += connection.recv(65_536)
        wait_until(once, 20)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ask", {"question": "How long is the battery covered when I leave?"}),
        ("/v1/ask", {"question": "How long is the battery covered when I leave a stream?", "stream": True}),
        (
            "/v1/chat/completions",
            {"model": "ragready-hybrid", "messages": [{"role": "user", "content": "How long is it covered?"}]},
        ),
    ],
    ids=["whole", "stream", "completion"],
)
def test_a_client_that_leaves_stops_the_work(provided: Service, provider: Scripted, path: str, body) -> None:
    """The provider is hung up on, the question counts as abandoned, and no answer is kept."""
    provider.scripts[:], provider.asked[:] = [endless], []
    provider.hung_up.clear()
    stored = metric(provided, 'ragready_cache_total{outcome="stored"}')
    abandoned = metric(provided, 'ragready_questions_total{outcome="abandoned"}')
    leave(provided, path, body, once=lambda: provider.asked)
    assert provider.hung_up.wait(10)
    wait_until(lambda: metric(provided, 'ragready_questions_total{outcome="abandoned"}') == abandoned + 1, 10)
    assert metric(provided, 'ragready_cache_total{outcome="stored"}') == stored


def test_a_client_that_leaves_at_once_leaves_nothing(provided: Service, provider: Scripted) -> None:
    """Hanging up right behind the request ends it wherever it is, without an error, and the service goes on."""
    provider.scripts[:], provider.asked[:] = [endless], []
    for _ in range(5):
        leave(provided, "/v1/ask", {"question": f"{QUESTION} At once.", "stream": True})
    wait_until(lambda: provided.stranger.get("/healthz").status_code == 200, 5)
    assert metric(provided, 'ragready_http_requests_total{route="/v1/ask",status="5xx"}') == 0
    assert provided.process.poll() is None


def test_a_client_that_leaves_behind_a_sentence_stops_the_work(provided: Service, provider: Scripted) -> None:
    """A stream that was read in part ends with its reader."""

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("The battery is covered for 24 months from delivery [1]. ")
        endless_from_here(exchange)

    provider.scripts[:], provider.asked[:] = [script], []
    provider.hung_up.clear()
    leave(provided, "/v1/ask", {"question": f"{QUESTION} In part.", "stream": True}, until="event: sentence")
    assert provider.hung_up.wait(10)


def endless_from_here(exchange: Exchange) -> None:
    """Goes on with words until somebody hangs up."""
    try:
        while True:
            exchange.say("word and ")
            time.sleep(0.002)
    except OSError:
        exchange.server.hung_up.set()


def test_an_answer_of_a_busy_provider_is_a_problem_with_a_remedy(provided: Service, provider: Scripted) -> None:
    """A model that cannot be had is told as such, with its status and what to do, after the bounded tries."""
    provider.scripts[:], provider.asked[:] = [lambda exchange: exchange.refuse(429)], []
    got = provided.ask(f"{QUESTION} Now.")
    assert (got.status_code, got.json()["code"]) == (503, "model-unavailable")
    assert "429" in got.json()["detail"]
    assert len(provider.asked) == 3
    assert metric(provided, 'ragready_model_requests_total{outcome="retried"}') >= 2
