"""Does a worse change get stopped? Regressions are planted, and runs between which there is nothing to tell repeated.

A repeat of production gives the same figures, so the gate sees it with other resamples and in another order. Noisy
repeats are harder: each case of both runs is drawn at random from production and dense search alone, so that they
differ and neither is worse. The suite's thresholds are left out, since they would stop a small sample for itself.
Smaller changes get through: answers of one sentence lose 7 points of accepted answers, which all 369 open cases show
and these do not.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from eval import provenance
from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, share, share_of
from eval.gate import blocks, enforced
from eval.measures import JUDGE
from eval.nulls import REPEATS, times_blocked
from eval.outcome import Outcome
from eval.record import Record, record_of
from eval.run import outcome_of
from eval.suite import Case
from eval.target import InProcess

Change: TypeAlias = tuple[Off, Mapping[str, Any]]
# The first two are large enough to be seen in the cases of a quick check.
PLANTED: Mapping[str, Change] = {
    "one hit": (frozenset(), {"hits": 1}),
    "declines never": (frozenset({"abstention"}), {}),
    "declines always": (frozenset(), {"evidence_threshold": 1.0}),
    "two candidates": (frozenset(), {"candidates": 2}),
}
# Of 20 comparisons that are each wrong in 2.5% of cases, more than two are wrong once in 76 times.
MOST_NOISY = 2


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Plant the regressions; the demo has nothing that would stop one, and so is not run."""
    names = _names(lab)
    if path == "demo":
        stopped = {"regressions blocked": share(0, len(names))}
        return Finding("fail", stopped, "The demo has no baseline and no gate: nothing would stop a change.")
    cases = _cases(lab)
    on = enforced(lab.adapted(lab.scratch, off))
    others = off - {"gate"}
    worse = {name: await _run(lab, cases, PLANTED[name], others) for name in names}
    return await _finding(lab, cases, others, worse, on)


async def null_control(lab: Lab) -> Finding:
    """A repeat of production in place of each regression: there is nothing to block."""
    cases = _cases(lab)
    again = await _again(lab, cases, frozenset())
    return await _finding(lab, cases, frozenset(), dict.fromkeys(_names(lab), again), on=True)


def judged(blocked: Figure, repeats: Figure, noisy: Figure) -> State:
    """Pass: every regression is blocked, no repeat is, and of the noisy ones not more than errors by chance."""
    quiet = repeats.value == 0 and round(noisy.value * noisy.n) <= MOST_NOISY
    return "pass" if blocked.value == 1 and quiet else "fail"


def noisy(run: Sequence[Outcome], other: Sequence[Outcome], seed: int) -> tuple[list[Outcome], list[Outcome]]:
    """Two runs over the same cases, each outcome of either one at random."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    pairs = [(a, b) if draw.random() < 0.5 else (b, a) for a, b in zip(run, other, strict=True)]
    return [a for a, _ in pairs], [b for _, b in pairs]


async def _finding(
    lab: Lab, cases: Sequence[Case], off: Off, worse: Mapping[str, Sequence[Outcome]], on: bool
) -> Finding:
    record = _recorder(lab)
    run, naive = await asked.outcomes(lab, "hybrid", cases, off), await asked.outcomes(lab, "naive", cases, off)
    again = await _again(lab, cases, off)
    stopped = {name: on and blocks(record(run), record(each)).blocked for name, each in worse.items()}
    drawn = [noisy(run, naive, seed) for seed in range(REPEATS)]
    figures = {
        "regressions blocked": share_of(stopped.values()),
        "repeats blocked": share(times_blocked(record(run), record(again)) if on else 0, REPEATS),
        "noisy repeats blocked": share_of(
            on and blocks(record(a), record(b), seed=seed).blocked for seed, (a, b) in enumerate(drawn)
        ),
    }
    let_through = [name for name, each in stopped.items() if not each]
    says = f"Let through: {', '.join(let_through)}." if let_through else f"Blocked: {', '.join(stopped)}."
    failed = asked.failures(run, naive, again)
    state = judged(figures["regressions blocked"], figures["repeats blocked"], figures["noisy repeats blocked"])
    return Finding(asked.unless_failed(state, failed), figures, says, failed)


def _names(lab: Lab) -> list[str]:
    return list(PLANTED)[: lab.few(len(PLANTED), 2)]


def _cases(lab: Lab) -> list[Case]:
    """More of the questions without an answer than the suite's mix has, so that a change in declining shows."""
    every = asked.drawn(lab)
    with_answer, without = ([case for case in every if case.answerable is kind] for kind in (True, False))
    return with_answer[: lab.few(120, 50)] + without[: lab.few(60, 50)]


async def _run(lab: Lab, cases: Sequence[Case], change: Change, off: Off) -> list[Outcome]:
    switched, settings = change
    return await asked.outcomes(lab, "hybrid", cases, off | switched, **settings)


async def _again(lab: Lab, cases: Sequence[Case], off: Off) -> list[Outcome]:
    """Production asked once more, whatever is kept of the first time."""
    with lab.samples(off) as app:
        target = InProcess(app)
        return asked.answered([await outcome_of(target, case) for case in cases])


def _recorder(lab: Lab) -> Callable[[Sequence[Outcome]], Record]:
    """Makes records that can be compared with each other."""
    suite = lab.suite
    config = {
        "suite": suite.name,
        "suite_fingerprint": suite.fingerprint,
        "split": None,
        "corpus": provenance.corpus_fingerprint(suite.corpus),
        "judge": JUDGE,
        "machine": provenance.machine(),
    }
    return lambda outcomes: record_of(config, outcomes)
