"""How a head is fitted and calibrated."""

import numpy as np
import pytest

from eval.fit import Example, Line, line, out_of_fold, out_of_fold_probabilities, probabilities, scale


def made(n: int = 300, seed: int = 0) -> list[Example]:
    """Cases of which the feature `good` says something, `noise` nothing, and `style` the wrong way round."""
    draw = np.random.default_rng(seed)
    truth = draw.random(n) < 0.5
    return [
        Example(
            {"good": float(each + draw.normal()), "noise": float(draw.normal()), "style": float(each)},
            bool(each),
            1.0,
            str(place),
        )
        for place, each in enumerate(truth)
    ]


def test_a_feature_that_says_something_gets_a_weight() -> None:
    """The weight of noise is near none."""
    found = line(made(), {"good": 1, "noise": 1})
    assert found.weights["good"] > 0.5
    assert abs(found.weights["noise"]) < 0.2


def test_a_feature_may_not_push_the_other_way() -> None:
    """One that tells the classes apart against its sign is left out, however well it does."""
    assert line(made(), {"good": 1, "style": -1}).weights["style"] == 0.0


def test_scores_out_of_fold_come_from_lines_that_had_not_seen_the_case() -> None:
    """Cases of one group are always in one fold, so a label that only the group gives away is not learnt."""
    draw = np.random.default_rng(0)
    examples = [
        Example({"good": float(draw.normal())}, bool(draw.random() < 0.5), 1.0, str(n // 2)) for n in range(200)
    ]
    seen: list[set[str]] = []

    def fitted(some: list[Example]) -> Line:
        seen.append({each.group for each in some})
        return line(some, {"good": 1})

    scores = out_of_fold(examples, [], fitted)
    assert len(scores) == 200
    every = {each.group for each in examples}
    left_out = [every - each for each in seen]
    assert set().union(*left_out) == every
    assert sum(map(len, left_out)) == len(every)


def test_a_scale_makes_frequencies() -> None:
    """Scores twice as steep as they should be are brought back; balanced, both classes count alike."""
    draw = np.random.default_rng(1)
    real = draw.normal(size=4_000)
    right = draw.random(4_000) < 1 / (1 + np.exp(-real))
    found = scale((2 * real).tolist(), right.tolist())
    assert found.slope == pytest.approx(0.5, abs=0.08)
    said = probabilities([0.0, 2.0], found)
    assert said[0] == pytest.approx(0.5, abs=0.05)
    rare = scale((2 * real).tolist(), (right & (draw.random(4_000) < 0.1)).tolist(), balanced=True)
    assert 0.3 < probabilities([0.5], rare)[0] < 0.7


def test_probabilities_out_of_fold_do_not_see_their_own_answer() -> None:
    """Where scores say nothing they do not tell right from wrong, and lie near the share of right ones."""
    draw = np.random.default_rng(2)
    right = draw.random(600) < 0.7
    found = np.asarray(out_of_fold_probabilities(draw.normal(size=600).tolist(), right.tolist()))
    assert abs(found.mean() - right.mean()) < 0.02
    assert abs(found[right].mean() - found[~right].mean()) < 0.02
    assert out_of_fold_probabilities([], []) == []
