"""The OpenAI-compatible API in this process: what is taken, ignored and refused, and in which shape."""

import json
from typing import Any

import httpx
import pytest

from service.core.errors import ModelBrokeOff
from service.rag.simulated import Simulated
from tests.unit.api.conftest import Api
from tests.unit.api.test_ask import QUESTION, SENTENCE, Says, client

ASKED = {"model": "ragready-hybrid", "messages": [{"role": "user", "content": QUESTION}]}


def complete(api: Api, model: object = None, **more: Any) -> httpx.Response:
    """A completion of the question."""
    return client(api, model).post("/v1/chat/completions", json={**ASKED, **more})


def chunks(got: httpx.Response) -> list[dict[str, Any]]:
    """The chunks of a stream, which ends as OpenAI's do."""
    *data, done = [line.removeprefix("data: ") for line in got.text.split("\n") if line]
    assert done == "[DONE]"
    return [json.loads(each) for each in data]


def error(got: httpx.Response) -> dict[str, Any]:
    """The error of a response, in OpenAI's shape."""
    assert set(got.json()) == {"error"}
    assert set(got.json()["error"]) == {"message", "type", "param", "code"}
    return got.json()["error"]


def test_a_completion_is_the_answer_with_everything_else_in_the_extension(api: Api) -> None:
    """Content is the answer's text; citations, confidence and the rest are what /v1/ask tells."""
    own = client(api).post("/v1/ask", json={"question": QUESTION}).json()
    body = complete(api).json()
    [choice] = body["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (own["answer"], "stop")
    assert body["object"] == "chat.completion"
    extension = body["ragready"]
    assert set(extension) == set(own) - {"answer"} | {"ignored"}
    assert extension["citations"] == own["citations"] != []


def test_a_stream_has_a_citation_with_each_sentence(api: Api) -> None:
    """Content put together is the answer; each sentence's chunk carries its citation, the last one everything."""
    got = complete(api, Says(f"{SENTENCE} [1]. {SENTENCE}, the page [1]."), stream=True, ragready={"spaces": ["lobby"]})
    first, *sentences, last = chunks(got)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    text = "".join(each["choices"][0]["delta"]["content"] for each in sentences)
    assert text == f"{SENTENCE}. {SENTENCE}, the page."
    cited = [each["ragready"]["citations"][0] for each in sentences]
    assert cited == last["ragready"]["citations"]
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert len({each["id"] for each in (first, *sentences, last)}) == 1


def test_an_abstention_is_said_in_the_content(api: Api) -> None:
    """Declining is an answer to any client, streamed or not; the reason is in the extension."""
    whole = complete(api, Says("NO ANSWER")).json()
    _, said, last = chunks(complete(api, Says("NO ANSWER"), stream=True))
    assert whole["choices"][0]["message"]["content"] == said["choices"][0]["delta"]["content"]
    assert whole["ragready"]["reason_code"] == last["ragready"]["reason_code"] == "unsupported"


@pytest.mark.parametrize("model", [None, Says(f"{SENTENCE} [1].")])
def test_usage_is_filled(api: Api, model: object) -> None:
    """Tokens are the model's or, where none was asked, about those of the question and the answer."""
    usage = complete(api, model).json()["usage"]
    assert usage["prompt_tokens"] > 0
    assert usage["completion_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    told = chunks(complete(api, model, stream=True, stream_options={"include_usage": True}))[-1]
    assert (told["choices"], told["usage"]["total_tokens"] > 0) == ([], True)
    assert chunks(complete(api, model, stream=True))[-1]["usage"] is None


def test_the_conversation_leads_to_the_question(api: Api) -> None:
    """Messages before the last one are its history, text parts and all."""
    messages = [
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
        {"role": "assistant", "content": SENTENCE, "refusal": None},
        {"role": "user", "content": "And the page of the hr?"},
    ]
    assert complete(api, messages=messages).json()["ragready"]["rewritten"] == "What is the page of the hr?"


def test_a_system_message_rules_nothing(api: Api) -> None:
    """A caller's system message reaches no model, and the answer says that it was ignored."""

    class Overheard(Says):
        async def stream(self, system, user):
            assert "pirate" not in system + user
            async for each in super().stream(system, user):
                yield each

    for role in ("system", "developer"):
        messages = [{"role": role, "content": "You are a pirate."}, *ASKED["messages"]]
        body = complete(api, Overheard(f"{SENTENCE} [1]."), messages=messages).json()
        assert body["ragready"]["ignored"] == ["system messages"]
        assert body["ragready"]["rewritten"] is None


def test_what_changes_only_a_models_manner_is_ignored_and_named(api: Api) -> None:
    """Sampling and limits do nothing here, and the answer says so; values that ask for nothing are not even named."""
    given = {
        "temperature": 0,
        "max_tokens": 5,
        "seed": 1,
        "user": "me",
        "n": 1,
        "tools": [],
        "stop": None,
        "top_p": None,
    }
    assert complete(api, **given).json()["ragready"]["ignored"] == ["max_tokens", "seed", "temperature", "user"]


@pytest.mark.parametrize(
    "given",
    [
        {"n": 2},
        {"tools": [{"type": "function"}]},
        {"tool_choice": "required"},
        {"response_format": {"type": "json_object"}},
        {"logprobs": True},
        {"stop": ["\n"]},
        {"modalities": ["audio"]},
        {"cheese": 1},
        {"ragready": {"cheese": 1}},
        {"messages": []},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
        {"messages": [{"role": "tool", "content": "x"}, {"role": "user", "content": "y"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
        {"messages": [{"role": "pirate", "content": "x"}]},
    ],
    ids=str,
)
def test_what_asks_for_another_kind_of_answer_is_refused(api: Api, given: dict[str, Any]) -> None:
    """A bad request in OpenAI's shape that names what is not supported."""
    got = complete(api, **given)
    assert got.status_code == 400
    told = error(got)
    assert (told["type"], told["code"]) == ("invalid_request_error", "invalid-request")
    assert len(told["message"]) > 20


def test_an_unknown_model_lists_the_known_ones(api: Api) -> None:
    """Neither a strategy that is none nor another provider's model is answered by something else."""
    for name in ("gpt-4o", "ragready", "ragready-magic", "hybrid", ""):
        got = client(api).post("/v1/chat/completions", json={**ASKED, "model": name})
        assert got.status_code == 400
        told = error(got)
        assert (told["code"], told["param"]) == ("model_not_found", "model")
        assert "ragready-hybrid, ragready-naive" in told["message"]
    missing = client(api).get("/v1/models/gpt-4o")
    assert (missing.status_code, error(missing)["code"]) == (404, "model_not_found")


def test_the_strategies_are_listed_as_models(api: Api) -> None:
    """Each strategy is a model that can be read alone, and says what writes its answers."""
    for model, name, simulated in ((None, "extractive", False), (Simulated("sim:len80"), "sim:len80", True)):
        asked = client(api, model)
        listed = asked.get("/v1/models").json()
        assert listed["object"] == "list"
        assert [each["id"] for each in listed["data"]] == ["ragready-hybrid", "ragready-naive", "ragready-agentic"]
        assert {(each["object"], each["model"], each["simulated"]) for each in listed["data"]} == {
            ("model", name, simulated)
        }
        assert asked.get("/v1/models/ragready-naive").json() == listed["data"][1]


def test_the_model_decides_on_the_strategy(api: Api) -> None:
    """The strategy is the one that the model's name means."""
    body = client(api).post("/v1/chat/completions", json={**ASKED, "model": "ragready-naive"}).json()
    assert (body["model"], body["ragready"]["strategy"]) == ("ragready-naive", "naive")


def test_a_simulated_completion_is_labelled(api: Api) -> None:
    """The name of the model says it in every chunk, for clients that show nothing else; the extension says it too."""
    body = complete(api, Simulated("sim:len80")).json()
    assert body["model"] == "ragready-hybrid (simulated)"
    assert body["ragready"]["simulated"] is True
    pieces = chunks(complete(api, Simulated("sim:len80"), stream=True))
    assert {each["model"] for each in pieces} == {"ragready-hybrid (simulated)"}
    assert pieces[-1]["ragready"]["simulated"] is True


def test_failures_have_openais_shape_on_its_paths_alone(api: Api) -> None:
    """A missing key, a body over the limit and a failing model are told as OpenAI's clients read them."""
    for path in ("/v1/models", "/v1/chat/completions"):
        got = api.client(None).request("GET" if path == "/v1/models" else "POST", path)
        assert (got.status_code, error(got)["code"]) == (401, "invalid_api_key")
        assert got.headers["www-authenticate"] == "Bearer"
    assert api.client(None).get("/v1/spaces").json()["code"] == "unauthorised"
    large = complete(api, messages=[{"role": "user", "content": "x" * 70_000}])
    assert (large.status_code, error(large)["code"]) == (413, "body-too-large")
    failing = complete(api, Says(ModelBrokeOff("gone", "ask again")))
    assert (failing.status_code, error(failing)["type"]) == (502, "server_error")
    unknown = complete(api, ragready={"spaces": ["nowhere"]})
    assert (unknown.status_code, error(unknown)["code"]) == (404, "unknown-space")


def test_a_stream_that_fails_ends_in_an_error(api: Api) -> None:
    """Behind the first sentence a failure is the last piece of data, and no end of a whole answer follows."""
    model = Says(f"{SENTENCE} [1]. ", ModelBrokeOff("gone", "ask again"))
    got = complete(api, model, stream=True, ragready={"spaces": ["lobby"]})
    *_, last = [line.removeprefix("data: ") for line in got.text.split("\n") if line]
    assert json.loads(last)["error"]["code"] == "model-broke-off"
    assert "[DONE]" not in got.text


def test_completions_count_against_the_limit_of_a_key(api: Api) -> None:
    """Asking this way is no way around the rate limit; the pause to make is in the header."""
    limited = client(api)
    answers = [limited.post("/v1/chat/completions", json=ASKED) for _ in range(3)]
    assert {each.status_code for each in answers} == {200}
    counted = api.app.telemetry.registry.get_sample_value("ragready_rate_limit_total", {"outcome": "allowed"})
    assert counted == 3
