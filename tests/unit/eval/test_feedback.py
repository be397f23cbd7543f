"""Cases from bad feedback."""

import json
from pathlib import Path

import pytest

from eval.feedback import from_feedback
from service.core.errors import InvalidSuite
from service.core.personal import Patterns


def written(folder: Path, *lines: object) -> Path:
    path = folder / "feedback.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def test_bad_feedback_becomes_a_proposal(tmp_path: Path) -> None:
    """Only what was rated bad is proposed, without an answer, with what was said about it and the trace."""
    path = written(
        tmp_path,
        {"question": "Is it open?", "rating": "up"},
        {"question": "Until when?", "rating": "down", "answer": "Noon.", "comment": "No, six.", "trace_id": "abc"},
        {"question": "Why?", "rating": -1},
        {"question": "How?", "rating": True},
    )
    found = from_feedback(path, "shop", Patterns())
    assert [(each.question, each.answerable, each.note) for each in found] == [
        ("Until when?", False, "answered: Noon.; No, six.; trace abc"),
        ("Why?", False, ""),
    ]


def test_personal_data_is_masked(tmp_path: Path) -> None:
    """A golden set is committed, so an address of mail in a question or comment does not come into it."""
    line = {"question": "Did ann@example.org write?", "rating": "bad", "comment": "ask bob@example.org"}
    found = from_feedback(written(tmp_path, line), "shop", Patterns())
    assert "example.org" not in found[0].question + found[0].note
    assert "<EMAIL_ADDRESS>" in found[0].question


@pytest.mark.parametrize(
    "line", [{"question": "Q?", "rating": 3}, {"rating": "bad"}, {"question": "", "rating": "bad"}]
)
def test_other_lines_are_refused(tmp_path: Path, line: object) -> None:
    """A rating that is neither good nor bad, and a line without a question, are named by their line."""
    with pytest.raises(InvalidSuite, match="line 1"):
        from_feedback(written(tmp_path, line), "shop", Patterns())
