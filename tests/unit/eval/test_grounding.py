"""How the measurement of the citations control scores and splits."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval import grounding


def test_auc_is_the_chance_to_rank_right() -> None:
    """1 when every supported answer scores higher, 0 when every one scores lower, a half for ties and for chance."""
    truth = np.asarray([0.0, 0.0, 1.0, 1.0])
    assert float(grounding.auc(truth, np.asarray([0.1, 0.2, 0.3, 0.4]))) == 1.0
    assert float(grounding.auc(truth, np.asarray([0.4, 0.3, 0.2, 0.1]))) == 0.0
    assert float(grounding.auc(truth, np.asarray([0.5, 0.5, 0.5, 0.5]))) == 0.5
    assert float(grounding.auc(truth, np.asarray([0.1, 0.3, 0.2, 0.4]))) == 0.75


def test_shuffled_labels_score_as_chance() -> None:
    """The null control: labels that have nothing to do with the scores give an AUC near a half."""
    draw = np.random.default_rng(0)
    assert float(grounding.auc(draw.integers(0, 2, 4_000).astype(float), draw.random(4_000))) == pytest.approx(
        0.5, abs=0.03
    )


def test_an_answer_is_as_good_as_its_worst_sentence() -> None:
    """One unsupported sentence makes the answer unsupported; one that says nothing does not count."""
    context = "The bell is made of brass. It weighs 90 grams. A lamp shines."
    good = grounding.judged(context, "The bell is made of brass. Yes!", grounded=True)
    bad = grounding.judged(context, "The bell is made of brass. Ships sail to Odense.", grounded=False)
    assert (good.score, good.kept) == (1.0, True)
    assert bad.score < 0.5
    assert not bad.kept


def test_the_second_half_is_not_tuned_on(tmp_path: Path) -> None:
    """The threshold comes from first halves, what is kept and dropped from second ones."""
    context = "The bell is made of brass."
    supported = {"context": context, "answer": "The bell is brass.", "grounded": True}
    not_supported = {"context": context, "answer": "Ships sail to Odense.", "grounded": False}
    cases = [supported, not_supported] * 10
    path = tmp_path / "bells.jsonl"
    path.write_text("\n".join(json.dumps({**each, "id": "x"}) for each in cases))
    report = grounding.report([path])
    assert report["threshold"]["best_on_first_halves"] == pytest.approx(1.0)
    figures = report["sets"]["bells"]
    assert (figures["auc"]["value"], figures["auc"]["n"]) == (1.0, 10)
    assert figures["kept_of_supported"]["n"] == figures["dropped_of_unsupported"]["n"] == 5
    assert figures["auc_of_every_case"]["n"] == 20
