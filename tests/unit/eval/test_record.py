"""Runs on disk."""

import json
from pathlib import Path

import pytest

from eval.journal import run_name
from eval.metrics import scores
from eval.outcome import Failed, Outcome, Scored, Skipped
from eval.record import latest_run, read_record, record_of, write_baseline
from service.core.errors import InvalidRun, PathMissing
from tests.runs import CONFIG, case, seen, write_run

OUTCOMES: list[Outcome] = [
    Scored(case("good"), seen(), scores(case("good"), seen())),
    Failed(case("bad"), "model-timeout", "it took too long"),
    Skipped(case("later"), "not written yet"),
]


def written(folder: Path, **config: object) -> Path:
    run = folder / run_name("small", "hybrid")
    write_run(run, {**CONFIG, **config}, OUTCOMES, {"n": 1})
    return run


def test_a_run_is_read_as_it_was_written(tmp_path: Path):
    """What is read back is what was run: figures, failures with their code, skips with their reason."""
    assert read_record(written(tmp_path)) == record_of(CONFIG, OUTCOMES)


def test_the_three_kinds_of_cases_stay_apart(tmp_path: Path):
    """A line of cases.jsonl says of which kind it is; a failure has no score, and a scored case its answer and hits."""
    lines = [json.loads(line) for line in (written(tmp_path) / "cases.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["scored", "failed", "skipped"]
    assert [set(line) & {"scores", "code", "reason"} for line in lines] == [{"scores"}, {"code"}, {"reason"}]
    assert lines[0]["seen"]["text"] == "It lasts 24 months."
    assert lines[0]["seen"]["hits"][0]["source"] == "public/a.md"


def test_a_baseline_compares_like_its_run_and_holds_no_text(tmp_path: Path):
    """The file has the figures of every case and no word of a question or an answer."""
    record = read_record(written(tmp_path))
    write_baseline(record, tmp_path / "kept/small.json")
    assert read_record(tmp_path / "kept/small.json") == record
    kept = (tmp_path / "kept/small.json").read_text()
    assert "How long" not in kept
    assert "It lasts" not in kept


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("config.json", "{", "config.json is no JSON"),
        ("config.json", "[]", "config"),
        ("config.json", '{"suite": "small"}', "suite_fingerprint"),
        ("cases.jsonl", '{"type": "scored"}\n', "line 1"),
        ("cases.jsonl", '{"type": "guessed", "id": "x"}\n', "line 1"),
        ("cases.jsonl", '{"type": "scored", "id": "x", "scores": {"recall@5": "high"}}\n', "recall@5"),
        ("cases.jsonl", "[]\n", "line 1"),
        ("cases.jsonl", "\udcff", "cases.jsonl cannot be read"),
    ],
)
def test_a_damaged_run_is_named(tmp_path: Path, name: str, content: str, named: str):
    """A file that cannot be read or lacks something is refused by its name."""
    run = written(tmp_path)
    (run / name).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InvalidRun, match=named):
        read_record(run)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path):
    """An empty folder is no run, and neither is a path to nothing."""
    with pytest.raises(InvalidRun, match=r"config\.json"):
        read_record(tmp_path)
    with pytest.raises(PathMissing, match="nothing"):
        read_record(tmp_path / "nothing")


def test_the_newest_run_of_a_suite_is_found(tmp_path: Path):
    """Runs of other suites are not taken."""
    for name, suite in (
        ("1-small-a", "small"),
        ("2-small-b", "small"),
        ("3-other-c", "other"),
    ):
        write_run(tmp_path / name, {**CONFIG, "suite": suite}, OUTCOMES, {})
    assert latest_run(tmp_path, "small").name == "2-small-b"
    with pytest.raises(PathMissing, match="'none'"):
        latest_run(tmp_path, "none")
