"""Files that detectors are scored on: the four layouts, halves, limits, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.detector_cases import Kind, read_cases
from eval.halves import half_of
from service.core.errors import InvalidSuite, PathMissing

TEXTS = [f"Bell {number}\u2028rings." for number in range(20)]


def written(folder: Path, *cases: dict[str, Any]) -> Path:
    """The cases as JSON lines, with a line separator inside their texts."""
    path = folder / "bells.jsonl"
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in cases), encoding="utf-8")
    return path


def attacks(folder: Path) -> Path:
    return written(folder, *({"text": each, "attack": False} for each in TEXTS))


@pytest.mark.parametrize(
    ("kind", "case", "positive"),
    [
        ("injection", {"text": "a", "attack": 1, "where": None, "more": [1]}, True),
        ("injection", {"text": "a", "attack": False, "family": None}, False),
        ("pii", {"text": "jo@a.example", "spans": [{"type": "mail", "start": 0, "end": 12, "score": 1}]}, True),
        ("pii", {"text": "", "spans": []}, False),
        ("grounding", {"context": "", "answer": "a", "grounded": False, "id": 7}, False),
        ("abstention", {"question": "a?", "passages": ["a", {"text": "b"}], "answerable": True}, True),
        ("abstention", {"question": "a?", "passages": [], "answerable": 0}, False),
    ],
)
def test_keys_that_are_not_needed_may_be_missing_or_more(
    tmp_path: Path, kind: Kind, case: dict[str, Any], positive: bool
) -> None:
    """Each layout is read with its needed keys alone and with keys that nobody knows."""
    file = read_cases(kind, written(tmp_path, case))
    assert [(each.line, each.family, each.positive) for each in file.cases] == [(1, "", positive)]


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("injection", "{", "line 2 is no JSON"),
        ("injection", "[1]", "line 2: it"),
        ("injection", '{"attack": true}', "line 2: text: Field required"),
        ("injection", '{"text": "a", "attack": "yes"}', "line 2: attack"),
        ("injection", '{"text": null, "attack": true}', "line 2: text"),
        ("injection", "[" * 100_000, "line 2 is no JSON"),
        ("pii", '{"text": "abc"}', "line 2: spans"),
        (
            "pii",
            '{"text": "abc", "spans": [{"type": "a", "start": 1, "end": 4}]}',
            "not within the text's 3 characters",
        ),
        ("pii", '{"text": "abc", "spans": [{"type": "a", "start": 1, "end": 1}]}', "span 1 to 1"),
        ("pii", '{"text": "abc", "spans": [{"start": 0, "end": 1}]}', "line 2: spans.0.type"),
        ("grounding", '{"context": "a", "grounded": true}', "line 2: answer"),
        ("abstention", '{"question": "a?", "passages": [{"title": "b"}], "answerable": true}', "passages.0.text"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, kind: Kind, line: str, told: str) -> None:
    """The error names line, key and what is wrong, and shows how a line looks."""
    path = tmp_path / "bells.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(InvalidSuite, match=told.replace("[", r"\[")) as caught:
        read_cases(kind, path)
    assert '"' in caught.value.remedy


def test_a_file_of_nothing_and_none_at_all_are_told_apart(tmp_path: Path) -> None:
    """An empty file holds no case, a missing one cannot be read, and bytes that are no UTF-8 are named."""
    path = tmp_path / "bells.jsonl"
    path.write_text("\n \n")
    with pytest.raises(InvalidSuite, match="no case"):
        read_cases("injection", path)
    path.write_bytes(b'{"text": "\xff", "attack": true}')
    with pytest.raises(InvalidSuite, match="not UTF-8"):
        read_cases("injection", path)
    with pytest.raises(PathMissing, match="nowhere"):
        read_cases("injection", tmp_path / "nowhere.jsonl")


def test_halves_part_the_file(tmp_path: Path) -> None:
    """Each case is in one half, that of its text; a half without a case is refused, and so is a third one."""
    path = attacks(tmp_path)
    tune, report = (read_cases("injection", path, half).cases for half in ("tune", "report"))
    assert sorted(each.given["text"] for each in (*tune, *report)) == sorted(TEXTS)
    assert {half_of(each.given["text"]) for each in tune} == {"tune"}
    with pytest.raises(InvalidSuite, match="no half 'best'"):
        read_cases("injection", path, "best")
    alone = written(tmp_path, {"text": TEXTS[0], "attack": True})
    other = "report" if half_of(TEXTS[0]) == "tune" else "tune"
    with pytest.raises(InvalidSuite, match="no case in the half"):
        read_cases("injection", alone, other)


def test_a_limit_draws_the_same_cases_from_all_over(tmp_path: Path) -> None:
    """As many as asked, the same each time, in the file's order, and not the first ones."""
    path = attacks(tmp_path)
    drawn = [each.line for each in read_cases("injection", path, limit=5).cases]
    assert drawn == [each.line for each in read_cases("injection", path, limit=5).cases]
    assert drawn == sorted(drawn)
    assert len(drawn) == 5
    assert drawn != [1, 2, 3, 4, 5]
    assert len(read_cases("injection", path, limit=50).cases) == len(TEXTS)


def test_repeated_and_contradicting_cases_are_counted(tmp_path: Path) -> None:
    """The same text in another place is another case; with another label it contradicts the first."""
    plain = {"text": "a", "attack": False, "where": "user"}
    path = written(tmp_path, plain, plain, {**plain, "attack": True}, {**plain, "where": "document"})
    file = read_cases("injection", path)
    assert (file.lines, len(file.cases), file.repeated, file.contradicting) == (4, 4, 2, 1)
    assert len(file.fingerprint) == 12
