"""A run while it is made, and after it was interrupted."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.journal import interrupted, resumed, run_name, started
from eval.metrics import scores
from eval.outcome import Failed, Outcome, Scored, Skipped
from eval.record import latest_run, read_record, record_of
from service.core.errors import DataFolderInUse, InvalidRun, PathMissing, StorageFull
from tests.runs import CONFIG, case, seen

CASES = [case("good"), case("bad"), case("later")]
OUTCOMES: list[Outcome] = [
    Scored(CASES[0], seen(), scores(CASES[0], seen()), {"recall@5": "Because."}),
    Failed(CASES[1], "model-timeout", "it took too long"),
    Skipped(CASES[2], "not written yet"),
]
RUN = {**CONFIG, "at": "2026-01-01T00:00:00+00:00", "prompts": ("answer-1",)}


def stopped(runs: Path, outcomes: list[Outcome]) -> Path:
    """A run that got through some cases and no further."""
    with started(runs / run_name("small", "hybrid"), RUN) as journal:
        for each in outcomes:
            journal.keep(each)
    return journal.folder


def test_an_interrupted_run_goes_on_after_its_last_case(tmp_path: Path):
    """What was done is known again, types, figures and reasons included; the whole equals one pass, in its order."""
    partial = stopped(tmp_path, [OUTCOMES[1]])
    with resumed(partial, RUN, CASES) as journal:
        assert journal.done == {"bad": OUTCOMES[1]}
        journal.keep(OUTCOMES[2])
    with resumed(journal.complete, RUN, CASES) as journal:
        assert journal.done == {"bad": OUTCOMES[1], "later": OUTCOMES[2]}
        journal.keep(OUTCOMES[0])
        journal.finish(journal.config, OUTCOMES, {"n": 1}, "<p>")
    run = journal.complete
    assert list(tmp_path.iterdir()) == [run]
    assert sorted(each.name for each in run.iterdir()) == ["cases.jsonl", "config.json", "report.html", "summary.json"]
    assert [json.loads(line)["id"] for line in (run / "cases.jsonl").read_text().splitlines()] == [
        "good",
        "bad",
        "later",
    ]
    assert read_record(run).scores == record_of(RUN, OUTCOMES).scores
    assert [each["cases"] for each in json.loads((run / "config.json").read_text())["resumed"]] == [1, 2]


def test_a_scored_case_comes_back_as_it_was(tmp_path: Path):
    """Answer, citations, hits, times and figures of a case survive; the texts of its hits are not kept."""
    partial = stopped(tmp_path, [OUTCOMES[0]])
    with resumed(partial, RUN, CASES) as journal:
        found = journal.done["good"]
    assert isinstance(found, Scored)
    assert (found.scores, found.reasons) == (OUTCOMES[0].scores, {"recall@5": "Because."})
    assert (found.seen.text, found.seen.citations, found.seen.timings_ms) == (
        seen().text,
        seen().citations,
        seen().timings_ms,
    )
    assert [(each.source, each.text) for each in found.seen.hits] == [("public/a.md", None)]


@pytest.mark.parametrize("cut", [b'{"type": "scored", "id": "go', b"", b"\xff\xfe"])
def test_half_a_line_is_cut_off(tmp_path: Path, cut: bytes):
    """A line whose writing was cut off by a crash is asked again, and does not damage the next one."""
    partial = stopped(tmp_path, [OUTCOMES[1]])
    with (partial / "cases.jsonl").open("ab") as file:
        file.write(cut)
    with resumed(partial, RUN, CASES) as journal:
        assert list(journal.done) == ["bad"]
        journal.keep(OUTCOMES[2])
    with resumed(partial, RUN, CASES) as journal:
        assert list(journal.done) == ["bad", "later"]


@pytest.mark.parametrize("change", [{"corpus": "other"}, {"commit": "other"}, {"code": "other"}, {"concurrency": 2}])
def test_a_run_of_something_else_is_not_gone_on_with(tmp_path: Path, change: dict[str, Any]):
    """Two passes on other code, another corpus or other settings would be no run of either; it is said what differs."""
    partial = stopped(tmp_path, OUTCOMES[:1])
    with pytest.raises(InvalidRun, match=f"another {next(iter(change))}"), resumed(partial, {**RUN, **change}, CASES):
        pass
    with pytest.raises(PathMissing):
        interrupted(tmp_path, {**RUN, **change})


def test_the_newest_interrupted_run_is_found(tmp_path: Path):
    """Of several interrupted runs of one command the newest is gone on with, whenever the command is repeated."""
    stopped(tmp_path, OUTCOMES[:1])
    newest = stopped(tmp_path, OUTCOMES[:2])
    assert interrupted(tmp_path, {**RUN, "at": "2026-02-02T00:00:00+00:00"}) == newest


def test_a_run_that_goes_on_elsewhere_is_left_alone(tmp_path: Path):
    """Two processes cannot write one run."""
    with (
        started(tmp_path / "run", RUN) as journal,
        pytest.raises(DataFolderInUse),
        resumed(journal.folder, RUN, CASES),
    ):
        pass


def test_half_a_run_is_never_taken_for_a_whole_one(tmp_path: Path):
    """An interrupted run is neither the newest run nor one to compare, under its own name or another."""
    partial = stopped(tmp_path, OUTCOMES)
    with pytest.raises(PathMissing):
        latest_run(tmp_path, "small")
    with pytest.raises(InvalidRun, match="not complete"):
        read_record(partial)
    renamed = partial.rename(tmp_path / "looks-whole")
    with pytest.raises(InvalidRun, match="not complete"):
        read_record(renamed)
    with pytest.raises(PathMissing):
        latest_run(tmp_path, "small")


def test_what_is_no_interrupted_run_is_named(tmp_path: Path):
    """A complete run and a path to nothing cannot be gone on with."""
    (tmp_path / "whole").mkdir()
    with pytest.raises(InvalidRun, match="is complete"), resumed(tmp_path / "whole", RUN, CASES):
        pass
    with pytest.raises(PathMissing), resumed(tmp_path / "nothing", RUN, CASES):
        pass


def test_a_run_that_cannot_be_written_leaves_nothing(tmp_path: Path):
    """Where runs cannot be kept, that is said before anything is asked."""
    (tmp_path / "runs").write_text("a file, not a folder")
    with pytest.raises(StorageFull, match="runs"), started(tmp_path / "runs/run", RUN):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]
