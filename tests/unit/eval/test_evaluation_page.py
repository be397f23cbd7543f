"""docs/evaluation.md says what the code says."""

import re
from pathlib import Path

from eval.commands import eval_app
from eval.measures import METRICS
from eval.suite import _CaseLine

PAGE = (Path(__file__).parents[3] / "docs/evaluation.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """What stands in code marks in the first cell of each row of a section's table."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def test_every_metric_is_explained() -> None:
    """The table of metrics has every metric and no other, in the order in which they are printed."""
    assert first_cells("What is scored") == [metric.name for metric in METRICS]


def test_every_command_is_explained() -> None:
    """The table of commands has every command of `ragready eval` and no other."""
    written = [cell.split()[2] for cell in first_cells("Commands")]
    assert sorted(written) == sorted(str(each.name) for each in eval_app.registered_commands)


def test_every_key_of_a_case_is_explained() -> None:
    """The table of a case's keys has every key that is read and no other."""
    assert set(first_cells("A suite")) == set(_CaseLine.model_fields)
