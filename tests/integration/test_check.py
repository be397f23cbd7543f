"""`ragready check` as real processes: two at once, a probe that hangs, evidence that is damaged, a service by URL."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eval.checklist.evidence import Evidence, read
from tests.processes import Ragready

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from eval.checklist.evidence import Observation, Result, keep
from eval.checklist.fingerprints import Subject
from eval.checklist.lines import lines
line = next(line for line in lines() if line.id == "data-duplicates")
for _ in range(25):
    seen = Observation("pass", says=sys.argv[2] * 5_000, at=datetime.now(UTC))
    keep(Path(sys.argv[1]), Result(line, seen, seen), Subject("abc", False, "code", "corpus", "settings"))
"""
HANGING = """
import asyncio, sys, threading
from eval.checklist import commands, runner
runner._GRACE_SECONDS = 0.1
async def hangs():
    await asyncio.to_thread(threading.Event().wait)
print(runner.finding(hangs, 0.1).state)
commands._leave(1)
"""


def test_two_processes_that_write_leave_whole_evidence(tmp_path: Path) -> None:
    """While two processes write the same line 25 times each, every reading is one of theirs and nothing is damaged."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], cwd=ROOT, env={**os.environ})
        for name in "ab"
    ]
    readings = []
    while any(writer.poll() is None for writer in writers):
        readings.append(read(tmp_path, "data-duplicates"))
    assert [writer.returncode for writer in writers] == [0, 0]
    found = [each for each in [*readings, read(tmp_path, "data-duplicates")] if each is not None]
    assert all(isinstance(each, Evidence) for each in found)
    assert {each.production.says for each in found} <= {"a" * 5_000, "b" * 5_000}
    assert {each.name for each in tmp_path.iterdir()} == {"data-duplicates.json", "lock"}


@pytest.fixture
def ragready(tmp_path: Path, encoder_folder: Path) -> Ragready:
    """The command on a data folder of the test."""
    return Ragready(tmp_path / "data", encoder_folder.parent)


def test_two_checks_at_once(ragready: Ragready) -> None:
    """Two checks of one line in two processes on one data folder both pass, and leave evidence that is whole."""
    running = [ragready.start("check", "data-freshness", "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    for stdout, _ in outputs:
        (line,) = json.loads(stdout)["lines"]
        assert (line["demo"]["state"], line["production"]["state"]) == ("fail", "pass")
    last = ragready.within("check", "data-freshness", "--last").body
    assert last["lines"][0]["production"]["state"] in {"pass", "stale"}  # stale where somebody edits meanwhile
    assert last["lines"][0]["production"]["figures"] == line["production"]["figures"]
    assert {each.name for each in (ragready.data / "evidence").iterdir()} == {"data-freshness.json", "lock"}


def test_damaged_evidence_is_told_of(ragready: Ragready) -> None:
    """A file that is no evidence is renamed, and its line is not run: no pass comes of it."""
    (ragready.data / "evidence").mkdir(parents=True)
    (ragready.data / "evidence" / "trust-citations.json").write_text('{"line": "trust-citations"')
    (line,) = ragready.within("check", "trust-citations", "--last").body["lines"]
    assert line["production"]["state"] == "not run"
    assert "trust-citations.json.damaged-" in line["production"]["says"]


def test_a_check_by_url_plants_nothing(ragready: Ragready) -> None:
    """A probe that plants documents is not run against a service, says so, and that is no failure of the command."""
    done = ragready.within("check", "data-duplicates", "--url", "http://127.0.0.1:9")
    (line,) = done.body["lines"]
    assert (done.code, line["demo"]["state"], line["production"]["state"]) == (0, "not run", "could not run")
    assert "plants" in line["production"]["says"]


@pytest.mark.parametrize(
    ("args", "code", "hint"),
    [
        (("data-duplicate",), "unknown-line", "data-duplicates"),
        (("--section", "pravicy"), "unknown-line", "privacy"),
        (("--off", "duplicate"), "unknown-control", "duplicates"),
        (("trust-why", "--section", "privacy"), "unknown-line", "not both"),
    ],
)
def test_an_unknown_name_is_refused_with_a_near_one(
    ragready: Ragready, args: tuple[str, ...], code: str, hint: str
) -> None:
    """A misspelt line, section or control ends the command with a problem that names what was probably meant."""
    error = ragready.within("check", *args).error
    assert error["code"] == code
    assert hint in error["remedy"]
    assert not (ragready.data / "evidence").exists()


def test_a_command_ends_although_a_probe_blocks_a_worker() -> None:
    """The interpreter would wait for the worker thread for ever; the command leaves it, with its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("could not run\n", 1), done.stderr
