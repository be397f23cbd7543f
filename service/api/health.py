"""Whether the process runs, whether its dependencies answer, and its metrics. Open to callers without a key."""

import asyncio

from fastapi import APIRouter, Response

from service.api.deps import Parts
from service.api.schemas import ReadyBody
from service.core.app import App, Ping
from service.rag.threads import in_thread

# Without these an answer takes longer, and says that it is degraded.
_DISPENSABLE = frozenset({"redis"})
router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Does the process run?")
async def healthz() -> dict[str, str]:
    """Asks no dependency, so that a broken store does not restart the process."""
    return {"status": "ok"}


@router.get("/readyz", summary="Can it answer?", responses={503: {"model": ReadyBody}})
async def readyz(parts: Parts, response: Response) -> ReadyBody:
    """Names every dependency and its state; 503 when one is missing that questions cannot do without."""
    states = await asyncio.gather(*(_state(parts, ping) for ping in parts.dependencies.values()))
    by_name = dict(zip(parts.dependencies, states, strict=True))
    missing = {name for name, state in by_name.items() if state != "ok"}
    degraded = missing & _dispensable(parts)
    response.status_code = 200 if missing == degraded else 503
    return ReadyBody(ready=missing == degraded, degraded=sorted(degraded), dependencies=by_name)


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(parts: Parts) -> Response:
    """Counts and times, without any content."""
    return Response(parts.telemetry.exposition(), media_type="text/plain; version=0.0.4")


def _dispensable(parts: App) -> frozenset[str]:
    isolated = "fault-isolation" not in parts.settings.controls_off
    return _DISPENSABLE if isolated else frozenset()


async def _state(parts: App, ping: Ping) -> str:
    seconds = parts.settings.store_timeout_seconds
    try:
        await asyncio.wait_for(in_thread(ping), seconds)
    except TimeoutError:
        return f"no answer in {seconds:g} seconds"
    # whatever a client raises, its dependency is not ready, and the response says why
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return "ok"
