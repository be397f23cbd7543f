"""Does it say so when it does not know? F1 of declining, beside what declining always and never would score.

Both kinds of question are asked, in the suite's own mix. F1 rewards whoever declines a lot where many questions have no
answer, so it has to beat the product that declines always, and most of what can be answered has to be. Production is
asked all of them, in a quick check too: 120 cannot tell an F1 of .55 from that of declining always.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, figure
from eval.measures import Scores, estimates
from eval.nulls import always_declining, never_declining
from eval.outcome import Outcome

OVER_URL = True
_FIGURES = {
    "F1 of declining": "abstention_f1",
    "skill": "abstention_skill",
    "answered of answerable": "answered_of_answerable",
    "declined of unanswerable": "declined_of_unanswerable",
}


@dataclass(frozen=True)
class Declined:
    """What the rule looks at. `trivial` is the better F1 of declining always and never, on the same questions."""

    f1: Figure
    trivial: float
    answered: Figure


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """The questions that have an answer and those that have none; the demo, which is slow, gets fewer."""
    if path == "demo":
        run = await asked.outcomes(lab, "demo", asked.drawn(lab, lab.few(80, 24)))
        return found(run, "It leaves it to its model to say that it does not know. ")
    return found(await asked.outcomes(lab, "hybrid", asked.drawn(lab), off))


async def null_control(lab: Lab) -> Finding:
    """What production was asked, declined always and declined never: fails when both do."""
    return trivial(await asked.outcomes(lab, "hybrid", asked.drawn(lab)))


def trivial(run: Sequence[Outcome]) -> Finding:
    """What declining always and never on the same questions is found to be: one finding, "fail" when both are."""
    always, never = found(always_declining(run)), found(never_declining(run))
    state = always.state if always.state == never.state else "cannot tell"
    figures = {
        f"{name}, declining {word}": each.figures[name]
        for word, each in (("always", always), ("never", never))
        for name in ("F1 of declining", "answered of answerable")
    }
    return Finding(state, figures, f"Declining always ends in {always.state}, declining never in {never.state}.")


def judged(seen: Declined) -> State:
    """Pass: by their intervals, F1 is above the better trivial one and more than half of the answerable is answered.

    Fail: F1 itself is not above it, or what is answered is shown to be half or less.
    """
    if seen.f1.value <= seen.trivial or (seen.answered.high or 0.0) <= 0.5:
        return "fail"
    told = (seen.f1.low or 0.0) > seen.trivial and (seen.answered.low or 0.0) > 0.5
    return "pass" if told else "cannot tell"


def found(run: Sequence[Outcome], says: str = "") -> Finding:
    """What a run declined, beside what the trivial products score on its questions."""
    own = _figures([each.scores for each in asked.scored(run).values()])
    beside = {
        word: _figures([each.scores for each in asked.scored(declining(run)).values()])["F1 of declining"]
        for word, declining in (("always", always_declining), ("never", never_declining))
    }
    seen = Declined(own["F1 of declining"], max(each.value for each in beside.values()), own["answered of answerable"])
    figures = {**own, **{f"F1 of declining {word}": each for word, each in beside.items()}}
    failed = asked.failures(run)
    return Finding(asked.unless_failed(judged(seen), failed), figures, f"{says}{said(seen, own['skill'])}", failed)


def said(seen: Declined, skill: Figure) -> str:
    """How F1 stands to the trivial one, and whether declining has anything to do with there being an answer."""
    stands = "is above" if (seen.f1.low or 0.0) > seen.trivial else "is not shown to be above"
    knows = "depends" if (skill.low or 0.0) > 0 else "is not shown to depend"
    return (
        f"F1 of declining, {seen.f1.value:.2f}, {stands} that of declining always, {seen.trivial:.2f}. "
        f"Whether it declines {knows} on whether there is an answer (skill {skill.value:.2f})."
    )


def _figures(scores: Sequence[Scores]) -> dict[str, Figure]:
    every = estimates(scores)
    return {
        name: figure(every[metric], "share" if metric.endswith("able") else "score")
        for name, metric in _FIGURES.items()
    }
