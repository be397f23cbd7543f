"""The quarantine over HTTP: decisions of those who may read the space, and nobody else."""

from pathlib import Path
from typing import Any

import pytest

from ingestion import pipeline
from service.core.names import quarantine_id
from tests.unit.api.conftest import Api

NOISE = "qwzxrt vbnplk grtwxz hjklmpq zzxcvtr plkrtw bvcnxm"
LOBBY = quarantine_id("default", "lobby", "lobby/noise.md")
HR = quarantine_id("default", "hr", "hr/noise.md")


@pytest.fixture
def held(api: Api, tmp_path: Path) -> Api:
    """A page of noise in each of the two spaces."""
    for space in ("lobby", "hr"):
        (tmp_path / space / "noise.md").write_text(f"# Noise of the {space}\n\n{NOISE} {NOISE}\n")
        (tmp_path / space / "empty.md").write_text("\n")
        assert pipeline.run(api.app, [tmp_path / space], space).documents.quarantined == 2
    return api


def call(api: Api, groups: tuple[str, ...], route: str) -> tuple[int, Any]:
    method, path = route.split()
    got = api.client(api.key("operator", *groups).key).request(method, f"/v1/quarantine{path}")
    return got.status_code, got.json()


def test_an_operator_sees_what_is_held_in_the_spaces_that_it_reads(held: Api) -> None:
    """The list names source and reason and holds no text; another space's documents are not in it."""
    status, body = call(held, (), "GET /")
    assert status == 200
    assert {each["source"] for each in body["quarantine"]} == {"lobby/noise.md", "lobby/empty.md"}
    noise = next(each for each in body["quarantine"] if each["id"] == LOBBY)
    assert (noise["code"], noise["state"], noise["waits"]) == ("garbled-text", "held", False)
    assert noise["characters"] > len(NOISE)
    assert NOISE not in str(body)
    assert len(call(held, ("hr",), "GET /")[1]["quarantine"]) == 4


def test_what_the_caller_may_not_read_is_answered_like_what_is_not_there(held: Api) -> None:
    """For reading, releasing, deleting and listing; the document stays as it was."""
    for route in ("GET /{}", "POST /{}/release", "DELETE /{}"):
        for identity in (HR, "qua_0"):
            status, body = call(held, (), route.format(identity))
            assert (status, body["code"]) == (404, "unknown-held"), route
            assert body["detail"] == f"Nothing is held back under {identity!r}."
    assert call(held, (), "GET /?space=hr")[1]["code"] == "unknown-space"
    assert call(held, ("hr",), f"GET /{HR}")[1]["state"] == "held"


def test_a_document_is_read_with_its_text(held: Api) -> None:
    """So that whoever decides knows on what."""
    status, body = call(held, (), f"GET /{LOBBY}")
    assert status == 200
    assert NOISE in body["text"]


def test_a_release_is_accepted_and_carried_out_by_the_next_ingestion(held: Api, tmp_path: Path) -> None:
    """202 and `waits` say that it is not searched yet; releasing twice is the same decision."""
    status, body = call(held, (), f"POST /{LOBBY}/release")
    assert (status, body["state"], body["waits"]) == (202, "released", True)
    assert body["decided_by"].startswith("key_")
    again = call(held, (), f"POST /{LOBBY}/release")[1]
    assert again["decided_by"] == body["decided_by"]
    documents = held.client(held.key("reader").key).get("/v1/documents").json()["documents"]
    assert [each["source"] for each in documents] == ["lobby/page.md"]
    pipeline.run(held.app, [tmp_path / "lobby"], "lobby")
    documents = held.client(held.key("reader").key).get("/v1/documents").json()["documents"]
    assert [each["source"] for each in documents] == ["lobby/noise.md", "lobby/page.md"]
    assert call(held, (), f"GET /{LOBBY}")[1]["waits"] is False
    assert call(held, (), f"POST /{LOBBY}/release")[1]["code"] == "nothing-to-release"


def test_what_gave_no_text_cannot_be_released(held: Api) -> None:
    """409, with what to do about it."""
    status, body = call(held, (), f"POST /{quarantine_id('default', 'lobby', 'lobby/empty.md')}/release")
    assert (status, body["code"]) == (409, "nothing-to-release")


def test_a_deleted_document_is_forgotten(held: Api) -> None:
    """Once: the second time it is unknown."""
    assert call(held, (), f"DELETE /{LOBBY}") == (
        200,
        {"deleted": LOBBY, "source": "lobby/noise.md", "space": "lobby"},
    )
    assert call(held, (), f"DELETE /{LOBBY}")[0] == 404
