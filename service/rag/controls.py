"""One question's controls: which are on, what each decided, and how long it took.

A control that crashes has not said "clean": the question is refused with CouldNotCheck.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core.answers import ControlDecision, Decision
from service.core.controls import ControlName
from service.core.errors import CouldNotCheck, RagreadyError
from service.core.telemetry import Telemetry

T = TypeVar("T")


@dataclass(frozen=True)
class Checked(Generic[T]):
    """What a control lets through, and its decision. `reason` names counts and rules, never content."""

    value: T
    decision: Decision = "allow"
    reason: str = ""


class Controls:
    """What the controls decided about one question so far, in order."""

    def __init__(self, off: frozenset[ControlName], telemetry: Telemetry) -> None:
        self._off = off
        self._telemetry = telemetry
        self.decisions: list[ControlDecision] = []

    def on(self, name: ControlName) -> bool:
        """Whether a control is on; one that is off is noted as such."""
        if name in self._off:
            self.note(name, "off")
        return name not in self._off

    def note(self, name: ControlName, decision: Decision, reason: str = "", ms: float = 0.0) -> None:
        """Record a decision for the answer and for the metrics."""
        self.decisions.append(ControlDecision(name, decision, reason, round(ms, 3)))
        self._telemetry.decided(name, decision, round(ms, 3))

    def apply(self, name: ControlName, check: Callable[[T], Checked[T]], value: T) -> T:
        """What `check` lets through of `value`; `value` itself when the control is off.

        Raises what `check` refuses with, and CouldNotCheck when it crashes.
        """
        if not self.on(name):
            return value
        started = time.perf_counter()
        try:
            checked = check(value)
        except RagreadyError as error:
            self.note(name, "refuse", error.code, ms_since(started))
            raise
        # whatever a control dies of, it did not say that all is well
        except Exception as error:
            self.note(name, "could-not-check", type(error).__name__, ms_since(started))
            raise CouldNotCheck(
                f"The control {name} could not run: {type(error).__name__}.",
                "The log names the cause. To answer without this control, switch it off in RAGREADY_CONTROLS_OFF.",
            ) from error
        self.note(name, checked.decision, checked.reason, ms_since(started))
        return checked.value


def ms_since(started: float) -> float:
    """Milliseconds since a `time.perf_counter`."""
    return (time.perf_counter() - started) * 1e3
