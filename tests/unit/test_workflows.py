"""The workflows of the repository: what they run exists, and what they may do is bounded."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

import cli

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def read(path: Path) -> dict[Any, Any]:
    """A workflow. YAML 1.1 reads the key `on` as true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def options(command: list[str]) -> set[str]:
    """The options that a command of ours has."""
    found: Any = get_command(cli.app)
    for word in command:
        found = found.commands[word]
    return {name for each in found.params for name in each.opts}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_rights_are_few(path: Path) -> None:
    """Every action is pinned by its major version, every job ends by itself, and rights are named."""
    for step in steps(path):
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/none@v0"))
    assert all(job["timeout-minutes"] <= 60 for job in read(path)["jobs"].values())
    assert read(path)["permissions"]["contents"] == "read"
    assert set(read(path)["permissions"]) <= {"contents", "pull-requests"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_of_a_pull_request_gets_into_a_script(path: Path) -> None:
    """No expression stands in a script or a command, so that a branch's name or a title cannot become code."""
    for step in steps(path):
        assert "${{" not in step.get("run", "") + step.get("with", {}).get("script", "")
    assert "pull_request_target" not in path.read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_is_run_exists(path: Path) -> None:
    """Every verb of make and every command with its options is one that is there."""
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    ran = [shlex.split(step["run"].replace("\\\n", " ")) for step in steps(path) if "run" in step]
    assert {words[1] for words in ran if words[0] == "make"} <= verbs
    for words in ran:
        assert words[0] in {"make", ".venv/bin/ragready"}
        if words[0] != "make":
            assert {word for word in words if word.startswith("--")} <= options(words[1:3])


def test_a_pull_request_is_gated_and_told() -> None:
    """Suite and gate run on each pull request; the comment, the page and the XML follow also a gate that stops."""
    path = ROOT / ".github/workflows/eval.yml"
    assert "pull_request" in read(path)[True]
    assert read(path)["permissions"]["pull-requests"] == "write"
    all_steps = steps(path)
    gate = next(place for place, step in enumerate(all_steps) if "eval gate" in step.get("run", ""))
    assert any("make eval" in step.get("run", "") for step in all_steps[:gate])
    assert "continue-on-error" not in all_steps[gate]
    assert all("!cancelled()" in step["if"] for step in all_steps[gate + 1 :])
    written = set(re.findall(r"gate\.\w+|report\.html", str(all_steps)))
    uploaded = next(step["with"]["path"].split() for step in all_steps if "upload" in step.get("uses", ""))
    assert set(uploaded) == written
