"""Asks one suite of two states of the code: another commit, in a git worktree of its own, and the code as it stands.

Both run in processes of their own with this environment's packages, on data folders and embedded stores that are made
for it, over the same cases and the same corpus. Nothing is compared here.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eval.plan import Plan
from eval.provenance import ROOT
from service.core.errors import CommitUnusable
from service.core.settings import Settings

FOLDER = "against"
"""Where the runs are kept, in the folder of runs, so that none of them is ever the newest run of the suite."""
# Stores and collectors that another commit must not touch; it has its own.
_NOT_ITS_OWN = ("DATABASE_URL", "CHROMA_URL", "REDIS_URL", "OTLP_ENDPOINT", "UPLOADS_URL", "DATA_FOLDER")


def against(reference: str, plan: Plan, settings: Settings) -> tuple[Path, Path]:
    """The run of the code at `reference`, and that of the code as it stands. Raises CommitUnusable."""
    commit = _commit(reference)
    with tempfile.TemporaryDirectory(prefix="ragready-against-") as folder:
        scratch = Path(folder)
        with _worktree(commit, scratch / "tree") as tree:
            before = _run(tree, scratch / "before", plan, settings, f"The code at {reference}")
        return before, _run(ROOT, scratch / "after", plan, settings, "The code as it stands")


def _commit(reference: str) -> str:
    """The full id of a commit by any of its names."""
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if found.returncode:
        raise CommitUnusable(
            f"There is no commit {reference!r} in {ROOT}.", "Name a branch, a tag or a commit that was fetched."
        )
    return found.stdout.strip()


@contextmanager
def _worktree(commit: str, folder: Path) -> Iterator[Path]:
    made = _git("worktree", "add", "--detach", "--quiet", str(folder), commit)
    if made.returncode:
        raise CommitUnusable(f"{commit} cannot be checked out: {made.stderr.strip()}.", "See what git says.")
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _run(tree: Path, data: Path, plan: Plan, settings: Settings, who: str) -> Path:
    """The folder of a run of the code in `tree`; what it tells on stderr is shown as it comes."""
    runs = settings.data_folder.resolve() / "runs" / FOLDER
    words = [*shlex.split(plan.command)[1:], "--out", str(runs), "--data", str(data), "--json"]
    done = subprocess.run(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-m", "cli", *words],
        cwd=tree,
        env=_environment(tree, settings),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    body = json.loads(done.stdout) if done.stdout.strip() else {}
    if "folder" not in body:
        error = body.get("error", {})
        raise CommitUnusable(
            f"{who} did not run the suite: {error.get('detail') or f'it ended with {done.returncode}'}",
            error.get("remedy") or "It stands on stderr what went wrong.",
        )
    return Path(body["folder"])


def _environment(tree: Path, settings: Settings) -> dict[str, str]:
    apart = {f"RAGREADY_{name}" for name in _NOT_ITS_OWN}
    kept = {name: value for name, value in os.environ.items() if name not in apart}
    return {**kept, "PYTHONPATH": str(tree), "RAGREADY_ENCODER_FOLDER": str(settings.encoder_path.resolve())}


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # fixed words, and names that were checked
        ["git", "-C", str(ROOT), *words],  # noqa: S607  # git is where PATH says
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
