"""`ragready check` as real processes: two at once, a probe that hangs, evidence that is damaged, a service by URL."""

import os
import subprocess
import sys
from pathlib import Path

from eval.checklist.evidence import Evidence, read

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


def test_a_command_ends_although_a_probe_blocks_a_worker() -> None:
    """The interpreter would wait for the worker thread for ever; the command leaves it, with its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("could not run\n", 1), done.stderr
