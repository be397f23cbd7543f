"""Heads as they are read from their files and applied."""

import json
from pathlib import Path

import pytest

from service.rag import alignment, sufficiency
from service.rag.heads import Scale, head, read_head, sigmoid

SIGNS = {"sufficiency": sufficiency.SIGNS, "grounding": alignment.SIGNS}


@pytest.mark.parametrize("name", ["sufficiency", "grounding"])
def test_each_head_has_a_weight_for_every_feature_on_its_side(name: str) -> None:
    """The features of the file are those that the code measures, and none pushes against its sign."""
    found = head(name)
    assert set(found.weights) == set(SIGNS[name])
    assert all(weight * SIGNS[name][feature] >= 0 for feature, weight in found.weights.items())
    assert any(found.weights.values())


@pytest.mark.parametrize("name", ["sufficiency", "grounding"])
def test_each_head_says_what_it_was_fitted_on(name: str) -> None:
    """The card names the data, how much of it, the figures with intervals, leaks, the encoder and the date."""
    card = head(name).card
    assert card["n"] == sum(card["trained_on"].values())
    assert {"leaked", "feature_means", "figures", "encoder", "date", "positive"} <= set(card)
    assert all(each["low"] <= each["value"] <= each["high"] for each in card["figures"].values())


def test_a_score_becomes_a_probability(tmp_path: Path) -> None:
    """The weighted sum, then the scale; a feature that is missing is an error and no zero."""
    path = tmp_path / "bell.json"
    scales = {"rings": {"slope": 2.0, "offset": -1.0}}
    path.write_text(json.dumps({"bias": 0.5, "weights": {"brass": 1.0}, "scales": scales, "card": {}}))
    found = read_head(path)
    assert found.score({"brass": 0.25}) == 0.75
    assert found.probability("rings", {"brass": 0.25}) == pytest.approx(sigmoid(0.5))
    with pytest.raises(KeyError):
        found.score({"tin": 1.0})


def test_a_scale_neither_overflows_nor_leaves_0_to_1() -> None:
    """Scores far out are near 0 and 1."""
    steep = Scale(1e6, 0.0)
    assert 0.0 <= steep.probability(-1e6) < 1e-9 < 1 - 1e-9 < steep.probability(1e6) <= 1.0
