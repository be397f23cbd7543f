"""Answers that people labelled: what a line holds, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.answer_labels import identity, labelled, write_unlabelled
from service.core.errors import InvalidSuite, PathMissing

LINE: dict[str, Any] = {
    "question": "How long?",
    "answer": "For 24 months.",
    "references": [["24 months", "two years"], "from delivery"],
    "context": ["The battery is covered for 24 months from delivery."],
    "correct": False,
    "grounded": True,
    "model": "openai:one",
}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return path


def test_a_line_is_labelled_by_both_rubrics(tmp_path: Path) -> None:
    """`correct` is judged by the references, wordings of one fact together, and `grounded` by the context."""
    found = labelled(written(tmp_path, LINE))
    (correct,), (grounded,) = found["correctness"], found["groundedness"]
    assert (correct.label, correct.model) == (0, "openai:one")
    assert correct.submission.beside == ("24 months / two years", "from delivery")
    assert (grounded.label, grounded.submission.beside) == (1, tuple(LINE["context"]))


def test_a_label_alone_is_one_of_correctness(tmp_path: Path) -> None:
    """`label` is another name of `correct`; a line without a label waits for one."""
    line = {"question": "q", "answer": "a", "references": ["b"]}
    found = labelled(written(tmp_path, {**line, "label": True}, {**line, "answer": "c", "correct": None}))
    assert [each.label for each in found["correctness"]] == [1]
    assert "groundedness" not in found


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2 is no labelled answer"),
        ({**LINE, "answer": ""}, "answer"),
        ({**LINE, "correct": "yes"}, "correct"),
        ({**LINE, "correct": 1}, "correct"),
        ({**LINE, "corect": True}, "corect"),
        ({**LINE, "references": []}, "has no references"),
        ({**LINE, "context": []}, "has no context"),
        ({**LINE, "correct": True}, "two lines for the same answer"),
    ],
)
def test_what_cannot_be_told_from_is_refused(tmp_path: Path, line: object, says: str) -> None:
    """No JSON, no answer, labels that are neither true nor false, nothing to tell by, one answer twice: named."""
    with pytest.raises(InvalidSuite, match=says):
        labelled(written(tmp_path, LINE, line))


def test_no_label_and_no_file_are_refused(tmp_path: Path) -> None:
    """A file that nobody has filled in calibrates nobody, nor does one that is not there, nor one that is no UTF-8."""
    with pytest.raises(InvalidSuite, match="holds no label"):
        labelled(written(tmp_path, {**LINE, "correct": None, "grounded": None}))
    (tmp_path / "labels.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSuite, match="not UTF-8"):
        labelled(tmp_path / "labels.jsonl")
    with pytest.raises(PathMissing):
        labelled(tmp_path / "none.jsonl")


def test_the_identity_is_that_of_the_labels(tmp_path: Path) -> None:
    """Another order makes no other identity; another label does."""
    other = {**LINE, "answer": "For a year."}
    one = identity(labelled(written(tmp_path, LINE, other))["correctness"])
    assert identity(labelled(written(tmp_path, other, LINE))["correctness"]) == one
    assert identity(labelled(written(tmp_path, {**other, "correct": True}, LINE))["correctness"]) != one


def test_answers_to_label_overwrite_nothing(tmp_path: Path) -> None:
    """As many answers as are wanted are drawn without a label, and a file that is there stays as it is."""
    path = tmp_path / "judge/labels.jsonl"
    answers = [{"question": f"{n}?", "answer": "a", "references": ["a"]} for n in range(9)]
    assert write_unlabelled(path, answers, 4) == 4
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({line["question"] for line in lines}) == 4
    assert all(line["correct"] is None and line["grounded"] is None for line in lines)
    with pytest.raises(InvalidSuite, match="is there already"):
        write_unlabelled(path, answers, 4)
