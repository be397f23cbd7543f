"""The score: a point for a line that a command proves on the production path; the total is the lowest section's.

A section scores its sum, as in the ML Test Score (Breck et al., 2017). Half a point for a line proved by hand is not
given here: there is no written record to read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from eval.checklist.evidence import Result
from eval.checklist.lines import SECTIONS, Section
from eval.checklist.states import State

_SAID: dict[State, str] = {
    "pass": "{} were proved by a command",
    "fail": "{} failed",
    "cannot tell": "{} could not be told",
    "could not run": "{} could not be run",
    "not run": "{} were not run",
    "stale": "{} rest on stale evidence",
}


@dataclass(frozen=True)
class Score:
    """Points by section, how many lines each section has, the lowest of the sections, and lines by state."""

    sections: Mapping[Section, float]
    lines: Mapping[Section, int]
    total: float
    states: Mapping[State, int]

    @property
    def lowest(self) -> list[Section]:
        """The sections that the total is."""
        return [name for name, points in self.sections.items() if points == self.total]


def score(results: Sequence[Result]) -> Score:
    """The score of these lines, each of which counts once; states are those of the production path."""
    lines = Counter(result.line.section for result in results)
    proved = Counter(result.line.section for result in results if result.production.state == "pass")
    sections = {name: float(proved[name]) for name in SECTIONS if lines[name]}
    states = Counter(result.production.state for result in results)
    return Score(sections, lines, min(sections.values(), default=0.0), {each: states[each] for each in get_args(State)})


def sentence(scored: Score) -> str:
    """How many lines the production path proves and how many it does not, in words."""
    said = [_SAID[state].format(number) for state, number in scored.states.items()]
    return f"Of {sum(scored.states.values())} lines on the production path {', '.join(said[:-1])} and {said[-1]}."
