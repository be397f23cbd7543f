"""Every route for every kind of caller."""

from typing import Any

import pytest
from service.core.names import document_id
from tests.unit.api.conftest import SETTINGS_KEY, Api

EVERYONE = frozenset({"reader", "operator", "admin", "stranger"})
CALLERS = frozenset({"reader", "operator", "admin"})
ADMIN = frozenset({"admin"})
ASKED: dict[str, Any] = {"json": {"question": "What is the page of the lobby?"}}
# Route, who may call it, what is sent there, and the status for those who may.
ROUTES = [
    ("GET /healthz", EVERYONE, {}, 200),
    ("GET /readyz", EVERYONE, {}, 200),
    ("GET /metrics", EVERYONE, {}, 200),
    ("POST /v1/ask", CALLERS, ASKED, 200),
    ("GET /v1/spaces", CALLERS, {}, 200),
    ("GET /v1/documents", CALLERS, {}, 200),
    ("GET /v1/documents/{document}", CALLERS, {}, 200),
    ("POST /v1/keys", ADMIN, {"json": {"name": "intranet"}}, 201),
    ("GET /v1/keys", ADMIN, {}, 200),
    ("DELETE /v1/keys/{key_id}", ADMIN, {}, 200),
]
PUBLIC_PAGE = document_id("default", "lobby", "lobby/page.md")


def call(api: Api, key: str | None, route: str, sent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of a call with parameters that exist."""
    method, path = route.split()
    path = path.format(document=PUBLIC_PAGE, key_id=api.key("reader").kept.id)
    got = api.client(key).request(method, path, **sent)
    return got.status_code, got.json() if "json" in got.headers["content-type"] else {}


def test_every_route_is_walked(api: Api) -> None:
    """The table names every route that is served, so that a new one has to say who may call it."""
    paths = api.served.openapi()["paths"]
    assert {route for route, *_ in ROUTES} == {f"{method.upper()} {path}" for path in paths for method in paths[path]}


@pytest.mark.parametrize("role", ["reader", "operator", "admin"])
@pytest.mark.parametrize(("route", "roles", "sent", "status"), ROUTES, ids=[each[0] for each in ROUTES])
def test_a_role_may_what_the_table_says(
    api: Api, route: str, roles: frozenset[str], sent: dict[str, Any], status: int, role: str
) -> None:
    """Who may call a route is served; who may not gets 403 with the role that it takes, after showing a valid key."""
    got, body = call(api, api.key(role, "*").key, route, sent)
    if role in roles:
        assert got == status, body
        return
    assert (got, body["code"]) == (403, "forbidden")
    assert role in body["detail"]
    assert body["remedy"] == "Use a key with the role admin."


@pytest.mark.parametrize(("route", "roles", "sent", "status"), ROUTES, ids=[each[0] for each in ROUTES])
def test_who_has_no_key_here_is_refused(
    api: Api, route: str, roles: frozenset[str], sent: dict[str, Any], status: int
) -> None:
    """Without a key of this tenant that holds, only the three routes for operations answer."""
    for what, key in api.stranger_keys().items():
        got, body = call(api, key, route, sent)
        assert got == (status if "stranger" in roles else 401), what
        assert "stranger" in roles or body["code"] == "unauthorised", what


@pytest.mark.parametrize(("route", "roles", "sent", "status"), ROUTES, ids=[each[0] for each in ROUTES])
def test_the_settings_key_may_everything(
    api: Api, route: str, roles: frozenset[str], sent: dict[str, Any], status: int
) -> None:
    """The key of the settings is an admin's that reads every space."""
    assert "admin" in roles
    assert call(api, SETTINGS_KEY, route, sent)[0] == status


def test_a_role_below_admin_learns_nothing_from_a_body_that_is_wrong(api: Api) -> None:
    """Who may not make keys is told so whatever the body holds."""
    for body in ({"name": "Not A Name"}, {"nonsense": 1}, []):
        got = api.client(api.key("operator").key).post("/v1/keys", json=body)
        assert (got.status_code, got.json()["code"]) == (403, "forbidden")
