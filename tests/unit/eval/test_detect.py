"""Scores of the two detectors on a file of cases, and the leak check of what heads learn from."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval import detect, passages
from eval.leaks import leaks
from service.core.errors import InvalidSuite, PathMissing
from tests.fakes import FakeEncoder

CONTEXT = "The brass bell weighs 90 grams. It was made in Aarhus. A lamp shines at night."


def written(folder: Path, cases: list[dict[str, Any]]) -> Path:
    """The cases as JSON lines."""
    path = folder / "bells.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    return path


def test_support_is_told_from_its_lack(tmp_path: Path) -> None:
    """Supported answers score above others: every figure is there, by family too, each with n."""
    cases = [
        {"context": CONTEXT, "answer": answer, "grounded": grounded, "family": family}
        for answer, grounded, family in (
            ("The brass bell weighs 90 grams.", True, "weight"),
            ("The brass bell weighs 95 grams.", False, "weight"),
            ("A lamp shines at night.", True, "lamp"),
            ("Ships sail to Odense.", False, "lamp"),
        )
    ]
    body = detect.report("grounding", written(tmp_path, cases), FakeEncoder(), 0.5)
    assert (body["auc"]["value"], body["auc"]["n"], body["ap"]["value"]) == (1.0, 4, 1.0)
    assert body["tpr_at_1pct_fpr"]["value"] == 1.0
    assert {name: each["value"] for name, each in body["at_threshold"].items()} == {
        "precision": 1.0,
        "recall": 1.0,
        "fpr": 0.0,
    }
    assert set(body["by_family"]) == {"weight", "lamp"}
    assert body["by_family"]["lamp"]["n"] == 2
    assert (body["n"], body["failed"]) == (4, 0)
    assert 0 < body["ms_p50"]["value"] <= body["ms_p95"]["value"]


def test_an_answer_is_as_good_as_its_worst_sentence() -> None:
    """One unsupported sentence makes the answer unsupported; one that says nothing does not count."""
    good = detect.grounded({"context": CONTEXT, "answer": "A lamp shines at night. Yes!"}, FakeEncoder())
    bad = detect.grounded({"context": CONTEXT, "answer": "A lamp shines at night. It weighs 95 grams."}, FakeEncoder())
    assert (good, bad) == (1.0, 0.0)


def test_what_can_be_answered_is_told_from_what_cannot(tmp_path: Path) -> None:
    """A question that its passage speaks of scores above one about another model."""
    passage = [{"title": "Bells", "text": CONTEXT}]
    cases = [
        {"question": "How heavy is the brass bell made in Aarhus?", "passages": passage, "answerable": True},
        {"question": "How heavy is the brass bell made in Odense?", "passages": passage, "answerable": False},
    ]
    body = detect.report("abstention", written(tmp_path, cases), FakeEncoder(), 0.5)
    assert (body["auc"]["value"], body["positive"], body["threshold"]) == (1.0, "answerable", 0.5)


def test_a_question_without_passages_cannot_be_answered() -> None:
    """No passage is probability 0 and no crash."""
    assert detect.answerable({"question": "How heavy?", "passages": []}, FakeEncoder()) == 0.0


def test_cases_of_one_kind_have_no_auc(tmp_path: Path) -> None:
    """Where nothing can be told apart the figure is absent, not a half."""
    path = written(tmp_path, [{"context": CONTEXT, "answer": "A lamp shines.", "grounded": True}])
    body = detect.report("grounding", path, FakeEncoder(), 0.5)
    assert (body["auc"]["value"], body["auc"]["n"], body["at_threshold"]["fpr"]["n"]) == (None, 0, 0)


@pytest.mark.parametrize("line", ["{", '{"context": "a"}', '{"context": "a", "answer": "b", "grounded": "yes"}', ""])
def test_a_file_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    """What cannot be read or lacks a field stops the command, with the line."""
    path = tmp_path / "bells.jsonl"
    path.write_text(line)
    with pytest.raises(InvalidSuite):
        detect.report("grounding", path, FakeEncoder(), 0.5)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path stands in the error."""
    with pytest.raises(PathMissing, match="nowhere"):
        detect.report("abstention", tmp_path / "nowhere.jsonl", FakeEncoder(), 0.5)


def test_pieces_are_whole_sentences_and_hold_everything() -> None:
    """A long passage is cut between sentences, and no sentence is lost or cut."""
    text = " ".join(f"The bell number {number} is made of brass and rings." for number in range(60))
    cut = passages.pieces(text)
    assert len(cut) > 1
    assert all(len(each) <= 800 and each.endswith("rings.") for each in cut)
    assert " ".join(cut) == text
    assert passages.pieces("") == [""]


def test_near_duplicates_of_golden_questions_are_leaks() -> None:
    """The same question in other small words is found, another one is not."""
    golden = ["How long is the warranty of the Corvel 5?"]
    asked = ["What is the warranty of a Corvel 5, and how long?", "How long is the warranty of the Ridge 7?", "!"]
    assert leaks(asked, golden) == {asked[0]}
