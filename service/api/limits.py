"""Counts a key's questions and refuses those above its limit. Where they are counted stands in service.core.limits."""

from typing import Any

from fastapi import Depends

from service.api.deps import Asker, Parts
from service.core.errors import RateLimited
from service.core.limits import Allowance
from service.rag.controls import Controls
from service.rag.threads import in_thread


async def within_limit(parts: Parts, caller: Asker) -> None:
    """Count a request of this caller, also one whose body turns out to be of no use. Raises RateLimited."""
    controls = Controls(parts.settings.controls_off, parts.telemetry)
    if not controls.on("rate-limit"):
        return
    who = f"{caller.tenant}/{caller.id}"
    allowance = await in_thread(parts.limiter.take, who) if parts.limiter.blocks else parts.limiter.take(who)
    parts.telemetry.rate_limit.labels(outcome=_outcome(allowance)).inc()
    controls.note("rate-limit", "allow" if allowance.allowed else "refuse")
    if not allowance.allowed:
        raise RateLimited(
            f"This key has made its {parts.settings.requests_per_minute:,} requests of the last minute.",
            f"Try again in {allowance.retry_after_seconds} s, or raise RAGREADY_REQUESTS_PER_MINUTE.",
            allowance.retry_after_seconds,
        )


Limited: Any = Depends(within_limit)


def _outcome(allowance: Allowance) -> str:
    made = "allowed" if allowance.allowed else "refused"
    return made if allowance.shared else f"{made}-locally"
