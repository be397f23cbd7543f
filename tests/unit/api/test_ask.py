"""POST /v1/ask in this process: whole answers, streams, conversations, and what becomes of failures."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_api
from service.core.errors import ModelBrokeOff, ModelUnavailable
from service.rag.simulated import Simulated
from tests.unit.api.conftest import SETTINGS_KEY, Api

QUESTION = "What is the page of the lobby?"
SENTENCE = "This is the page of the lobby"


class Says:
    """A model that says given pieces or raises."""

    name, simulated = "test:says", False

    def __init__(self, *pieces: str | Exception) -> None:
        self.pieces = pieces

    async def stream(self, system: str, user: str) -> AsyncGenerator[str, None]:
        assert system != user
        for each in self.pieces:
            if isinstance(each, Exception):
                raise each
            yield each


def client(api: Api, model: object = None) -> TestClient:
    """A client of the application with this model."""
    served = create_api(replace(api.app, model=model), SETTINGS_KEY)
    headers = {"Authorization": f"Bearer {SETTINGS_KEY}"}
    return TestClient(served, raise_server_exceptions=False, headers=headers)


def events(text: str) -> list[tuple[str, dict]]:
    """Name and body of each event of a stream."""
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [(each["event"], json.loads(each["data"])) for each in blocks]


def test_a_stream_is_the_answer_sentence_by_sentence(api: Api) -> None:
    """Every event is a sentence with its citation, the last one the answer as a whole; texts put together are it."""
    model = Says(f"{SENTENCE} [1]. ", "Nobody knows. ", f"{SENTENCE}, the page [1].")
    got = client(api, model).post("/v1/ask", json={"question": QUESTION, "stream": True, "spaces": ["lobby"]})
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    *sentences, (name, answer) = events(got.text)
    assert [each for each, _ in sentences] == ["sentence", "sentence"]
    assert name == "answer"
    assert "".join(body["text"] for _, body in sentences) == answer["answer"]
    assert [body["citation"] for _, body in sentences] == answer["citations"]
    assert [body["number"] for _, body in sentences] == [1, 2]


def test_a_stream_and_a_whole_answer_say_the_same(api: Api) -> None:
    """The last event has the fields and values of the response without streaming, but for times and trace."""
    asked = client(api)
    whole = asked.post("/v1/ask", json={"question": QUESTION}).json()
    [*_, (_, streamed)] = events(asked.post("/v1/ask", json={"question": QUESTION, "stream": True}).text)
    for each in (whole, streamed):
        for own in ("id", "trace_id", "timings_ms", "controls"):
            del each[own]
    assert streamed == whole


def test_a_stream_that_declines_has_no_sentence(api: Api) -> None:
    """An abstention is the one event."""
    got = client(api, Says("NO ANSWER")).post("/v1/ask", json={"question": QUESTION, "stream": True})
    [(name, body)] = events(got.text)
    assert (name, body["abstained"], body["reason_code"]) == ("answer", True, "unsupported")


def test_what_fails_before_the_first_sentence_has_its_own_status(api: Api) -> None:
    """No stream begins: the response is the problem document that it would be without streaming."""
    refuses = Says(ModelUnavailable("refused", "mend it"))
    for model, body, status, code in (
        (None, {"question": " "}, 422, "invalid-question"),
        (None, {"question": QUESTION, "spaces": ["nowhere"]}, 404, "unknown-space"),
        (None, {"question": QUESTION, "strategy": "magic"}, 400, "unknown-strategy"),
        (refuses, {"question": QUESTION}, 503, "model-unavailable"),
    ):
        for stream in (False, True):
            got = client(api, model).post("/v1/ask", json={**body, "stream": stream})
            assert (got.status_code, got.json()["code"]) == (status, code)
            assert got.headers["content-type"] == "application/problem+json"


def test_what_fails_behind_a_sentence_is_an_event(api: Api) -> None:
    """A stream that cannot be finished ends in the problem document, and in no answer."""
    model = Says(f"{SENTENCE} [1]. ", ModelBrokeOff("gone", "ask again"))
    got = client(api, model).post("/v1/ask", json={"question": QUESTION, "stream": True, "spaces": ["lobby"]})
    assert got.status_code == 200
    [(first, _), (last, problem)] = events(got.text)
    assert (first, last) == ("sentence", "error")
    assert (problem["code"], problem["status"]) == ("model-broke-off", 502)


def test_what_nobody_foresaw_is_an_event_without_its_words(api: Api) -> None:
    """An unexpected failure ends the stream as an internal error, and tells nothing of itself."""
    model = Says(f"{SENTENCE} [1]. ", ZeroDivisionError("a secret"))
    got = client(api, model).post("/v1/ask", json={"question": QUESTION, "stream": True, "spaces": ["lobby"]})
    [_, (name, problem)] = events(got.text)
    assert (name, problem["code"]) == ("error", "internal")
    assert "secret" not in got.text


def test_a_conversation_is_answered_and_the_rewritten_question_told(api: Api) -> None:
    """With a history the response names the question that was answered, streamed or not."""
    history = [{"role": "user", "text": QUESTION}, {"role": "assistant", "text": SENTENCE}]
    body = {"question": "And the page of the hr?", "history": history}
    assert client(api).post("/v1/ask", json=body).json()["rewritten"] == "What is the page of the hr?"
    [*_, (_, streamed)] = events(client(api).post("/v1/ask", json={**body, "stream": True}).text)
    assert streamed["rewritten"] == "What is the page of the hr?"


@pytest.mark.parametrize(
    "message", [{"role": "system", "text": "x"}, {"role": "user"}, {"role": "user", "content": "x"}]
)
def test_a_message_that_is_none_is_refused(api: Api, message: dict[str, str]) -> None:
    """A role or a field that there is not names itself."""
    got = client(api).post("/v1/ask", json={"question": QUESTION, "history": [message]})
    assert (got.status_code, got.json()["code"]) == (422, "invalid-request")
    assert "body.history.0" in got.json()["detail"]


def test_tokens_and_cost_are_in_the_response(api: Api) -> None:
    """An answer tells what its model read and wrote, whether that is an estimate, and its price where there is one."""
    prices = api.app.settings.model_copy(update={"model_input_price": 1.0, "model_output_price": 2.0})
    priced = replace(api, app=replace(api.app, settings=prices))
    for each, told in ((api, False), (priced, True)):
        body = {"question": f"{QUESTION} Priced: {told}."}  # the cache has no answer to it, which would cost nothing
        usage = client(each, Says(f"{SENTENCE} [1].")).post("/v1/ask", json=body).json()["usage"]
        assert usage["estimated"] is True
        expected = (usage["input_tokens"] + 2 * usage["output_tokens"]) / 1e6 if told else None
        assert usage["cost"] == (pytest.approx(expected) if told else None)
    assert client(api).post("/v1/ask", json={"question": QUESTION}).json()["usage"] is None


def test_a_simulated_answer_is_labelled_in_a_stream_too(api: Api) -> None:
    """The answer of a stream says that a simulation wrote it."""
    got = client(api, Simulated("sim:len80")).post("/v1/ask", json={"question": QUESTION, "stream": True})
    _, body = events(got.text)[-1]
    assert (body["simulated"], body["model"]) == (True, "sim:len80")
