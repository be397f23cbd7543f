"""Whether the process runs, whether its dependencies answer, and its metrics. Open to callers without a key."""

import asyncio

from fastapi import APIRouter, Response

from service.api.deps import Parts
from service.api.schemas import ReadyBody
from service.core.app import App, Ping
from service.rag.threads import in_thread

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Does the process run?")
async def healthz() -> dict[str, str]:
    """Asks no dependency, so that a broken store does not restart the process."""
    return {"status": "ok"}


@router.get("/readyz", summary="Can it answer?", responses={503: {"model": ReadyBody}})
async def readyz(parts: Parts, response: Response) -> ReadyBody:
    """Names every dependency and its state; 503 when one is missing."""
    states = await asyncio.gather(*(_state(parts, ping) for ping in parts.dependencies.values()))
    ready = all(state == "ok" for state in states)
    response.status_code = 200 if ready else 503
    return ReadyBody(ready=ready, dependencies=dict(zip(parts.dependencies, states, strict=True)))


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(parts: Parts) -> Response:
    """Counts and times, without any content."""
    return Response(parts.telemetry.exposition(), media_type="text/plain; version=0.0.4")


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
