"""Writes the lines into docs/checklist.md: `python -m eval.checklist.page`. A test compares the two."""

from collections.abc import Sequence
from pathlib import Path

from eval.checklist.lines import Line, lines
from eval.provenance import ROOT

PAGE = ROOT / "docs" / "checklist.md"
BEGIN, END = "<!-- lines: python -m eval.checklist.page -->", "<!-- end of lines -->"
_HEAD = (
    *("line", "question", "why it fails in demos", "control", "pass rule, or what is missing"),
    *("null control", "does not cover", "OWASP"),
)


def table(every: Sequence[Line]) -> str:
    """The lines as a Markdown table."""
    return "\n".join([f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|", *map(_row, every)])


def _row(line: Line) -> str:
    control = f"`{line.control}`: `{line.home}`" if line.control else f"`{line.home}`" if line.home else "none yet"
    rule = line.pass_rule if line.probe else f"*not run.* {line.missing} Rule: {line.pass_rule}"
    null = f"{line.null_control} Gives {line.null_gives}."
    cells = (
        f"`{line.id}`",
        line.question,
        line.fails_in_demos,
        control,
        rule,
        null,
        line.not_covered,
        ", ".join(line.owasp) or "–",
    )
    return f"| {' | '.join(cells)} |"


def write(page: Path) -> None:
    """Put the lines of lines.toml in place of those of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{table(lines())}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write(PAGE)
