"""One question's controls: which are on, what each decided, and how long it took.

A control that crashes has not said "clean": the question is refused with CouldNotCheck.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.core.answers import ControlDecision, Decision
from service.core.controls import ControlName
from service.core.errors import CouldNotCheck, RagreadyError
from service.core.telemetry import Telemetry

T = TypeVar("T")


@dataclass(frozen=True)
class Checked(Generic[T]):
    """What a control lets through, and its decision. `reason` names counts and rules, never content.

    Counts read `2 NAME, 1 OTHER`, so that those of several parts add up.
    """

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
        checked, ms = self.run(name, check, value)
        self.note(name, checked.decision, checked.reason, ms)
        return checked.value

    def run(self, name: ControlName, check: Callable[[T], Checked[T]], value: T) -> tuple[Checked[T], float]:
        """What `check` finds, and the milliseconds it took; only a failure is noted. Raises as `apply`."""
        started = time.perf_counter()
        try:
            return check(value), ms_since(started)
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


class InParts(Generic[T]):
    """A control that checks something part by part, as it comes, and decides once."""

    def __init__(self, controls: Controls, name: ControlName, check: Callable[[T], Checked[T]]) -> None:
        """`check` redacts or allows."""
        self._controls = controls
        self._name = name
        self._check = check
        self._on = controls.on(name)
        self._redacts = False
        self._reasons: list[str] = []
        self._ms = 0.0

    def passed(self, part: T) -> T:
        """What the control lets through of a part. Raises as `Controls.apply`."""
        if not self._on:
            return part
        checked, ms = self._controls.run(self._name, self._check, part)
        self._redacts = self._redacts or checked.decision == "redact"
        self._reasons.append(checked.reason)
        self._ms += ms
        return checked.value

    def decide(self) -> None:
        """Note the decision about all parts together."""
        if self._on:
            self._controls.note(self._name, "redact" if self._redacts else "allow", summed(self._reasons), self._ms)


def summed(reasons: Sequence[str]) -> str:
    """Reasons such as `2 supported, 1 dropped` added up, names in the order in which they come."""
    counts: dict[str, int | None] = {}
    for each in (part for reason in reasons for part in reason.split(", ") if part):
        number, _, name = each.partition(" ")
        if number.isdigit():
            counts[name] = (counts.get(name) or 0) + int(number)
        else:
            counts[each] = None
    return ", ".join(name if count is None else f"{count} {name}" for name, count in counts.items())


def ms_since(started: float) -> float:
    """Milliseconds since a `time.perf_counter`."""
    return (time.perf_counter() - started) * 1e3
