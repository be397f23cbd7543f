"""The `ragready` command: the one place that knows service, ingestion and eval.

With --json a command prints exactly one JSON object on stdout, also when it fails. Exit codes: 0 done, 1 failed,
2 wrong usage. Progress and messages go to stderr.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from service.commands import keys_app, spaces_app
from service.core.logs import log_to_stderr
from service.core.names import checked_name
from service.document_commands import Spaces, documents_app
from service.held_commands import quarantine_app
from service.job_commands import jobs_app, upload
from service.terminal import AsJson, Data, command, err, out, print_answer, print_json, progress_bar, settings_for

if TYPE_CHECKING:
    from ingestion.pipeline import Engine
    from service.core.app import App
    from service.core.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(documents_app, name="documents")
app.add_typer(spaces_app, name="spaces")
app.add_typer(keys_app, name="keys")
app.add_typer(jobs_app, name="jobs")
app.add_typer(quarantine_app, name="quarantine")
command(app, "upload")(upload)
if find_spec("ingestion"):  # the API image does without it
    from ingestion.commands.documents import delete
    from ingestion.commands.erasures import erase_app, receipts_app
    from ingestion.commands.generations import generations_app, reindex
    from ingestion.commands.release import release

    app.add_typer(generations_app, name="generations")
    app.add_typer(erase_app, name="erase")
    app.add_typer(receipts_app, name="receipts")
    command(app, "reindex")(reindex)
    command(documents_app, "delete")(delete)
    command(quarantine_app, "release")(release)
if find_spec("eval"):  # the images do without it
    from eval.checklist.commands import check
    from eval.commands import eval_app
    from eval.gap_command import gap

    app.add_typer(eval_app, name="eval")
    command(app, "check")(check)
    command(app, "gap")(gap)


@command(app, "ask")
def ask(
    question: Annotated[str, typer.Argument(help="The question, in words; - reads it from standard input.")],
    space: Spaces = None,
    strategy: Annotated[str, typer.Option(help="hybrid, naive or agentic.")] = "hybrid",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Answer a question from the documents, with citations."""
    from service.api.schemas import answer_body
    from service.bootstrap import open_app
    from service.core.answers import Question, local_caller
    from service.rag import pipeline

    settings = settings_for(data)
    text = sys.stdin.read() if question == "-" else question
    with open_app(settings, holder="ragready ask") as parts:
        asked = Question(text, local_caller(settings.tenant), tuple(space) if space else None, strategy)
        body = answer_body(asyncio.run(pipeline.answer(parts, asked)), asked.caller).model_dump(mode="json")
        print_json(body) if as_json else print_answer(body)  # before the traces are sent: a collector may hang


@command(app, "ingest")
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders and URLs.")],
    space: Annotated[str, typer.Option("--space", "-s", help="The space; made when it is new.")],
    source: Annotated[
        str | None, typer.Option(help="What the folder is called in the space; default its name.")
    ] = None,
    readers: Annotated[
        str | None, typer.Option(help="Groups that may read the space, separated by commas; default as it is.")
    ] = None,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="ray: prepare and embed in several processes, for bulk loads.")
    ] = "local",
    workers: Annotated[int | None, typer.Option(min=1, help="Processes of the engine ray; default one a core.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Bring files, folders and web pages into a space. Unchanged files are left alone, missing ones removed."""
    from ingestion import pipeline
    from service.bootstrap import open_app

    settings = settings_for(data, fetch_fresh_seconds=0)  # who runs it by hand wants what is there now
    groups = None if readers is None else frozenset(checked_name("group", each.strip()) for each in readers.split(","))
    with (
        _engine(settings, engine, workers) as chosen,
        open_app(settings, holder="ragready ingest", writes=True) as parts,
        progress_bar(f"ingest {space}") as progress,
    ):
        given = [each if "://" in each else Path(each) for each in paths]
        report = pipeline.run(parts, given, space, source, progress, readers=groups, engine=chosen)
    print_json(asdict(report)) if as_json else print_report(report)
    if report.problems:
        raise typer.Exit(1)


def _engine(settings: "Settings", name: str, workers: int | None) -> "AbstractContextManager[Engine]":
    """How files are made ready: in this process, or in those of Ray."""
    from ingestion.prepare import one_by_one
    from service.bootstrap import open_preparing

    if name == "local":
        return nullcontext(one_by_one)
    from ingestion.ray_engine import ray_engine

    return ray_engine(settings, open_preparing, workers)


def print_report(report: Any) -> None:
    """An ingestion run for a person."""
    counts = ", ".join(f"{number} {name}" for name, number in asdict(report.documents).items() if number)
    out.print(
        f"{report.space}: {counts or 'nothing to do'}; {report.chunks} chunks, {report.embedded} embedded, "
        f"{report.seconds:.1f} s"
    )
    for problem in report.problems:
        named = "" if problem.source in problem.detail else f"{problem.source}: "
        out.print(f"  [yellow]{problem.code}[/] {escape(named + problem.detail)} [dim]{escape(problem.remedy)}[/]")
    for kind, found in sorted(report.findings.items()):
        told = ", ".join(f"{count} {name}" for name, count in sorted(found.items()))
        out.print(f"  [dim]{kind}: {escape(told)}[/]")
    if report.held_earlier:
        out.print(f"  [dim]held back earlier: {report.held_earlier}; `ragready quarantine list` lists them[/]")
    if report.skipped:
        out.print(f"  [dim]skipped, no loader: {escape(', '.join(report.skipped))}[/]")


@command(app, "up")
def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default RAGREADY_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default RAGREADY_PORT.")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Take no documents, and leave the data folder to other readers too.")
    ] = False,
    data: Data = None,
) -> None:
    """Serve the API and the page until stopped, and ingest what is uploaded, unless a Chroma server has workers."""
    from service.serve import serve

    work = None if read_only else _working
    serve(settings_for(data, host=host, port=port), announce=partial(err.print, soft_wrap=True), work=work)


