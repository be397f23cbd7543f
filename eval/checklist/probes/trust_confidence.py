"""Does 80% sure mean 80%? The confidence of shown answers beside how often they are right, over the sample cases.

An answer is right when the question has one and the text holds it. The error is that of calibration; a confidence that
is the same for every answer can have none and says nothing, so it also has to tell right answers from wrong ones. The
scale was fitted on the tune split, so the error on the other cases stands beside that of all.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, figure
from eval.metrics import scores
from eval.outcome import Outcome, Scored
from eval.ranking import auc, estimate_by_class
from eval.statistics import average, calibration_error, estimate

OVER_URL = True
MOST_ERROR = 0.1
_ERROR, _TOLD = "calibration error", "right told from wrong"


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """The shown answers of the path; those of the demo carry no confidence."""
    if path == "demo":
        run = await asked.outcomes(lab, "demo", asked.drawn(lab, lab.few(40, 12)))
        return found(run)
    return found(await asked.outcomes(lab, "hybrid", asked.drawn(lab, lab.few(400, 120)), off))


async def null_control(lab: Lab) -> Finding:
    """The same answers, each with the share of right ones for its confidence: no error of calibration, and no use."""
    return found(constant(await asked.outcomes(lab, "hybrid", asked.drawn(lab, lab.few(400, 120)))))


def constant(run: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with one confidence for all: the share of the shown answers that are right."""
    right = float(np.mean(np.asarray(signed(run) or [0.5]) > 0))
    return [_with_confidence(each, right) if isinstance(each, Scored) else each for each in run]


def judged(error: Figure, told: Figure) -> State:
    """Pass: by their intervals, the error is at most .1 and right answers get more confidence than wrong ones.

    Fail: the error itself is above .1, or the confidence does not tell right from wrong at all.
    """
    if error.value > MOST_ERROR or told.value <= 0.5:
        return "fail"
    return "pass" if (error.high or 1.0) <= MOST_ERROR and (told.low or 0.0) > 0.5 else "cannot tell"


def signed(run: Sequence[Outcome], split: str | None = None) -> list[float]:
    """The confidence of each shown answer, below zero where it is not right."""
    every = asked.scored(run).values()
    chosen = [each for each in every if split in {None, each.case.split}]
    return [each.scores["signed_confidence"] for each in chosen if "signed_confidence" in each.scores]


def found(run: Sequence[Outcome]) -> Finding:
    """The figures of a run and the verdict."""
    every, failed = signed(run), asked.failures(run)
    if not every:
        return Finding("fail", {}, "No answer tells how sure it is.", failed)
    truth, said = [float(each > 0) for each in every], [abs(each) for each in every]
    if len(set(truth)) == 1:
        return Finding("cannot tell", {}, "Every answer is right, or none is: no confidence tells them apart.", failed)
    figures = {
        _ERROR: figure(estimate(calibration_error, [every]), "score"),
        _TOLD: figure(estimate_by_class(auc, truth, said), "score"),
        "right": figure(estimate(average, [truth]), "share"),
        "mean confidence": figure(estimate(average, [said]), "share"),
    }
    if held_out := signed(run, "test"):
        figures[f"{_ERROR}, test split"] = figure(estimate(calibration_error, [held_out]), "score")
    state = asked.unless_failed(judged(figures[_ERROR], figures[_TOLD]), failed)
    sure, right = figures["mean confidence"].value, figures["right"].value
    says = f"Answers that were {sure:.2f} sure on average were right {right:.2f} of the time."
    return Finding(state, figures, says, failed)


def _with_confidence(outcome: Scored, confidence: float) -> Scored:
    seen = replace(outcome.seen, confidence=confidence)
    return Scored(outcome.case, seen, scores(outcome.case, seen))
