"""Do the golden cases look like real questions? The sample questions of one space are left out of the golden ones.

Live questions of the sample corpus do not exist, so half of its own questions stand for them, and with them the space
that is left out. The classifier has to tell, and to name that space's questions as uncovered; halves of one set it
must not tell apart. The demo has neither.
"""

import random
from collections.abc import Sequence

import numpy as np

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, figure, share, share_of
from eval.representative import Representation, enforced, ranked, representation, told_apart, vectors
from eval.representative import judged as told
from eval.suite import Case
from service.bootstrap import open_encoder
from service.core.embedder import Embedder

LEFT_OUT = "hr"
# How much more often than in all live questions the space has to come among those that are named.
LIFT = 2.0
# Of 20 pairs of halves that are each told apart by chance in 2.5% of cases, more than two are once in 76 times.
REPEATS, MOST = 20, 2


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Leave a space out."""
    if path == "demo":
        return Finding("fail", {"shifts told": share(0, 1)}, "The demo has no cases and compares no questions.")
    golden, live = _shifted(lab)
    return _finding(lab, golden, live, on=enforced(lab.adapted(lab.scratch, off)))


async def null_control(lab: Lab) -> Finding:
    """Halves of one set: they cannot be told apart."""
    golden, live = _halves(_questions(lab.suite.cases), lab.seed)
    return _finding(lab, golden, live, on=True)


def judged(found: Representation, named: Figure | None, share_of_live: float, halves: Figure, *, on: bool) -> State:
    """Pass: the shift is told and its questions are named, and halves are not told apart. Else nobody can tell."""
    if not on or round(halves.value * halves.n) > MOST:
        return "fail"
    if found.verdict != "differ":
        return "cannot tell"
    return "pass" if named is not None and named.value >= LIFT * share_of_live else "fail"


def _finding(lab: Lab, golden: Sequence[str], live: Sequence[str], *, on: bool) -> Finding:
    encoder = open_encoder(lab.settings)
    found, halves = representation(golden, live, encoder, lab.seed), _halves_told_apart(lab, encoder)
    planted = {case.question for case in lab.suite.cases if _is_left_out(case)}
    theirs = share_of(question in planted for question in live)
    listed = [question in planted for topic in found.topics for question in topic.questions]
    named = share_of(listed) if listed else None
    figures = {
        "AUC": figure(found.auc, "score"),
        "live questions of the space left out": theirs,
        "halves told apart": halves,
    }
    if named is not None:
        figures["named questions of the space left out"] = named
    says = "; ".join(topic.questions[0] for topic in found.topics[:3])
    told_of = f"Golden cases lack: {says}" if says else "No topic is named."
    return Finding(judged(found, named, theirs.value, halves, on=on), figures, told_of)


def _halves_told_apart(lab: Lab, encoder: Embedder) -> Figure:
    questions = _questions(lab.suite.cases)
    rows = dict(zip(questions, vectors(encoder, questions), strict=True))
    verdicts = []
    for seed in range(lab.few(REPEATS, REPEATS // 4)):
        pair = _halves(questions, seed)
        golden, live = ([rows[each] for each in half] for half in pair)
        verdicts.append(told(told_apart(ranked(np.stack(golden), np.stack(live), seed), seed)) == "differ")
    return share_of(verdicts)


def _shifted(lab: Lab) -> tuple[list[str], list[str]]:
    golden, live = _halves(_questions([case for case in lab.suite.cases if not _is_left_out(case)]), lab.seed)
    return golden, live + _questions([case for case in lab.suite.cases if _is_left_out(case)])


def _is_left_out(case: Case) -> bool:
    return case.id.startswith(f"{LEFT_OUT}-")


def _questions(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(case.question for case in cases))


def _halves(questions: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    shuffled = sorted(questions)
    random.Random(seed).shuffle(shuffled)  # noqa: S311  # no secret
    return shuffled[::2], shuffled[1::2]