@contextmanager
def _working(parts: "App") -> Iterator[None]:
    """Jobs on threads of a service; the image without ingestion has a Chroma server, and so never comes here."""
    from ingestion.jobs import working

    with working(parts):
        yield


@command(app, "why")
def why(
    answer: Annotated[str, typer.Argument(help="The id of an answer.")],
    url: Annotated[str | None, typer.Option(help="The service; default the one of RAGREADY_HOST and _PORT.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show which of its sources an answer of a running service needs: it is made again without each of them."""
    from urllib.parse import quote

    from service.remote import get
    from service.terminal import print_why

    body = get(settings_for(data), f"/v1/answers/{quote(answer, safe='')}/why", url, timeout_seconds=120)
    print_json(body) if as_json else print_why(body)


@command(app, "trace")
def trace(
    trace_id: Annotated[str, typer.Argument(help="The trace_id of an answer.")],
    url: Annotated[str | None, typer.Option(help="The service; default the one of RAGREADY_HOST and _PORT.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show how an answer of the running service came about, step by step."""
    from urllib.parse import quote

    from service.remote import get
    from service.terminal import print_trace

    body = get(settings_for(data), f"/v1/traces/{quote(trace_id, safe='')}", url)
    print_json(body) if as_json else print_trace(body)


@command(app, "worker")
def worker(
    corpus: Annotated[
        Path | None, typer.Argument(help="Folder whose subfolders are ingested as spaces of their names.")
    ] = None,
    every: Annotated[
        float, typer.Option(help="Seconds between two looks at the folder; 0 looks once and does no job.")
    ] = 30.0,
    heartbeat: Annotated[Path | None, typer.Option(help="File that is touched while the worker works.")] = None,
    data: Data = None,
) -> None:
    """Do jobs, and ingest a folder of spaces, again whenever a file changes, until stopped."""
    from ingestion.worker import work
    from service.bootstrap import open_app

    with open_app(settings_for(data), holder="ragready worker", writes=True) as parts:
        work(parts, corpus, every, heartbeat)


@command(app, "demo")
def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the answer.")] = False,
    corpus: Annotated[Path, typer.Option(help="Folder whose subfolders are ingested as spaces.")] = Path(
        "samples/corpus"
    ),
    question: Annotated[
        str, typer.Option(help="The question to answer.")
    ] = "How long is the battery covered by the warranty?",
    data: Data = None,
) -> None:
    """Ingest the sample corpus, answer a question, then serve the API and the page."""
    from ingestion.worker import ingest_spaces
    from service.bootstrap import open_app
    from service.serve import serve

    settings = settings_for(data)
    out.print("[bold]1. Ingest[/] the sample corpus, one space a folder (the first run also exports the encoder)")
    with open_app(settings, holder="ragready demo", writes=True) as parts, progress_bar("ingest") as progress:
        for report in ingest_spaces(parts, corpus, progress):
            print_report(report)
    out.print(f"\n[bold]2. Ask[/] {escape(question)}\n")
    ask(question, None, "hybrid", False, data)
    if no_serve:
        return
    out.print("\n[bold]3. Serve[/] the API and the page; Ctrl-C stops, `make demo` starts again from what is there")
    serve(settings, announce=partial(out.print, soft_wrap=True), work=_working)


def main() -> None:
    """Run the command line."""
    log_to_stderr()
    app()


if __name__ == "__main__":
    main()
