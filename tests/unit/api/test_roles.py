"""Every route for every kind of caller."""

from typing import Any

import pytest

from service.core.names import document_id
from tests.unit.api.conftest import SETTINGS_KEY, Api

EVERYONE = frozenset({"reader", "operator", "admin", "stranger"})
CALLERS = frozenset({"reader", "operator", "admin"})
OPERATORS = frozenset({"operator", "admin"})
ADMIN = frozenset({"admin"})
ASKED: dict[str, Any] = {"json": {"question": "What is the page of the lobby?"}}
CHATTED: dict[str, Any] = {
    "json": {"model": "ragready-hybrid", "messages": [{"role": "user", "content": "What is the page of the lobby?"}]}
}
# Route, who may call it, what is sent there, and the status for those who may.
ROUTES = [
    ("GET /healthz", EVERYONE, {}, 200),
    ("GET /readyz", EVERYONE, {}, 200),
    ("GET /metrics", EVERYONE, {}, 200),
    ("POST /v1/ask", CALLERS, ASKED, 200),
    ("GET /v1/answers/{answer}/why", CALLERS, {}, 404),
    ("POST /v1/chat/completions", CALLERS, CHATTED, 200),
    ("GET /v1/models", CALLERS, {}, 200),
    ("GET /v1/models/{model}", CALLERS, {}, 200),
    ("GET /v1/spaces", CALLERS, {}, 200),
    ("GET /v1/documents", CALLERS, {}, 200),
    ("GET /v1/documents/{document}", CALLERS, {}, 200),
    ("GET /v1/traces/{trace_id}", CALLERS, {}, 404),
    ("GET /v1/quarantine", OPERATORS, {}, 200),
    ("GET /v1/quarantine/{held_id}", OPERATORS, {}, 404),
    ("POST /v1/quarantine/{held_id}/release", OPERATORS, {}, 404),
    ("DELETE /v1/quarantine/{held_id}", OPERATORS, {}, 404),
    ("POST /v1/documents", OPERATORS, {}, 422),
    ("DELETE /v1/documents/{document}", OPERATORS, {}, 202),
    ("GET /v1/jobs", OPERATORS, {}, 200),
    ("GET /v1/jobs/{job}", OPERATORS, {}, 404),
    ("POST /v1/jobs/{job}/cancel", OPERATORS, {}, 404),
    ("POST /v1/jobs/{job}/retry", OPERATORS, {}, 404),
    ("POST /v1/keys", ADMIN, {"json": {"name": "intranet"}}, 201),
    ("GET /v1/keys", ADMIN, {}, 200),
    ("DELETE /v1/keys/{key_id}", ADMIN, {}, 200),
]
PUBLIC_PAGE = document_id("default", "lobby", "lobby/page.md")


def call(api: Api, key: str | None, route: str, sent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of a call with parameters that exist."""
    method, path = route.split()
    there = {"document": PUBLIC_PAGE, "trace_id": "f" * 32, "key_id": api.key("reader").kept.id}
    path = path.format(**there, held_id="qua_0", job="job_0", answer="ans_0", model="ragready-naive")
    got = api.client(key).request(method, path, **sent)
    return got.status_code, got.json() if "json" in got.headers["content-type"] else {}


def test_every_route_is_walked(api: Api) -> None:
    """The table names every route that is served, so that a new one has to say who may call it."""
    paths = api.served.openapi()["paths"]
    assert {route for route, *_ in ROUTES} == {f"{method.upper()} {path}" for path in paths for method in paths[path]}


@pytest.mark.parametrize("role", ["reader", "operator", "admin"])
def test_a_role_may_what_the_table_says(api: Api, role: str) -> None:
    """Who may call a route is served; who may not gets 403 with the role that it takes, after showing a valid key."""
    key = api.key(role, "*").key
    for route, roles, sent, status in ROUTES:
        got, body = call(api, key, route, sent)
        if role in roles:
            assert got == status, (route, body)
            continue
        assert (got, body["code"]) == (403, "forbidden"), route
        assert role in body["detail"]
        least = "operator" if "operator" in roles else "admin"
        assert body["remedy"] == f"Use a key with the role {least}."


@pytest.mark.parametrize("what", ["none", "empty", "wrong", "revoked", "another tenant's", "an id"])
def test_who_has_no_key_here_is_refused(api: Api, what: str) -> None:
    """Without a key of this tenant that holds, only the three routes for operations answer."""
    key = api.stranger_keys()[what]
    for route, roles, sent, status in ROUTES:
        got, body = call(api, key, route, sent)
        assert got == (status if "stranger" in roles else 401), route
        refused = body.get("error") or body  # as OpenAI says it, on its routes
        assert "stranger" in roles or refused["code"] in {"unauthorised", "invalid_api_key"}, route


def test_the_settings_key_may_everything(api: Api) -> None:
    """The key of the settings is an admin's that reads every space."""
    assert all("admin" in roles for _, roles, _, _ in ROUTES)
    assert [call(api, SETTINGS_KEY, route, sent)[0] for route, _, sent, _ in ROUTES] == [each[3] for each in ROUTES]


def test_a_role_below_admin_learns_nothing_from_a_body_that_is_wrong(api: Api) -> None:
    """Who may not make keys is told so whatever the body holds."""
    for body in ({"name": "Not A Name"}, {"nonsense": 1}, []):
        got = api.client(api.key("operator").key).post("/v1/keys", json=body)
        assert (got.status_code, got.json()["code"]) == (403, "forbidden")
