"""How answers, errors and progress look on a terminal: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service.core.errors import RagreadyError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


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
    out.print()
    for number, each in enumerate(body["citations"], 1):
        where = f"{each['source']}, space {each['space']}, characters {each['start']} to {each['end']}"
        out.print(f"[cyan]\\[{number}][/] {escape(each['title'])} [dim]({escape(where)})[/]", soft_wrap=True)
    timings = ", ".join(f"{name} {ms:g}" for name, ms in body["timings_ms"].items())
    out.print(f"[dim]{body['strategy']}, {body['model']}, confidence {body['confidence']:.2f}; ms: {timings}[/]")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr: what is done, of how much, for how long."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(title, total=None)

        def update(done: int, total: int, source: str) -> None:
            progress.update(task, completed=done, total=total, description=f"{title} {escape(source[-40:])}")

        yield update
