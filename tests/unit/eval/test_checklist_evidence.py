"""What is kept of a check, and what becomes of it when code, settings or the file itself change."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eval.checklist.evidence import Damaged, Evidence, Observation, Result, keep, last, read
from eval.checklist.fingerprints import Subject, line_subject, path_subject
from eval.checklist.lines import lines
from eval.checklist.states import Figure
from service.core.errors import StorageFull
from service.core.settings import Settings

LINE = next(line for line in lines() if line.probe)
NOW = Subject("abc", False, "code", "corpus", "settings")
SEEN = Observation(
    "pass", {"share": Figure(0.5, 0.4, 0.6, 10, "share")}, "Half.", 1, datetime(2026, 1, 2, tzinfo=UTC), 2.5
)
RESULT = Result(LINE, Observation("fail", at=SEEN.at), SEEN)


def file_of(folder: Path) -> Path:
    """Where the line's evidence lies."""
    return folder / f"{LINE.id}.json"


def test_evidence_is_kept_whole(tmp_path: Path) -> None:
    """What is read back is what was written: states, figures, sentence, time, command, and what it speaks of."""
    keep(tmp_path / "evidence", RESULT, NOW)
    assert last(tmp_path / "evidence", LINE, NOW) == RESULT
    kept = read(tmp_path / "evidence", LINE.id)
    assert isinstance(kept, Evidence)
    assert (kept.command, kept.subject) == (f"ragready check {LINE.id}", NOW)


def test_no_evidence_is_not_run(tmp_path: Path) -> None:
    """Nothing kept means not run; reading makes no folder."""
    seen = last(tmp_path / "evidence", LINE, NOW)
    assert (seen.demo.state, seen.production.state) == ("not run", "not run")
    assert list(tmp_path.iterdir()) == []


def test_a_line_without_a_probe_has_no_evidence(tmp_path: Path) -> None:
    """A file under the name of a line that lost its probe proves nothing."""
    unmeasured = next(line for line in lines() if not line.probe)
    keep(tmp_path, replace(RESULT, line=unmeasured), NOW)
    assert last(tmp_path, unmeasured, NOW).production.says == unmeasured.missing


@pytest.mark.parametrize("part", ["code", "corpus", "settings"])
def test_evidence_of_something_else_is_stale(tmp_path: Path, part: str) -> None:
    """When code, corpus or settings are not what they were, both paths are stale, keep their figures and say why."""
    keep(tmp_path, RESULT, NOW)
    seen = last(tmp_path, LINE, replace(NOW, **{part: "other"}))
    assert (seen.demo.state, seen.production.state) == ("stale", "stale")
    assert seen.production.figures == SEEN.figures
    assert seen.production.says == f"Changed since: {part}. It said pass. Half."


def test_a_commit_alone_makes_nothing_stale(tmp_path: Path) -> None:
    """A commit that touches nothing of what was measured leaves the evidence as it is."""
    keep(tmp_path, RESULT, NOW)
    assert last(tmp_path, LINE, replace(NOW, commit="def", dirty=True)) == RESULT


WHOLE = json.dumps({"line": LINE.id, "command": "c", "demo": {"state": "pass"}, "production": {"state": "pass"}})


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b'{"line"', b"[]", b'"pass"', WHOLE.encode(), WHOLE.replace("pass", "passed").encode()],
)
def test_a_damaged_file_is_set_aside_and_is_no_pass(tmp_path: Path, content: bytes) -> None:
    """It is reported and renamed, with its content; the line is not run until a check writes it anew."""
    file_of(tmp_path).write_bytes(content)
    seen = last(tmp_path, LINE, NOW)
    assert (seen.demo.state, seen.production.state) == ("not run", "not run")
    (aside,) = tmp_path.glob(f"{LINE.id}.json.damaged-*")
    assert aside.read_bytes() == content
    assert aside.name in seen.production.says
    assert not file_of(tmp_path).exists()
    keep(tmp_path, RESULT, NOW)
    assert last(tmp_path, LINE, NOW) == RESULT


def test_evidence_cut_off_at_any_byte_is_no_pass(tmp_path: Path) -> None:
    """Whatever part of a file a full disk leaves, it is never read as evidence."""
    keep(tmp_path, RESULT, NOW)
    content = file_of(tmp_path).read_bytes()
    for length in range(0, len(content), 7):
        file_of(tmp_path).write_bytes(content[:length])
        assert isinstance(read(tmp_path, LINE.id), Damaged)


def test_another_lines_evidence_is_no_evidence(tmp_path: Path) -> None:
    """A file copied under another line's name is damaged."""
    other = next(line for line in lines() if line.probe and line is not LINE)
    keep(tmp_path, RESULT, NOW)
    file_of(tmp_path).rename(tmp_path / f"{other.id}.json")
    assert isinstance(read(tmp_path, other.id), Damaged)


def test_a_folder_in_the_files_place_is_set_aside(tmp_path: Path) -> None:
    """What cannot even be opened is reported like any other damage."""
    file_of(tmp_path).mkdir()
    assert isinstance(read(tmp_path, LINE.id), Damaged)
    keep(tmp_path, RESULT, NOW)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file where the folder should be raises StorageFull naming it."""
    (tmp_path / "evidence").write_text("")
    with pytest.raises(StorageFull, match="evidence"):
        keep(tmp_path / "evidence", RESULT, NOW)


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    """After writing, the folder holds the file and the lock, and nothing else."""
    keep(tmp_path, RESULT, NOW)
    keep(tmp_path, RESULT, NOW)
    assert {each.name for each in tmp_path.iterdir()} == {f"{LINE.id}.json", "lock"}


def checkout(root: Path) -> Path:
    """A tree with the folders that fingerprints read."""
    for name in (
        "service/rag/read.py",
        "ingestion/splitting/split.py",
        "samples/cases.jsonl",
        "samples/corpus/public/a.md",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("service/rag/read.py", ["code"]),
        ("service/rag/new.py", ["code"]),
        ("ingestion/splitting/split.py", ["code"]),
        (LINE.probe.replace(".", "/") + ".py", ["code"]),
        (LINE.home.replace(".", "/") + ".py", ["code"]),
        ("samples/corpus/public/a.md", ["corpus"]),
        ("samples/cases.jsonl", ["corpus"]),
        ("docs/page.md", []),
    ],
)
def test_fingerprints_follow_what_evidence_speaks_of(tmp_path: Path, file: str, part: list[str]) -> None:
    """A changed home, probe, step, document or case changes the fingerprint; a page of the documentation does not."""
    root, settings = checkout(tmp_path), Settings()
    before = line_subject(path_subject(settings, root), LINE, root)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("changed")
    after = line_subject(path_subject(settings, root), LINE, root)
    assert after.changed_since(before) == part


def test_settings_that_change_answers_change_the_fingerprint(tmp_path: Path) -> None:
    """A control that is off and another threshold count, another data folder and another key do not."""
    root = checkout(tmp_path)
    before = path_subject(Settings(), root)
    for changes in ({"controls_off": "hybrid"}, {"evidence_threshold": 0.4}):
        assert path_subject(Settings(**changes), root).changed_since(before) == ["settings"]
    for changes in ({"data_folder": tmp_path}, {"api_key": "k" * 30}):
        assert path_subject(Settings(**changes), root).changed_since(before) == []
