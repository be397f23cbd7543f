"""What the sample cases bring back, in each way that they can be asked; asked once for all probes of a check.

An answer does not depend on when it is asked for, and no time is taken from these. Nothing is judged here.
"""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeAlias

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, State
from eval.outcome import Failed, Outcome, Scored
from eval.run import not_served, outcome_of
from eval.statistics import Difference
from eval.suite import Case, Suite
from eval.target import Http, InProcess, Target

Way: TypeAlias = Literal["hybrid", "naive", "demo"]


def drawn(lab: Lab, limit: int | None = None, *, answerable: bool = False) -> tuple[Case, ...]:
    """At most `limit` cases in an order drawn with the seed: fewer are the first of more, so answers are shared."""
    cases = list(lab.suite.cases)
    random.Random(lab.seed).shuffle(cases)  # noqa: S311  # no secret
    return tuple(case for case in cases if case.relevant or not answerable)[:limit]


async def outcomes(lab: Lab, way: Way, cases: Sequence[Case], off: Off = frozenset(), **changes: Any) -> list[Outcome]:
    """What became of every case, in order, asked with these controls off and these settings changed.

    Raises RuntimeError when all of them failed, since then nothing was measured.
    """
    asked = (way, off, tuple(sorted(changes.items())))
    left = [case for case in cases if (asked, case.id) not in lab.asked]
    if left:
        async with _target(lab, way, off, changes) as target:
            for case in left:
                lab.asked[asked, case.id] = await outcome_of(target, case)
    return answered([lab.asked[asked, case.id] for case in cases])


def answered(found: list[Outcome]) -> list[Outcome]:
    """The outcomes. Raises RuntimeError when all of them failed, since then nothing was measured."""
    failed = [each for each in found if isinstance(each, Failed)]
    if failed and not scored(found):
        raise RuntimeError(f"all {len(failed)} cases failed, the first one so: {failed[0].code} {failed[0].detail}")
    return found


def scored(found: Sequence[Outcome]) -> dict[str, Scored]:
    """The cases that were answered or declined, by id."""
    return {each.case.id: each for each in found if isinstance(each, Scored)}


def failures(*runs: Sequence[Outcome]) -> int:
    """How many cases failed."""
    return sum(isinstance(each, Failed) for run in runs for each in run)


def unless_failed(state: State, failed: int) -> State:
    """A line is not proved by the cases that did not fail."""
    return "cannot tell" if state == "pass" and failed else state


def difference_figure(found: Difference) -> Figure:
    """A difference as a figure."""
    return Figure(found.delta, found.low, found.high, found.n, "difference")


@asynccontextmanager
async def _target(lab: Lab, way: Way, off: Off, changes: dict[str, Any]) -> AsyncIterator[Target]:
    if lab.url is not None and way != "demo":
        with Http(lab.url, lab.key, way) as service:
            _must_serve(service, lab.suite)
            yield service
    elif way == "demo":
        with lab.demo(**changes) as demo:
            yield demo
    else:
        with lab.samples(off, **changes) as app:
            yield InProcess(app, way)


def _must_serve(service: Http, suite: Suite) -> None:
    """Raise RuntimeError for a service without the sample corpus, whose figures would be about something else."""
    if lacking := not_served(service, suite):
        raise RuntimeError(f"{service.url} does not serve the sample corpus: {min(lacking)} is not there")
