"""Do people agree on what is right? The labels of the sample cases are compared, where two people have labelled them.

Where nobody has, the line cannot be told, and what can be is whether labels that people do not share would be noticed:
two annotators are drawn who differ on planted cases, and again with one of them shuffled.
"""

import random
from collections.abc import Mapping

from eval.agreement import Agreement, agreement, compared, enforced
from eval.checklist import asked
from eval.checklist.lab import SAMPLES, Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, figure, share, share_of
from eval.labels import JUDGEMENTS, Judgement
from eval.statistics import Estimate

DIFFER_SHARE, SHUFFLES = 0.08, 10


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Compare the labels that are there, and those of drawn annotators."""
    if path == "demo":
        none = {"cases with two labels": share(0, len(lab.suite.cases))}
        return Finding("fail", none, "The demo has no cases and nobody labels them.")
    drawn = _drawn(lab)
    differ = set(drawn["first"].items()) - set(drawn["second"].items())
    on = enforced(lab.adapted(lab.scratch, off))
    return _finding(lab, compared(drawn), {case for case, _ in differ}, on)


async def null_control(lab: Lab) -> Finding:
    """The second annotator's labels shuffled: there is no agreement."""
    drawn = _shuffled(_drawn(lab), lab.seed)
    differ = {case for case, label in drawn["first"].items() if drawn["second"][case] != label}
    return _finding(lab, compared(drawn), differ, on=True)


def judged(planted: Agreement, listed: Figure, refused: Figure, real: Agreement) -> State:
    """Pass: the real labels agree; and drawn ones do, what they differ on is listed, and shuffled ones are refused."""
    if planted.verdict != "agree" or listed.value < 1 or refused.value < 1:
        return "fail"
    if real.verdict == "do not agree":
        return "fail"
    return "pass" if real.verdict == "agree" else "cannot tell"


def _finding(lab: Lab, planted: Agreement, differ: set[str], on: bool) -> Finding:
    real = agreement(SAMPLES, lab.suite.cases)
    shuffled = [compared(_shuffled(_drawn(lab), seed)).verdict for seed in range(SHUFFLES)]
    listed = {each.case for each in planted.disagreements}
    found = share_of(case in listed for case in differ)
    refused = share_of(on and each == "do not agree" for each in shuffled)
    figures = {
        "alpha of drawn labels": _figure(planted.alpha),
        "planted disagreements listed": found,
        "shuffled labels refused": refused,
    }
    if real.alpha.value is not None:
        figures["alpha"] = _figure(real.alpha)
    people = len(real.annotators)
    says = f"Of the sample cases {real.alpha.n} have labels by two people, {people} people have labelled."
    return Finding(judged(planted, found, refused, real), figures, says)


def _drawn(lab: Lab) -> dict[str, dict[str, Judgement]]:
    """Two annotators' labels of the open sample cases, of which some are planted to differ."""
    draw = random.Random(lab.seed)  # noqa: S311  # no secret
    first: dict[str, Judgement] = {
        case.id: draw.choices(JUDGEMENTS, (6, 2, 1, 1))[0] for case in asked.drawn(lab, lab.few(300, 120))
    }
    second = dict(first)
    for case in draw.sample(sorted(first), round(DIFFER_SHARE * len(first))):
        second[case] = draw.choice([each for each in JUDGEMENTS if each != first[case]])
    return {"first": first, "second": second}


def _shuffled(labels: Mapping[str, Mapping[str, Judgement]], seed: int) -> dict[str, dict[str, Judgement]]:
    given = list(labels["second"].values())
    random.Random(f"shuffled {seed}").shuffle(given)  # noqa: S311  # no secret
    return {"first": dict(labels["first"]), "second": dict(zip(labels["second"], given, strict=True))}


def _figure(found: Estimate) -> Figure:
    return figure(found, "score")
