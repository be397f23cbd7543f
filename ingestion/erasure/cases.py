"""Golden cases that quote what was erased: reported, and taken out of their suite where that was asked for."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from ingestion.erasure.plan import Look, Plan
from service.core.app import App
from service.core.errors import PathMissing

FILE = "cases.jsonl"


def golden_cases(app: App, plan: Plan) -> Look:  # noqa: ARG001  # the signature of Search
    """Cases of the named suites that quote, or name as relevant, what was erased. Raises PathMissing."""
    if not plan.request.suites:
        return Look(state="could not check", says="No suite was named with --suite.")
    lines = [line for each in plan.request.suites for line in _lines(each)]
    found = sum(_tells(plan, line) for line in lines)
    if plan.request.remove_cases:
        return Look(len(lines), found)
    return Look(len(lines), found, "reported", "Cases stay unless --remove-cases is said.")


def remove_cases(app: App, plan: Plan) -> None:  # noqa: ARG001  # the signature of Clear
    """Take these cases out of their files, where that was asked for."""
    for suite in plan.request.suites if plan.request.remove_cases else ():
        kept = [line for line in _lines(suite) if not _tells(plan, line)]
        partial = suite / f".{FILE}.{os.getpid()}"
        partial.write_text("".join(kept), encoding="utf-8")
        partial.replace(suite / FILE)


def _lines(suite: Path) -> Iterator[str]:
    path = suite / FILE
    if not path.is_file():
        raise PathMissing(f"There is no {path}.", "Name a suite's folder with --suite.")
    yield from path.read_text(encoding="utf-8").splitlines(keepends=True)


def _tells(plan: Plan, line: str) -> bool:
    if plan.in_text(line):
        return True
    try:
        relevant = json.loads(line).get("relevant", [])
    except (ValueError, AttributeError):
        return False  # no case
    named = {each.get("document") for each in relevant if isinstance(each, dict)}
    return bool(named & {each.source for each in plan.targets})
