"""A check for a person, as tables, and for a program, as one object. Nothing is judged here."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.checklist.evidence import Observation, Result
from eval.checklist.fingerprints import Subject
from eval.checklist.score import Score, sentence
from eval.checklist.states import Figure, State

_COLOURS: dict[State, str] = {
    "pass": "green",
    "fail": "red",
    "cannot tell": "yellow",
    "could not run": "magenta",
    "not run": "dim",
    "stale": "yellow",
}
_NAME_WIDTH = 24


def body(results: Sequence[Result], scored: Score, now: Subject) -> dict[str, Any]:
    """The lines chosen, and the score of the whole checklist."""
    return {
        "lines": [
            {
                "id": each.line.id,
                "section": each.line.section,
                "question": each.line.question,
                "demo": _observation(each.demo),
                "production": _observation(each.production),
                "command": each.line.command,
            }
            for each in results
        ],
        "sections": dict(scored.sections),
        "total": scored.total,
        "states": dict(scored.states),
        "commit": now.commit,
        "dirty": now.dirty,
        "corpus": now.corpus,
        "settings": now.settings,
    }


def show(console: Console, results: Sequence[Result], scored: Score, now: Subject) -> None:
    """A table for each section, the scores, and one sentence on what was proved and what was not."""
    for section, group in groupby(results, key=lambda each: each.line.section):
        console.print(_table(section, list(group)))
    points = [f"{name} {points:g} of {scored.lines[name]}" for name, points in scored.sections.items()]
    console.print(f"[bold]Points[/] {', '.join(points)}")
    console.print(f"[bold]Total[/] {scored.total:g}, that of the lowest section: {', '.join(scored.lowest)}")
    console.print(sentence(scored))
    tree = f"{now.commit}{' with changes' if now.dirty else ''}"
    console.print(f"[dim]commit {tree}, corpus {now.corpus}, settings {now.settings}[/]")


def _table(section: str, results: Sequence[Result]) -> Table:
    table = Table(title=section, title_style="bold", title_justify="left", expand=True)
    table.add_column("line", width=_NAME_WIDTH)
    table.add_column("demo", ratio=1)
    table.add_column("production", ratio=1)
    for each in results:
        if each.line.missing:
            table.add_row(each.line.id, "[dim]not run[/]", f"[dim]not run\n{escape(each.line.missing)}[/]")
            continue
        table.add_row(f"[bold]{each.line.id}[/]", _state(each.demo), _state(each.production))
        for name in dict.fromkeys([*each.demo.figures, *each.production.figures]):
            row = (each.demo.figures.get(name), each.production.figures.get(name))
            table.add_row(f"  {escape(name)}", *map(_figure, row))
    return table


def _state(seen: Observation) -> str:
    coloured = f"[{_COLOURS[seen.state]}]{seen.state}[/]"
    failed = f" [red]{seen.failed} cases failed[/]" if seen.failed else ""
    return f"{coloured}{failed}\n[dim]{escape(seen.says)}[/]" if seen.says else f"{coloured}{failed}"


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return "[dim]–[/]"
    unit = "" if figure.unit in {"share", "score", "count"} else f" {figure.unit}"
    between = "" if figure.low is None else f" ({figure.low:.3g} to {figure.high:.3g})"
    return f"{figure.value:.3g}{unit}{between}, n {figure.n}"


def _observation(seen: Observation) -> dict[str, Any]:
    figures = {
        name: {key: value for key, value in asdict(figure).items() if value is not None}
        for name, figure in seen.figures.items()
    }
    return {
        "state": seen.state,
        "figures": figures,
        "says": seen.says,
        "failed": seen.failed,
        "at": seen.at.isoformat() if seen.at else None,
        "seconds": seen.seconds,
    }
