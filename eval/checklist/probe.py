"""What a probe is: a module of eval.checklist.probes with two functions, and how one is loaded.

    async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding
    async def null_control(lab: Lab) -> Finding

`measure` looks at one path: the demo, or production with the controls `off` switched off beside those that the settings
switch off. `null_control` gives the probe what it must not pass, and ends in the state that the line names. Both apply
the module's own pass rule, by convention a pure function `judged`. A probe that needs nothing planted and asks
`lab.target` declares OVER_URL = True. What cannot be measured is raised: the runner says "could not run" and why.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module

from eval.checklist.lab import Lab, Off
from eval.checklist.lines import Line
from eval.checklist.states import Finding, PathName


@dataclass(frozen=True)
class Probe:
    """The functions of a probe's module. `over_url` tells that it can ask a running service."""

    measure: Callable[[Lab, PathName, Off], Awaitable[Finding]]
    null_control: Callable[[Lab], Awaitable[Finding]]
    over_url: bool = False


def probe_of(line: Line) -> Probe:
    """The probe of a line that has one. Raises what its import raises, AttributeError when a function is missing."""
    module = import_module(line.probe)
    return Probe(module.measure, module.null_control, bool(getattr(module, "OVER_URL", False)))
