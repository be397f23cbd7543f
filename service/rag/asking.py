"""One question while it is answered: what every step of its path is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from service.core.answers import Citation
from service.core.telemetry import Timeline
from service.rag.controls import Controls
from service.rag.meter import Meter

Emit: TypeAlias = Callable[[Citation], None]


@dataclass(frozen=True)
class Asking:
    """Its times, its controls, the tokens spent on it, and who gets its sentences as they stand."""

    timeline: Timeline
    controls: Controls
    meter: Meter
    emit: Emit = lambda _: None
