"""How far annotators agree."""

import random

import numpy as np
import pytest

from eval.agreement import LEAST_CASES, alpha, compared, counted, judged
from eval.labels import JUDGEMENTS, Judgement


def drawn(n: int, differ: float, seed: int = 0) -> dict[str, dict[str, Judgement]]:
    """Two annotators, of whom the second gives another label in a share of the cases."""
    draw = random.Random(seed)
    first: dict[str, Judgement] = {f"c{at}": draw.choice(JUDGEMENTS) for at in range(n)}
    second = {
        case: draw.choice([each for each in JUDGEMENTS if each != label]) if draw.random() < differ else label
        for case, label in first.items()
    }
    return {"first": first, "second": second}


def test_alpha_is_the_published_one() -> None:
    """Krippendorff's example of 2011 (two observers, nominal, ten units) has an alpha of .095."""
    first, second = "0100000010", "1110010000"
    table = np.array([[(a + b).count("0"), (a + b).count("1")] for a, b in zip(first, second, strict=True)])
    found = alpha(table)
    assert found.value == pytest.approx(0.095, abs=0.001)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.095 <= found.high


def test_people_who_agree_are_told_from_those_who_do_not() -> None:
    """One label in ten that differs is agreement; labels drawn at random are none."""
    assert compared(drawn(200, 0.1)).verdict == "agree"
    assert compared(drawn(200, 0.75)).verdict == "do not agree"


def test_disagreements_are_listed() -> None:
    """Every case on which two people differ is named with both labels, and no other."""
    labels = drawn(100, 0.2)
    differ = {case for case in labels["first"] if labels["first"][case] != labels["second"][case]}
    found = compared(labels, {next(iter(differ)): "right"})
    assert {each.case for each in found.disagreements} == differ
    assert sum(each.decided == "right" for each in found.disagreements) == 1
    for each in found.disagreements:
        assert each.labels == {name: labels[name][each.case] for name in labels}


def test_cases_with_one_label_do_not_count() -> None:
    """Agreement is about the cases that two people labelled."""
    labels = drawn(60, 0.0)
    labels["second"] = dict(list(labels["second"].items())[:30])
    assert compared(labels).alpha.n == 30
    alone = compared({"first": labels["first"]})
    assert (alone.verdict, alone.alpha.value) == ("not labelled twice", None)


def test_labels_that_are_all_the_same_say_nothing() -> None:
    """Two people who call everything right have no alpha: chance would give the same."""
    same: dict[str, Judgement] = {f"c{at}": "right" for at in range(50)}
    found = compared({"first": same, "second": same})
    assert (found.verdict, found.alpha.value, found.same.value) == ("undefined", None, 1.0)


def test_few_cases_cannot_tell() -> None:
    """Full agreement on a handful of cases is no verdict."""
    assert compared(drawn(LEAST_CASES - 1, 0.0)).verdict == "cannot tell"
    assert compared(drawn(LEAST_CASES, 0.0)).verdict == "agree"


def test_the_interval_covers() -> None:
    """Of 60 pairs of annotators with a known alpha of .8, the 95% interval of at least 52 holds it."""
    # a label replaced by one of the others with probability .15 agrees by 1 - .15 = .85; chance agrees by .25
    inside = 0
    for seed in range(60):
        found = alpha(counted(drawn(120, 0.15, seed)), resamples=200)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= (0.85 - 0.25) / 0.75 <= found.high
    assert inside >= 52


def test_an_interval_that_reaches_the_border_cannot_tell() -> None:
    """A value below the border whose interval reaches above it is no verdict either way."""
    found = compared(drawn(40, 0.3, seed=2)).alpha
    assert found.value is not None
    assert found.high is not None
    assert (found.value < 0.667 <= found.high) is (judged(found) == "cannot tell")
