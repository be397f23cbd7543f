"""Suites that would score something else than they say are refused."""

import json
from pathlib import Path

import pytest

from eval.suite import read_suite
from service.core.errors import InvalidSuite, PathMissing

CASE = {
    "id": "one",
    "question": "How long?",
    "answerable": True,
    "answers": ["24 months"],
    "also": [["€ 89"]],
    "relevant": [{"document": "public/a.md", "quote": "24 months"}],
    "spaces": ["public"],
    "split": "tune",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus/public").mkdir(parents=True)
    (tmp_path / "corpus/public/a.md").write_text("24 months")
    (tmp_path / "suite.toml").write_text('name = "small"\n')
    return tmp_path


def write(folder: Path, *cases: object) -> Path:
    (folder / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in cases))
    return folder


def test_a_suite_is_read(folder: Path):
    """A suite has its cases with every part of their answers, limited to the split that is asked for."""
    suite = read_suite(write(folder, CASE, {**CASE, "id": "two", "split": "test"}), "tune")
    [case] = suite.cases
    assert (suite.name, case.parts, case.relevant) == (
        "small",
        (("24 months",), ("€ 89",)),
        (("public/a.md", "24 months"),),
    )


@pytest.mark.parametrize(
    ("cases", "named"),
    [
        ([CASE, CASE], "one"),
        ([{**CASE, "relevant": [{"document": "public/b.md", "quote": "x"}]}], "public/b.md"),
        ([{"id": "one"}], "line 1"),
        (["no object"], "line 1"),
    ],
    ids=["repeated id", "missing document", "missing field", "no object"],
)
def test_a_broken_suite_is_refused(folder: Path, cases: list[object], named: str):
    """A repeated id, a missing document and a line that is no case are each named."""
    with pytest.raises(InvalidSuite, match=named):
        read_suite(write(folder, *cases))


def test_an_empty_split_is_refused(folder: Path):
    """A split without a case is an error, not a score of nothing."""
    with pytest.raises(InvalidSuite, match="sealed"):
        read_suite(write(folder, CASE), "sealed")


def test_a_folder_without_a_suite_is_named(tmp_path: Path):
    """A folder that holds no suite.toml is named."""
    with pytest.raises(PathMissing, match=str(tmp_path)):
        read_suite(tmp_path)
