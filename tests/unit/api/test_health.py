"""Readiness: which dependency is missing, and whether questions can do without it."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_api
from service.core.app import App


def gone() -> None:
    raise ConnectionError("gone")


def ready(app: App, **dependencies: object):
    return TestClient(create_api(replace(app, dependencies=dependencies), "key")).get("/readyz")


def test_without_redis_the_service_is_ready_and_degraded(fake_app: App) -> None:
    """Questions are answered without Redis, so a balancer keeps sending them; the body names it."""
    answer = ready(fake_app, records=lambda: None, redis=gone)
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "degraded": ["redis"],
        "dependencies": {"records": "ok", "redis": "ConnectionError: gone"},
    }


@pytest.mark.parametrize("missing", ["records", "vectors"])
def test_without_a_store_the_service_is_not_ready(fake_app: App, missing: str) -> None:
    """503 when questions cannot be answered, whatever else is missing."""
    dependencies = {"records": lambda: None, "vectors": lambda: None, "redis": gone, missing: gone}
    answer = ready(fake_app, **dependencies)
    assert answer.status_code == 503
    assert (answer.json()["ready"], answer.json()["degraded"]) == (False, ["redis"])


def test_without_fault_isolation_redis_is_needed(fake_app: App) -> None:
    """With the control off a question fails without Redis, so the service is not ready without it."""
    settings = fake_app.settings.model_copy(update={"controls_off": frozenset({"fault-isolation"})})
    answer = ready(replace(fake_app, settings=settings), records=lambda: None, redis=gone)
    assert (answer.status_code, answer.json()["degraded"]) == (503, [])
