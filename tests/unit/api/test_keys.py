"""Keys over HTTP: what they open, and that every other key is refused alike."""

import pytest

from service.core.answers import Caller
from service.core.keys import Keys, key_hash
from service.core.names import document_id
from tests.unit.api.conftest import SETTINGS_KEY, Api

HR_PAGE = document_id("default", "hr", "hr/page.md")


def test_every_key_that_is_none_is_refused_in_the_same_bytes(api: Api) -> None:
    """An unknown, an empty, a revoked and another tenant's key, and none at all, get one body and the same headers."""
    answers = {
        (got.status_code, got.content, tuple(sorted(got.headers.items())))
        for key in api.stranger_keys().values()
        for got in [api.client(key).get("/v1/spaces")]
    }
    assert len(answers) == 1


def test_every_key_that_is_none_costs_the_same_work(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is hashed, looked up once, by that hash, and found empty; so is the settings' own key."""
    looked_up: list[tuple[str, str, bool]] = []
    by_hash = Keys.by_hash

    def watched(self: Keys, tenant: str, hashed: str) -> object:
        found = by_hash(self, tenant, hashed)
        looked_up.append((tenant, hashed, found is None))
        return found

    monkeypatch.setattr(Keys, "by_hash", watched)
    keys = [*api.stranger_keys().values(), SETTINGS_KEY]
    for key in keys:
        api.client(key).get("/v1/nothing")
    assert looked_up == [("default", key_hash(key or ""), True) for key in keys]


@pytest.mark.usefixtures("database_gone")
@pytest.mark.parametrize("key", [SETTINGS_KEY, "rr_unknown", None])
def test_when_the_records_cannot_tell_nobody_is_refused(api: Api, key: str | None) -> None:
    """With the database gone a request fails with 503 whoever asks: "could not look up" is not "not a key"."""
    got = api.client(key).get("/v1/spaces")
    assert (got.status_code, got.json()["code"]) == (503, "records-unavailable")
    assert got.headers["content-type"] == "application/problem+json"


@pytest.fixture
def database_gone(api: Api) -> None:
    """The database file is replaced by a folder, which cannot be opened."""
    api.app.records.close()
    path = api.app.settings.data_folder / "records.sqlite3"
    path.rename(path.with_name("aside"))
    path.mkdir()


def test_a_key_is_made_listed_used_and_revoked(api: Api) -> None:
    """An admin makes a key, which reads its group's space until it is revoked; nothing but its making shows it."""
    admin = api.client(SETTINGS_KEY)
    made = admin.post("/v1/keys", json={"name": "intranet", "role": "reader", "groups": ["hr"]}).json()
    user = api.client(made["key"])
    assert [each["name"] for each in user.get("/v1/spaces").json()["spaces"]] == ["hr", "lobby"]
    assert user.get(f"/v1/documents/{HR_PAGE}").status_code == 200
    listed = admin.get("/v1/keys")
    shown = {name: value for name, value in made.items() if name != "key"}
    assert listed.json() == {"keys": [shown]}
    assert (shown["role"], shown["groups"], shown["revoked_at"]) == ("reader", ["hr"], None)
    assert key_hash(made["key"]) not in listed.text
    revoked = admin.delete(f"/v1/keys/{made['id']}")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"]
    assert user.get("/v1/spaces").status_code == 401


def test_an_admin_manages_its_own_tenants_keys(api: Api) -> None:
    """A key of another tenant is not listed, and revoking it is refused as revoking one that never was."""
    admin = api.client(SETTINGS_KEY)
    theirs = api.key("reader", tenant="other").kept.id
    refused = [admin.delete(f"/v1/keys/{each}") for each in (theirs, "key_0000000000000000")]
    assert [each.status_code for each in refused] == [404, 404]
    [known, unknown] = [each.text.replace(theirs, "ID").replace("key_0000000000000000", "ID") for each in refused]
    assert known == unknown
    assert admin.get("/v1/keys").json() == {"keys": []}
    assert [each.revoked_at for each in api.app.records.keys.all("other")] == [None]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Not A Name"}, "invalid-name"),
        ({"name": "a", "groups": ["H R"]}, "invalid-name"),
        ({"name": "a", "role": "god"}, "invalid-request"),
        ({"name": "a", "tenant": "other"}, "invalid-request"),
        ({}, "invalid-request"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(api: Api, body: dict[str, object], code: str) -> None:
    """A name or group outside the rule, an unknown role and a tenant of the caller's choice are refused."""
    got = api.client(SETTINGS_KEY).post("/v1/keys", json=body)
    assert (got.status_code, got.json()["code"]) == (422, code)
    assert api.app.records.keys.all("default") == []


@pytest.mark.parametrize(
    ("path", "there", "missing"),
    [
        ("/v1/ask", "hr", "zz"),
        ("/v1/documents?space={}", "hr", "zz"),
        ("/v1/documents/{}", HR_PAGE, "doc_000000000000000000000000"),
    ],
)
def test_what_may_not_be_read_is_answered_as_what_is_not_there(api: Api, path: str, there: str, missing: str) -> None:
    """A restricted space or document and one that never was get the same status and, but for its name, body."""
    client = api.client(api.key("operator").key)

    def refused(name: str) -> str:
        asked = {"question": "What is the page?", "spaces": [name]}
        got = client.get(path.format(name)) if "{}" in path else client.post(path, json=asked)
        assert got.status_code == 404
        return got.text.replace(name, "NAME")

    assert refused(there) == refused(missing)


def test_a_caller_is_its_key(api: Api) -> None:
    """A key's tenant, id, role and groups are those of the caller that the routes see."""
    seen: list[Caller] = []
    made = api.key("operator", "hr")

    @api.served.middleware("http")
    async def watch(request, call_next):
        response = await call_next(request)
        seen.append(request.state.caller)
        return response

    api.client(made.key).get("/v1/spaces")
    api.client(SETTINGS_KEY).get("/v1/spaces")
    assert seen == [
        Caller("default", made.kept.id, "operator", frozenset({"hr"})),
        Caller("default", "settings", "admin", frozenset({"*"})),
    ]
