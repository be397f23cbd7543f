"""Is the answer right? The share of answers that hold every part of the reference, and the cases that must pass.

Only questions that have an answer are asked; one that is declined counts as wrong. Right means what eval.metrics calls
accepted: a judge of words, who takes a right answer in other words for wrong.
"""

from collections.abc import Sequence

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.measures import passes
from eval.nulls import with_shuffled_answers
from eval.outcome import Outcome, Scored
from eval.suite import Case

OVER_URL = True
_METRIC = "answer_accepted"


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """The answers of the path; the demo, which is slow, gets fewer questions, the cases that must pass among them."""
    if path == "demo":
        return found(lab, await asked.outcomes(lab, "demo", _cases(lab, lab.few(60, 20))))
    return found(lab, await asked.outcomes(lab, "hybrid", _cases(lab, lab.few(300, 100)), off))


async def null_control(lab: Lab) -> Finding:
    """The answers of production, each beside the reference of another question."""
    run = await asked.outcomes(lab, "hybrid", _cases(lab, lab.few(300, 100)))
    return found(lab, with_shuffled_answers(run, lab.seed))


def judged(accepted: Figure, floor: float, wrong: Sequence[str]) -> State:
    """Pass: the interval lies above the floor, and every case that must pass does.

    Fail: a case that must pass does not, or the interval lies below the floor.
    """
    if wrong or (accepted.high or 0.0) <= floor:
        return "fail"
    return "pass" if (accepted.low or 0.0) > floor else "cannot tell"


def found(lab: Lab, run: Sequence[Outcome]) -> Finding:
    """What a run's answers come to. Raises RuntimeError where the suite says neither a floor nor what must pass."""
    threshold = lab.suite.thresholds.get(_METRIC)
    scored = list(asked.scored(run).values())
    must = [each for each in scored if each.case.must_pass]
    if threshold is None or threshold.floor is None or not must:
        raise RuntimeError(f"the suite {lab.suite.name} has no floor of {_METRIC} or no case that must pass")
    wrong = sorted(each.case.id for each in must if not passes(each.scores))
    accepted = share_of(_accepted(each) for each in scored)
    figures = {"accepted": accepted, "must-pass cases accepted": share_of(passes(each.scores) for each in must)}
    failed = asked.failures(run)
    state = asked.unless_failed(judged(accepted, threshold.floor, wrong), failed)
    return Finding(state, figures, said(accepted, threshold.floor, wrong), failed)


def said(accepted: Figure, floor: float, wrong: Sequence[str]) -> str:
    """How the share stands to the floor, and which cases must pass and do not."""
    stands = "is above" if (accepted.low or 0.0) > floor else "is not shown to be above"
    words = f"Must pass and does not: {', '.join(wrong)}." if wrong else "Every case that must pass does."
    return f"The share of accepted answers, {accepted.value:.2f}, {stands} the floor of {floor}. {words}"


def _cases(lab: Lab, limit: int) -> list[Case]:
    """The cases drawn, and those that must pass."""
    drawn = asked.drawn(lab, limit, answerable=True)
    return [*drawn, *(case for case in lab.suite.cases if case.must_pass and case not in drawn)]


def _accepted(outcome: Scored) -> bool:
    return outcome.scores[_METRIC] == 1.0
