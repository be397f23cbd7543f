"""Prints a question that demo and production were asked, for a person: two columns, then the controls."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.gap import DemoSide, Gap, ProductionSide

_COLOURS = {
    "holds": "green",
    "redacted": "yellow",
    "no source": "red",
    "not supported": "red",
    "does not hold": "red",
    "refuse": "red",
    "redact": "yellow",
    "could-not-check": "red",
    "off": "dim",
}


def show(console: Console, found: Gap) -> None:
    """Both sides in two columns, then what each control did."""
    groups = ", ".join(sorted(found.question.caller.groups)) or "none, so what is open to everyone"
    console.print(f"[bold]{escape(found.question.text)}[/]")
    console.print(f"[dim]asked as a reader of groups: {escape(groups)}; model {escape(found.model)}[/]")
    if found.simulated:
        console.print(f"[reverse] SIMULATED MODEL [/] {escape(found.model)} only imitates one, on both sides")
    sides = Table("", "the demo", "production", box=box.ROUNDED, show_lines=True, expand=True)
    sides.columns[1].ratio = sides.columns[2].ratio = 1
    sides.add_row("says", _demo_says(found.demo), _production_says(found.production))
    sides.add_row("rests on", _demo_sources(found.demo), _citations(found.production))
    answer = found.production.answer
    sides.add_row("took, ms", _times(found.demo.timings_ms), _times(answer.timings_ms if answer else {}))
    console.print(sides)
    decided = Table("control", "decision", "ms", "why", box=box.SIMPLE, expand=True)
    for each in found.production.controls:
        decided.add_row(each.name, _coloured(each.decision), f"{each.ms:.2f}", escape(each.reason))
    console.print(decided)


def _demo_says(side: DemoSide) -> str:
    return f"[red]It crashed: {escape(side.error)}[/]" if side.error else escape(side.text)


def _production_says(side: ProductionSide) -> str:
    if side.error:
        return f"[yellow]{escape(side.error.title)}[/] ({side.error.code})\n{escape(side.error.detail)}"
    answer = side.answer
    if answer and answer.abstention:
        return f"[yellow]{escape(answer.text)}[/]\n{escape(answer.abstention.reason)} ({answer.abstention.code})"
    citations = answer.citations if answer else ()
    return " ".join(f"{escape(each.sentence)} [cyan]\\[{number}][/]" for number, each in enumerate(citations, 1))


def _demo_sources(side: DemoSide) -> str:
    lines = [
        escape(each.source) + ("" if each.readable else " [red]may not be read by this asker[/]")
        for each in side.sources
    ]
    return "\n".join([*lines, "[dim]names of documents, no spans: nothing to check[/]"] if lines else ["nothing"])


def _citations(side: ProductionSide) -> str:
    citations = side.answer.citations if side.answer else ()
    lines = [
        f"[cyan]\\[{number}][/] {_coloured(state)}: {escape(each.source)} {each.start}-{each.end}"
        if each.document
        else f"[cyan]\\[{number}][/] {_coloured(state)}"
        for number, (each, state) in enumerate(zip(citations, side.states, strict=True), 1)
    ]
    return "\n".join(lines) or "nothing"


def _times(timings_ms: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms:.1f}" for name, ms in timings_ms.items()) or "no answer"


def _coloured(word: str) -> str:
    return f"[{_COLOURS[word]}]{word}[/]" if word in _COLOURS else word
