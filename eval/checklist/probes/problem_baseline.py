"""Would something simpler do? Accepted answers of production against those of four things that cost less.

Simpler are: no document at all, the best sentence of the best match by words, dense search alone, and the demo. The
demo is compared with the first two. Only questions that have an answer are asked, so what it is worth to decline is
another line's question.
"""

from collections.abc import Iterator, Mapping, Sequence

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.simpler import ClosedBook, KeywordsOnly
from eval.checklist.states import Figure, Finding, PathName, State, share_of
from eval.outcome import Outcome
from eval.run import outcome_of
from eval.statistics import average, difference
from eval.suite import Case

_METRIC = "answer_accepted"


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """The path against what is simpler than it; the demo, which is slow, against and on fewer questions."""
    cases = asked.drawn(lab, lab.few(300, 100), answerable=True)
    few = cases[: lab.few(120, 20)]
    if path == "demo":
        return _finding("demo", await asked.outcomes(lab, "demo", few), await _simplest(lab, few))
    simpler = {
        **await _simplest(lab, cases),
        "naive": await asked.outcomes(lab, "naive", cases, off - {"hybrid"}),
        "demo": await asked.outcomes(lab, "demo", few),
    }
    return _finding("production", await asked.outcomes(lab, "hybrid", cases, off), simpler)


async def null_control(lab: Lab) -> Finding:
    """Production against a repeat of itself: there is nothing to tell."""
    cases = asked.drawn(lab, lab.few(300, 100), answerable=True)
    run = await asked.outcomes(lab, "hybrid", cases)
    return _finding("production", run, {"a repeat of itself": run})


def judged(differences: Mapping[str, Figure]) -> State:
    """Pass: better than each, by an interval above zero. Fail: worse than one, by an interval below it."""
    if any((each.high or 0.0) < 0 for each in differences.values()):
        return "fail"
    return "pass" if differences and all((each.low or 0.0) > 0 for each in differences.values()) else "cannot tell"


def said(name: str, differences: Mapping[str, Figure]) -> str:
    """Which of the simpler things are not shown to be worse, and by how much they could be better."""
    close = [
        f"{other} ({each.value:+.3f}, {each.low:.3f} to {each.high:.3f}, n {each.n})"
        for other, each in differences.items()
        if (each.low or 0.0) <= 0
    ]
    beaten = [other for other, each in differences.items() if (each.low or 0.0) > 0]
    words = [f"{name.capitalize()} accepts more answers than {', '.join(beaten)}."] if beaten else []
    words += [f"Not shown to beat: {', '.join(close)}."] if close else []
    return " ".join(words)


async def _simplest(lab: Lab, cases: Sequence[Case]) -> dict[str, list[Outcome]]:
    with lab.samples() as app:
        return {
            target.name: asked.answered([await outcome_of(target, case) for case in cases])
            for target in (ClosedBook(), KeywordsOnly(app))
        }


def _finding(name: str, run: Sequence[Outcome], simpler: Mapping[str, Sequence[Outcome]]) -> Finding:
    figures = {f"accepted, {each}": share_of(_accepted(found)) for each, found in {name: run, **simpler}.items()}
    differences = {other: _difference(found, run) for other, found in simpler.items()}
    figures |= {f"more than {other}": each for other, each in differences.items()}
    failed = asked.failures(run, *simpler.values())
    return Finding(asked.unless_failed(judged(differences), failed), figures, said(name, differences), failed)


def _accepted(run: Sequence[Outcome]) -> Iterator[bool]:
    return (each.scores[_METRIC] == 1.0 for each in asked.scored(run).values() if _METRIC in each.scores)


def _difference(simpler: Sequence[Outcome], run: Sequence[Outcome]) -> Figure:
    """How many more answers are accepted, over the questions that both were asked and answered or declined."""
    first, second = asked.scored(simpler), asked.scored(run)
    both = [each for each in first if each in second and _METRIC in first[each].scores]
    before, after = ([found[each].scores[_METRIC] for each in both] for found in (first, second))
    return asked.difference_figure(difference(average, [], (before, after)))
