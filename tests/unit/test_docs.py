"""The docs say what the code says."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from fastapi import FastAPI

import cli
from service.api import health, jobs, openai, quarantine, routes
from service.api.openai_bodies import IGNORED, REFUSED
from service.core.answers import Decision
from service.core.conventions import (
    CONTROL_EVENT,
    CONVENTIONS_VERSION,
    QUESTION_SPAN,
    WAIT_EVENT,
    AttributeName,
    Outcome,
    Step,
)
from service.core.errors import RagreadyError
from service.core.otlp import Sent
from service.core.settings import Settings
from service.core.telemetry import ModelOutcome, Telemetry

ROOT = Path(__file__).parent.parent.parent


def table(name: str) -> list[list[str]]:
    """The rows of every table of a page, cells without their code marks."""
    lines = (ROOT / "docs" / name).read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split(" | ") for line in lines if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


def leaves(error: type[RagreadyError]) -> Iterator[type[RagreadyError]]:
    """The errors of the tree that have no children."""
    for child in error.__subclasses__():
        yield from leaves(child) if child.__subclasses__() else [child]


def test_settings_page() -> None:
    """docs/settings.md lists every setting with its default and what it is, and no other."""
    expected = [
        [f"RAGREADY_{name.upper()}", "unset" if field.default is None else str(field.default), field.description]
        for name, field in Settings.model_fields.items()
    ]
    written = [[cell.replace("`", "") for cell in row] for row in table("settings.md")]
    assert written == [[str(cell).replace("`", "") for cell in row] for row in expected]


def test_errors_page() -> None:
    """docs/errors.md lists every error's code, status and meaning, and no other."""
    expected = [[each.code, str(each.status), (each.__doc__ or "").strip()] for each in leaves(RagreadyError)]
    assert table("errors.md") == expected


def test_error_tree_is_drawn() -> None:
    """The tree at the top of errors.py names every leaf."""
    drawing = (ROOT / "service/core/errors.py").read_text().split('"""')[1]
    assert {each.__name__ for each in leaves(RagreadyError)} <= set(re.findall(r"\w+", drawing))


def section(name: str, heading: str) -> list[list[str]]:
    """The rows of the tables below one heading of a page."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    lines = text.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines if line[:3] == "| `"]


def test_telemetry_page() -> None:
    """docs/telemetry.md names every span, attribute, event, metric and outcome, and no other."""
    served = {metric.name + ("_total" if metric.type == "counter" else "") for metric in Telemetry().registry.collect()}
    spans = [QUESTION_SPAN, *(f"ragready.{step}" for step in get_args(Step))]
    assert [row[0] for row in section("telemetry.md", "Spans")] == spans
    assert [row[0] for row in section("telemetry.md", "Attributes")] == list(get_args(AttributeName))
    assert [row[0] for row in section("telemetry.md", "Events")] == [CONTROL_EVENT, WAIT_EVENT]
    metrics = {row[0]: row[2] for row in section("telemetry.md", "Metrics")}
    assert set(metrics) == served
    labels = {
        "questions": Outcome,
        "controls": Decision,
        "traces_exported": Sent,
        "model_requests": ModelOutcome,
    }
    for metric, closed in labels.items():
        assert metrics[f"ragready_{metric}_total"].endswith(": " + ", ".join(get_args(closed)))
    assert f"version {CONVENTIONS_VERSION}" in (ROOT / "docs/telemetry.md").read_text()


def test_api_page() -> None:
    """docs/api.md lists every route that the API serves, and no other."""
    api = FastAPI()
    for each in (health, routes, openai, jobs, quarantine):
        api.include_router(each.router)
    served = {f"{method.upper()} {path}" for path, methods in api.openapi()["paths"].items() for method in methods}
    assert {row[0] for row in table("api.md")} == served


def test_commands_in_readme() -> None:
    """Every command and every make verb exists in the README, and every one that the README names exists."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = {each.name for each in (*cli.app.registered_commands, *cli.app.registered_groups)}
    assert set(re.findall(r"`ragready ([a-z]+)", readme)) == commands
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", readme)) == verbs
    assert len(verbs) <= 12


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda page: page.name)
def test_links(page: Path) -> None:
    """Every relative link of a page leads to a file that is there."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [each for each in targets if not (page.parent / each).exists()] == []


def test_paths_named_in_code() -> None:
    """Every page of docs/ that the code sends its reader to exists."""
    named = {
        match
        for folder in ("service", "ingestion", "eval")
        for module in (ROOT / folder).rglob("*.py")
        for match in re.findall(r"docs/[\w/.-]+\.md", module.read_text(encoding="utf-8"))
    }
    assert named
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_lock_agrees_with_project() -> None:
    """Every dependency that the project names is locked with hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[<>=!~ ]", each)[0].lower().replace("_", "-") for each in wanted}
    lock = (ROOT / "requirements/dev.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9._-]+)==[^\n]*\\\n((?:    --hash=[^\n]+\n?)+)", lock, re.MULTILINE))
    assert {each for each in names if each not in locked} == set()


def test_openai_parameters_in_api_page() -> None:
    """docs/api.md names every parameter of OpenAI's API that is ignored or refused."""
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("## OpenAI's API")[2].partition("## Keys")[0]
    ignored, _, refused = text.partition("- Ignored")[2].partition("- Refused")
    assert set(re.findall(r"`(\w+)`", ignored)) == IGNORED
    assert set(re.findall(r"`(\w+)`", refused)) == set(REFUSED)
