"""How commands behave on a terminal: results on stdout, everything else on stderr, failures as problems."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from service.core.errors import RagreadyError
from service.core.logs import log_to_stderr
from service.core.settings import Settings, load_settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
P = ParamSpec("P")
_EFFECTS = {
    "declines": "[yellow]declines[/]",
    "changes": "[yellow]another answer[/]",
    "same": "the same",
    "not-tried": "not tried",
}
_BAR = 28  # characters of a whole trace in print_trace

Data = Annotated[Path | None, typer.Option("--data", help="Data folder; default RAGREADY_DATA_FOLDER or ./data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def command(target: typer.Typer, name: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Register a command whose failures are printed as a problem, with exit code 1."""
    return lambda function: target.command(name)(reporting(function))


def reporting(function: Callable[P, None]) -> Callable[P, None]:
    """A command with its failures printed as a problem, with exit code 1."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except RagreadyError as error:
            fail(error, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from error
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            if not kwargs.get("as_json"):
                raise
            err.print_exception()
            fail(RagreadyError(f"{type(error).__name__}: {error}.", "The traceback is on stderr."), as_json=True)
            raise typer.Exit(1) from error

    return guarded


def settings_for(data: Path | None, **options: object) -> Settings:
    """The settings, with --data and other options on top where they are given; from here on the log has their form."""
    given = {name: value for name, value in {"data_folder": data, **options}.items() if value is not None}
    settings = load_settings(**given)
    log_to_stderr(as_json=settings.environment == "production")
    return settings


def fail(error: RagreadyError, as_json: bool) -> None:
    """Print an error, as JSON on stdout or in words on stderr."""
    if as_json:
        print_json(
            {"error": {"code": error.code, "title": error.title, "detail": error.detail, "remedy": error.remedy}}
        )
    else:
        err.print(f"[red]{escape(error.title)}[/] ({error.code})\n{escape(error.detail)}\n{escape(error.remedy)}")


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def print_answer(body: dict[str, Any]) -> None:
    """An answer for a person: the sentences, where they come from, and what it took."""
    if body["abstained"]:
        out.print(f"[yellow]{escape(body['answer'])}[/]\n{escape(body['reason'])}")
        for hit in body["hits"][:3]:
            out.print(f"  [dim]found instead: {escape(hit['title'])} ({escape(hit['source'])})[/]")
    for number, each in enumerate(body["citations"], 1):
        out.print(f"{escape(each['sentence'])} [cyan]\\[{number}][/]")
    for each in body["unanswered"]:
        out.print(f"[yellow]not answered by the documents:[/] {escape(each)}")
    out.print()
    for number, each in enumerate(body["citations"], 1):
        where = f"{each['source']}, space {each['space']}, characters {each['start']} to {each['end']}"
        out.print(f"[cyan]\\[{number}][/] {escape(each['title'])} [dim]({escape(where)})[/]", soft_wrap=True)
    timings = ", ".join(f"{name} {ms:g}" for name, ms in body["timings_ms"].items())
    out.print(f"[dim]{body['strategy']}, {body['model']}, confidence {body['confidence']:.2f}; ms: {timings}[/]")


def print_why(body: dict[str, Any]) -> None:
    """An explanation for a person: each source with what becomes of the answer without it."""
    out.print(escape(body["answer"]))
    if not body["repeats"]:
        out.print("[yellow]The answer does not come back the same, so no source was taken away.[/]")
    table = Table("source", "cited", "without it", "", box=None)
    for each in body["sources"]:
        without = each["without"] or {}
        said = without.get("reason") or without.get("answer") or ""
        named = f"{escape(each['title'])} [dim]({escape(each['source'])})[/]"
        table.add_row(named, "yes" if each["cited"] else "no", _EFFECTS[each["effect"]], escape(said))
    out.print(table)


def print_trace(body: dict[str, Any]) -> None:
    """A trace for a person: each span with a bar where it ran, how long it took, and what its controls decided."""
    total = max((span["start_ms"] + span["ms"] for span in body["spans"]), default=0) or 1
    table = Table("step", Column("", min_width=_BAR), Column("ms", justify="right"), "controls", box=None)
    for span in body["spans"]:
        begin = min(round(_BAR * span["start_ms"] / total), _BAR - 1)
        bar = " " * begin + "█" * max(1, round(_BAR * span["ms"] / total))
        error = [f"[red]{escape(span['error'])}[/]"] if span["error"] else []
        said = "\n".join(error + [escape(_decision(event["attributes"])) for event in span["events"]])
        name = span["name"].removeprefix("ragready.")
        table.add_row(escape(name), f"[cyan]{bar[:_BAR]}[/]", f"{span['ms']:.2f}", said)
    out.print(f"[dim]trace {escape(body['trace_id'])}[/]")
    out.print(table)


def _decision(said: dict[str, Any]) -> str:
    return f"{said.get('ragready.control.name', '')} {said.get('ragready.control.decision', '')}"


def print_metrics(body: dict[str, Any]) -> None:
    """Metrics for a person, each with its interval and n, and how many cases failed."""
    for name, each in body["metrics"].items():
        if each["n"]:
            out.print(f"{name:26} {each['value']:.3f}  ({each['low']:.3f} to {each['high']:.3f}, n {each['n']})")
        else:
            out.print(f"{name:26} no case")
    out.print(f"[dim]failed {body['failed']}, {body['strategy']}, {body['seconds']:.1f} s[/]")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr: what is done, of how much, for how long."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(title, total=None)

        def update(done: int, total: int, source: str) -> None:
            progress.update(task, completed=done, total=total, description=f"{title} {escape(source[-40:])}")

        yield update
