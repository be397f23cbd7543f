"""`ragready eval compare --against`, in a repository of its own that holds this code."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from eval.measures import LATENCY
from tests.corpus import QUESTIONS
from tests.processes import Done, Ragready
from tests.suites import answerable, write_suite

ROOT = Path(__file__).parents[2]
GIT = ["git", "-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """This code in a repository with one commit."""
    folder = tmp_path / "repository"
    for name in ("service", "ingestion", "eval"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "cli.py", folder)
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it is"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True)
    return folder


def against(ragready: Ragready, repository: Path, reference: str, suite: Path) -> Done:
    """The command of that repository."""
    options = ["--against", reference, "--suite", suite]
    return ragready("eval", "compare", *options, before=lambda: os.chdir(repository))


def worktrees(repository: Path) -> int:
    return len(subprocess.check_output([*GIT, "worktree", "list"], cwd=repository).splitlines())


def test_a_change_is_compared_with_the_commit_before_it(ragready: Ragready, repository: Path, tmp_path: Path) -> None:
    """Against the commit that it is, nothing can be told; once the reader declines everything, that is seen as worse.

    Neither leaves a worktree behind, and neither run is the suite's newest, which the gate would judge.
    """
    again = [answerable(f"again-{each}", *QUESTIONS[each % len(QUESTIONS)]) for each in range(10)]
    suite = write_suite(tmp_path / "suite", *again)
    same = against(ragready, repository, "HEAD", suite).body
    assert (same["comparable"], same["why"]) == (True, [])
    assert {each["verdict"] for name, each in same["metrics"].items() if name not in LATENCY} == {"cannot tell"}

    settings = repository / "service/core/settings.py"
    planted = settings.read_text().replace(
        "evidence_threshold: float = Field(\n        0.45,", "evidence_threshold: float = Field(\n        1.0,"
    )
    assert planted != settings.read_text()
    settings.write_text(planted)
    worse = against(ragready, repository, "HEAD", suite).body
    fell = worse["metrics"]["answer_accepted"]
    assert (fell["verdict"], fell["baseline"], fell["candidate"]) == ("worse", 1.0, 0.0)
    assert Path(worse["candidate"]).parent == ragready.data / "runs/against"
    assert worktrees(repository) == 1
    assert ragready.within("eval", "gate", suite).error["code"] == "path-missing"


def test_a_commit_that_is_not_there_is_named(ragready: Ragready, repository: Path, tmp_path: Path) -> None:
    """A name of no commit, and one that looks like an option, are refused before anything runs."""
    for reference in ("no-such-branch", "--output=/tmp/x"):
        error = against(ragready, repository, reference, write_suite(tmp_path / "suite")).error
        assert (error["code"], reference in error["detail"]) == ("commit-unusable", True)


def test_a_commit_that_cannot_run_the_suite_is_named(ragready: Ragready, repository: Path, tmp_path: Path) -> None:
    """Where the other commit's code refuses the suite, it is said which code it was and why, and no worktree stays."""
    suite = write_suite(tmp_path / "suite")
    (suite / "suite.toml").write_text('name = "small"\nunknown = 1\n')
    error = against(ragready, repository, "HEAD", suite).error
    assert (error["code"], "The code at HEAD" in error["detail"], "unknown" in error["detail"]) == (
        "commit-unusable",
        True,
        True,
    )
    assert worktrees(repository) == 1
