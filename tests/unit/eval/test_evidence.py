"""Figures of the sentences that the reader picks, and the fit of its weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.evidence import marked, report
from eval.halves import half_of
from eval.reader_fit import Ranking, fitted, reciprocal_ranks
from tests.fakes import FakeEncoder

TEXT = "The brass bell is heavy at 90 grams. A lamp shines. The frame is steel."
QUESTION = "How heavy is the brass bell?"


def _file(folder: Path, *cases: object) -> Path:
    path = folder / "evidence.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in cases), encoding="utf-8")
    return path


def _case(*evidence: str, question: str = QUESTION, **more: object) -> dict[str, object]:
    return {"question": question, "passages": [{"title": "Bells", "text": TEXT}], "evidence": list(evidence), **more}


def test_what_was_picked_and_marked_is_right_and_what_was_missed_lowers_recall(tmp_path: Path) -> None:
    """Precision counts the sentences picked, recall those marked."""
    path = _file(tmp_path, _case("The brass bell is heavy at 90 grams.", "The frame is steel."))
    figures = report(path, FakeEncoder())[half_of(QUESTION)]
    values = {name: each["value"] for name, each in figures.items()}
    assert (values["precision"], values["recall"], values["sentences"]) == (1.0, 0.5, 1.0)
    assert values["f1"] == pytest.approx(2 / 3, abs=1e-3)
    assert figures["f1"]["n"] == 1


def test_lines_without_evidence_are_left_out(tmp_path: Path) -> None:
    """A question that its passage does not answer has no sentence to find."""
    without = {name: value for name, value in _case().items() if name != "evidence"}
    assert list(marked(_file(tmp_path, without, _case(), _case("Not there.")), FakeEncoder())) == []


def test_a_question_is_in_one_half_for_ever() -> None:
    """The halves are told by the question alone, and both are used."""
    halves = {half_of(f"question {number}") for number in range(20)}
    assert halves == {"tune", "report"}
    assert half_of(QUESTION) == half_of(QUESTION)


def test_the_fit_finds_the_feature_that_tells_the_answer() -> None:
    """A feature that marks what answers gets its weight, one of noise nearly none, and the answers come first."""
    draw = np.random.default_rng(0)
    rankings = []
    for _ in range(80):
        right = np.eye(6)[draw.integers(6)]
        rankings.append(Ranking("made", np.column_stack([right + draw.normal(0, 0.4, 6), draw.normal(0, 1, 6)]), right))
    weights = fitted(rankings)
    assert weights.sum() == pytest.approx(1.0)
    assert abs(weights[1]) < 0.2 < weights[0]
    assert np.mean(reciprocal_ranks(rankings, weights)) > 0.9
