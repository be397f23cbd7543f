"""Keys and readers from the command line, on a service that runs beside it."""

import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.corpus import QUESTION, write_corpus
from tests.processes import Ragready, Service


@pytest.fixture(scope="module")
def ragready(filled: Ragready, tmp_path_factory: pytest.TempPathFactory) -> Ragready:
    """The command on a copy of the small corpus in `public`, and again in `hr` for the group hr."""
    folder = tmp_path_factory.mktemp("access")
    copied = Ragready(shutil.copytree(filled.data, folder / "data"), filled.encoder_folder)
    done = copied.within("ingest", write_corpus(folder / "papers"), "--space", "hr", "--readers", "hr, management")
    assert done.code == 0, done
    return copied


@pytest.fixture(scope="module")
def service(ragready: Ragready) -> Iterator[Service]:
    with ragready.up() as running:
        yield running


def get(service: Service, path: str, key: str) -> httpx.Response:
    """A request with this key."""
    return service.stranger.get(path, headers={"Authorization": f"Bearer {key}"})


def spaces_of(service: Service, key: str) -> list[str]:
    """The spaces that a key is shown."""
    return [each["name"] for each in get(service, "/v1/spaces", key).json()["spaces"]]


def test_a_key_made_beside_the_service_opens_it_until_it_is_revoked(ragready: Ragready, service: Service) -> None:
    """`keys create` prints a key that the running service takes at once, and refuses after `keys revoke`."""
    made = ragready.within("keys", "create", "intranet", "--group", "hr", "--role", "operator").body
    assert spaces_of(service, made["key"]) == ["hr", "public"]
    [listed] = [each for each in ragready.within("keys", "list").body["keys"] if each["id"] == made["id"]]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert (listed["role"], listed["groups"], listed["tenant"]) == ("operator", ["hr"], "default")
    revoked = ragready.within("keys", "revoke", made["id"]).body
    assert revoked["revoked_at"]
    assert get(service, "/v1/spaces", made["key"]).json()["code"] == "unauthorised"


def test_a_key_of_another_tenant_opens_nothing_here(ragready: Ragready, service: Service) -> None:
    """A service serves one tenant: another one's key is refused as a key that never was."""
    made = ragready.within("keys", "create", "neighbour", "--role", "admin", "--group", "*", "--tenant", "other").body
    refused, unknown = (get(service, "/v1/spaces", each) for each in (made["key"], "rr_unknown"))
    assert (refused.status_code, refused.content) == (401, unknown.content)
    assert made["id"] not in str(ragready.within("keys", "list").body)
    assert ragready.within("keys", "revoke", made["id"]).error["code"] == "unknown-key"
    assert ragready.within("keys", "revoke", made["id"], "--tenant", "other").code == 0


def test_readers_change_while_the_service_runs(ragready: Ragready, service: Service) -> None:
    """`spaces readers` opens and closes a space from the next request on, also for a question asked before."""
    key = ragready.within("keys", "create", "nobody").body["key"]
    headers = {"Authorization": f"Bearer {key}"}

    def hits() -> set[str]:
        asked = service.stranger.post("/v1/ask", json={"question": QUESTION, "strategy": "naive"}, headers=headers)
        return {each["space"] for each in asked.json()["hits"]}

    assert hits() == {"public"}
    assert ragready.within("spaces", "readers", "public", "board").body == {"space": "public", "readers": ["board"]}
    assert hits() == set()
    assert ragready.within("spaces", "readers", "hr", "everyone").code == 0
    assert hits() == {"hr"}
    readers = {each["name"]: each["readers"] for each in ragready.within("spaces").body["spaces"]}
    assert readers == {"hr": ["everyone"], "public": ["board"]}


@pytest.mark.parametrize(
    ("command", "code", "named"),
    [
        (("spaces", "readers", "nowhere", "hr"), "unknown-space", "'nowhere'"),
        (("spaces", "readers", "hr", "H R"), "invalid-name", "'H R'"),
        (("ingest", ".", "--space", "hr", "--readers", "hr,,x"), "invalid-name", "'' cannot name a group"),
        (("keys", "create", "My Key"), "invalid-name", "'My Key'"),
        (("keys", "revoke", "key_0"), "unknown-key", "'key_0'"),
    ],
)
def test_what_cannot_be_is_named(ragready: Ragready, command: tuple[str, ...], code: str, named: str) -> None:
    """A space, group, name or key that cannot be fails by name, with the way out."""
    error = ragready.within(*command).error
    assert (error["code"], named in error["detail"]) == (code, True)


@pytest.mark.parametrize(
    "command",
    [
        ("keys",),
        ("keys", "create", "x", "--role", "god"),
        ("spaces", "--json", "readers", "hr", "hr"),
        ("spaces", "readers", "hr"),
    ],
)
def test_wrong_usage_exits_with_2(ragready: Ragready, command: tuple[str, ...]) -> None:
    """A role that is none, options in the wrong place and missing arguments are wrong usage."""
    assert ragready.within(*command, as_json=False).code == 2


def test_a_new_key_is_shown_to_a_person_on_a_line_of_its_own(ragready: Ragready) -> None:
    """Without --json the first line is the key and nothing else; the list of keys does not show it."""
    made = ragready.within("keys", "create", "desk", "--group", "hr", as_json=False).stdout.splitlines()
    assert made[0].startswith("rr_")
    assert len(made[0]) == 46
    listed = ragready.within("keys", "list", as_json=False).stdout
    assert "desk" in listed
    assert made[0] not in listed
