"""The limit of questions by key, over HTTP, on fakes."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_api
from service.core.app import App
from service.core.limits import Allowance, InProcessLimiter

KEY = "the-key-of-the-settings"


class Alone:
    """A limiter whose store is gone."""

    blocks = True

    def take(self, caller_id: str) -> Allowance:
        return Allowance(caller_id != "", 0, shared=False)


def client_of(app: App, key: str = KEY) -> TestClient:
    return TestClient(create_api(app, KEY), headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def limited(fake_app: App) -> App:
    """Two questions a minute for each key."""
    settings = fake_app.settings.model_copy(update={"requests_per_minute": 2})
    return replace(fake_app, settings=settings, limiter=InProcessLimiter(2))


def ask(client: TestClient):
    return client.post("/v1/ask", json={"question": "How long is the battery covered?"})


def outcomes(app: App, metric: str) -> set[str]:
    lines = app.telemetry.exposition().decode().splitlines()
    return {line for line in lines if line.startswith(f"{metric}_total")}


def test_a_key_above_its_limit_is_told_when_to_come_back(limited: App) -> None:
    """The question after the last allowed one gets 429, a problem document and Retry-After; other routes go on."""
    client = client_of(limited)
    assert [ask(client).status_code for _ in range(2)] == [200, 200]
    refused = ask(client)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate-limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Retry-After"] in refused.json()["remedy"]
    assert client.get("/v1/spaces").status_code == 200
    assert outcomes(limited, "ragready_rate_limit") == {
        'ragready_rate_limit_total{outcome="allowed"} 2.0',
        'ragready_rate_limit_total{outcome="refused"} 1.0',
    }
    assert 'ragready_controls_total{control="rate-limit",decision="refuse"} 1.0' in outcomes(
        limited, "ragready_controls"
    )


def test_each_key_has_a_limit_of_its_own(limited: App) -> None:
    """A flood with one key does not shut out another."""
    mine = client_of(limited)
    made = mine.post("/v1/keys", json={"name": "other", "role": "reader", "groups": []}).json()
    for _ in range(3):
        last = ask(mine)
    assert last.status_code == 429
    assert ask(client_of(limited, made["key"])).status_code == 200


def test_a_question_of_no_use_counts(limited: App) -> None:
    """Bodies that are refused use up the limit too."""
    client = client_of(limited)
    assert [client.post("/v1/ask", json={"question": 7}).status_code for _ in range(3)] == [422, 422, 429]


def test_with_the_control_off_nobody_is_refused(limited: App) -> None:
    """Nothing is counted, and the metric of controls says off: the control is what refuses."""
    settings = limited.settings.model_copy(update={"controls_off": frozenset({"rate-limit"})})
    app = replace(limited, settings=settings)
    client = client_of(app)
    assert {ask(client).status_code for _ in range(5)} == {200}
    assert outcomes(app, "ragready_rate_limit") == set()
    assert 'ragready_controls_total{control="rate-limit",decision="off"} 5.0' in outcomes(app, "ragready_controls")


def test_counting_alone_is_told_apart(limited: App) -> None:
    """While the shared store is gone the question is answered and counted as allowed by this process alone."""
    app = replace(limited, limiter=Alone())
    assert ask(client_of(app)).status_code == 200
    assert outcomes(app, "ragready_rate_limit") == {'ragready_rate_limit_total{outcome="allowed-locally"} 1.0'}
