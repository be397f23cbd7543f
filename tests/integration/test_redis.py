"""Readiness with a real Redis."""

from eval.servers import Server
from tests.processes import Ragready, wait_until


def test_readiness_follows_redis(ragready: Ragready, redis_server: Server) -> None:
    """/readyz says `ok` of a Redis that answers, names it as degraded when it is gone, and recovers by itself."""
    with ragready.up(redis_url=f"redis://127.0.0.1:{redis_server.port}/0") as service:
        ready = service.client.get("/readyz")
        assert (ready.status_code, ready.json()["dependencies"]["redis"]) == (200, "ok")
        redis_server.kill()
        gone = service.client.get("/readyz")
        assert (gone.status_code, gone.json()["ready"], gone.json()["degraded"]) == (200, True, ["redis"])
        assert "ConnectionError" in gone.json()["dependencies"]["redis"]
        assert gone.json()["dependencies"]["records"] == "ok"
        answer = service.ask("Is anybody there?").json()
        assert answer["degraded"] == ["cache"]
        assert ("exact-cache", "could-not-check") in [(each["name"], each["decision"]) for each in answer["controls"]]
        assert 'ragready_rate_limit_total{outcome="allowed-locally"} 1.0' in service.client.get("/metrics").text
        redis_server.start()
        wait_until(lambda: service.client.get("/readyz").json()["degraded"] == [], 10)
