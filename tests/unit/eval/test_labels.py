"""Labels on disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.labels import annotators, keep, labels_of
from eval.suite import read_suite
from service.core.errors import InvalidName, InvalidSuite
from tests.golden import write_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


def test_the_last_label_of_a_case_counts(suite: Path) -> None:
    """A label is kept under its annotator's name; a later one of the same case takes its place."""
    cases = read_suite(suite).cases
    keep(suite, "ann", cases[0], "right")
    keep(suite, "ann", cases[0], "wrong-answer", note="ten days")
    keep(suite, "bob", cases[1], "right")
    assert {name: (each.label, each.note) for name, each in labels_of(suite, "ann", cases).items()} == {
        "t1": ("wrong-answer", "ten days")
    }
    assert annotators(suite) == ["ann", "bob"]


def test_a_changed_case_has_no_label(suite: Path) -> None:
    """A label speaks of what a case said; its tags, split and skip may change."""
    case = read_suite(suite).cases[0]
    keep(suite, "ann", case, "right")
    assert labels_of(suite, "ann", [replace(case, skip="later", tags=("x",), split="test")])
    assert not labels_of(suite, "ann", [replace(case, question="How long?")])


def test_a_line_that_was_cut_off_costs_nothing_else(suite: Path) -> None:
    """After a crash in the middle of a line the labels before it hold, and the next one can be read."""
    cases = read_suite(suite).cases
    keep(suite, "ann", cases[0], "right")
    path = suite / "labels/ann.jsonl"
    path.write_bytes(path.read_bytes() + b'{"case": "t2", "of": "\xc3')
    assert set(labels_of(suite, "ann", cases)) == {"t1"}
    keep(suite, "ann", cases[2], "bad-question")
    assert set(labels_of(suite, "ann", cases)) == {"t1", "e1"}


def test_a_damaged_line_is_named(suite: Path) -> None:
    """A line in the middle that is no label is refused by its number."""
    cases = read_suite(suite).cases
    keep(suite, "ann", cases[0], "right")
    path = suite / "labels/ann.jsonl"
    path.write_text("nonsense\n" + path.read_text())
    with pytest.raises(InvalidSuite, match="line 1"):
        labels_of(suite, "ann", cases)


def test_a_name_that_is_a_path_is_refused(suite: Path) -> None:
    """Nobody labels outside the folder of labels."""
    with pytest.raises(InvalidName):
        keep(suite, "../ann", read_suite(suite).cases[0], "right")
