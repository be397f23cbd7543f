"""Why an answer says what it says: over HTTP and on the command line, on a service that runs as a process."""

import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.corpus import QUESTION, UNANSWERABLE
from tests.processes import Ragready, Service, wait_until

COMPARED = "How long is the battery covered by the warranty, and when is the workshop in Aarhus open?"


@pytest.fixture(scope="module")
def ragready(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> Ragready:
    """The command on a copy of the small corpus."""
    return Ragready(shutil.copytree(filled.data, tmp_path_factory.mktemp("why") / "data"), filled.encoder_folder)


@pytest.fixture(scope="module")
def service(ragready: Ragready) -> Iterator[Service]:
    with ragready.up(read_only=True) as running:
        yield running


def upload(service: Service) -> None:
    """Bring in a document that nobody asked about."""
    files = {"files": ("bell.md", b"# Bell\n\nThe bell of the Harbour is made of brass and rings twice.\n")}
    job = service.client.post("/v1/documents", data={"space": "public"}, files=files).json()["job"]
    wait_until(lambda: service.client.get(f"/v1/jobs/{job}").json()["state"] == "done")


def why(service: Service, answer: str, key: str | None = None) -> httpx.Response:
    """The explanation, with the service's key or another one."""
    headers = {"Authorization": f"Bearer {key or service.key}"}
    return service.stranger.get(f"/v1/answers/{answer}/why", headers=headers)


def test_an_answer_is_explained_by_its_id(service: Service) -> None:
    """The cited document is necessary, each other one is not; hits and decisions are those of the answer."""
    answered = service.ask(QUESTION).json()
    got = why(service, answered["id"])
    assert got.status_code == 200
    body = got.json()
    assert (body["id"], body["answer"], body["repeats"]) == (answered["id"], answered["answer"], True)
    needed = {each["document"] for each in body["sources"] if each["necessary"]}
    assert needed == {each["document"] for each in answered["citations"]}
    assert {each["effect"] for each in body["sources"] if each["document"] not in needed} == {"same"}
    for each in body["sources"]:
        assert each["document"] not in each["without"]["cited"]
    assert [each["chunk"] for each in body["hits"]] == [each["chunk"] for each in answered["hits"]]
    assert [each["score"] for each in body["hits"]] == [each["score"] for each in answered["hits"]]
    assert {each["name"] for each in body["controls"]} >= {"access", "abstention", "citations"}


def test_an_abstention_is_explained_too(service: Service) -> None:
    """What declined still declines without each of its hits, or says what it found."""
    answered = service.ask(UNANSWERABLE).json()
    body = why(service, answered["id"]).json()
    assert answered["abstained"]
    assert body["repeats"]
    assert all(each["cited"] is False and each["without"]["reason_code"] for each in body["sources"])


def test_a_reader_gets_ranks_and_nobody_elses_answers(ragready: Ragready, service: Service) -> None:
    """Scores are null for a reader, also in the answer itself; somebody else's answer is as unknown as none."""
    made = ragready.within("keys", "create", "reader", "--role", "reader").body
    headers = {"Authorization": f"Bearer {made['key']}"}
    answered = service.stranger.post("/v1/ask", json={"question": QUESTION}, headers=headers).json()
    body = why(service, answered["id"], made["key"]).json()
    for each in (*answered["hits"], *body["hits"]):
        assert (each["score"], each["dense"], each["lexical"]) == (None, None, None)
    assert [each["rank"] for each in body["hits"]] == list(range(1, len(body["hits"]) + 1))
    assert body["question"] == QUESTION
    operators = why(service, answered["id"]).json()
    assert operators["question"] is None
    assert all(each["score"] is not None for each in operators["hits"])
    theirs = service.ask(QUESTION).json()["id"]
    hidden, missing = why(service, theirs, made["key"]), why(service, "ans_nope", made["key"])
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown-answer")
    assert hidden.text.replace(theirs, "ans_nope") == missing.text
    assert "3,600 s" in missing.json()["remedy"]
    assert service.stranger.get(f"/v1/answers/{theirs}/why").status_code == 401


def test_the_command_shows_why(ragready: Ragready, service: Service) -> None:
    """`ragready why` prints the same body, or for a person each source with what becomes of the answer."""
    url = str(service.client.base_url)
    answer = service.ask(QUESTION).json()["id"]
    assert ragready.within("why", answer, "--url", url).body == why(service, answer).json()
    shown = ragready.within("why", answer, "--url", url, as_json=False).stdout
    assert "Warranty" in shown
    assert "the same" in shown
    assert ragready.within("why", "ans_nope", "--url", url).error["code"] == "unknown-answer"


def test_an_answer_of_changed_documents_is_not_explained(ragready: Ragready, tmp_path) -> None:
    """After an upload the explanation is refused with what changed; a removal takes those that name the document."""
    copied = Ragready(shutil.copytree(ragready.data, tmp_path / "data"), ragready.encoder_folder)
    with copied.up() as service:
        old = service.ask(QUESTION).json()["id"]
        upload(service)
        got = why(service, old)
        assert (got.status_code, got.json()["code"]) == (409, "answer-outdated")
        assert "documents of the space 'public'" in got.json()["detail"]
        again = service.ask(QUESTION).json()
        assert why(service, again["id"]).json()["repeats"]
        job = service.client.delete(f"/v1/documents/{again['hits'][-1]['document']}").json()["job"]
        wait_until(lambda: service.client.get(f"/v1/jobs/{job}").json()["state"] == "done")
        assert why(service, again["id"]).json()["code"] == "unknown-answer"


def test_a_question_of_two_parts_is_answered_in_both(service: Service) -> None:
    """`agentic` answers both parts, and names a part that no document answers; hybrid's answer may hold only one."""
    body = service.ask(COMPARED, strategy="agentic").json()
    assert "24 months" in body["answer"]
    assert "8:00 to 17:30" in body["answer"]
    assert (body["strategy"], body["unanswered"]) == ("agentic", [])
    other = service.ask(f"How long is the battery covered by the warranty? {UNANSWERABLE}", strategy="agentic").json()
    assert "24 months" in other["answer"]
    assert other["unanswered"] == [UNANSWERABLE]


def test_an_unknown_strategy_is_a_bad_request(service: Service) -> None:
    """400, with the strategies that there are."""
    got = service.ask(QUESTION, strategy="magic")
    assert (got.status_code, got.json()["code"]) == (400, "unknown-strategy")
    assert "hybrid, naive, agentic" in got.json()["remedy"]
