"""`ragready jobs` and `ragready upload`: what workers are asked to do, and asking them over HTTP.

`jobs` opens the records alone, so it runs beside a service and its workers; `upload` is a client of a running service.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from service.core.errors import PathMissing
from service.core.job import Job, State
from service.core.settings import Settings
from service.core.uploads import checked_file_name
from service.terminal import AsJson, Data, command, out, print_json, settings_for

jobs_app = typer.Typer(no_args_is_help=True, help="List, show, cancel and retry jobs.")
JobId = Annotated[str, typer.Argument(help="The job's id.")]


@command(jobs_app, "list")
def jobs_list(
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List jobs, the newest first; those that failed are the dead letters."""
    from service.api.job_bodies import jobs_body
    from service.bootstrap import open_records

    settings = settings_for(data)
    with closing(open_records(settings)) as records:
        found = records.jobs.all(settings.tenant, state=state, limit=limit)
    if as_json:
        print_json(jobs_body(found).model_dump(mode="json"))
        return
    table = Table(Column("job", no_wrap=True), "kind", "space", "state", "files", "chunks", "problems", "submitted")
    for each in found:
        progress = f"{each.files_done}/{each.files}"
        counts = map(str, (progress, each.chunks, len(each.problems), f"{each.submitted_at:%Y-%m-%d %H:%M}"))
        table.add_row(each.id, each.kind, escape(each.space or "every one"), each.state, *counts)
    out.print(table)


@command(jobs_app, "show")
def jobs_show(job: JobId, as_json: AsJson = False, data: Data = None) -> None:
    """Show how far a job is, and what was not ingested."""
    _print_job(_changed(settings_for(data), job, None), as_json)


@command(jobs_app, "cancel")
def jobs_cancel(job: JobId, as_json: AsJson = False, data: Data = None) -> None:
    """End a job before its next file; what is committed stays."""
    _print_job(_changed(settings_for(data), job, "cancel"), as_json)


@command(jobs_app, "retry")
def jobs_retry(job: JobId, as_json: AsJson = False, data: Data = None) -> None:
    """Try a failed job again; what it did before stays done."""
    _print_job(_changed(settings_for(data), job, "retry"), as_json)


def upload(
    files: Annotated[list[Path], typer.Argument(help="Files.")],
    space: Annotated[str, typer.Option("--space", "-s", help="The space; an admin's new name makes one.")],
    source: Annotated[str | None, typer.Option(help="What the documents' sources begin with; default uploads.")] = None,
    url: Annotated[str | None, typer.Option(help="The service; default the one of RAGREADY_HOST and _PORT.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Upload files to a running service, whose worker ingests them; prints the job."""
    if missing := [each for each in files if not each.is_file()]:
        raise PathMissing(f"{missing[0]} is no file.", "Name files; a folder is ingested with `ragready ingest`.")
    fields = {"space": space, **({"source": source} if source else {})}
    body = _posted(settings_for(data), files, fields, url)
    if as_json:
        print_json(body)
        return
    out.print(f"{body['job']} [dim]{body['files']} files; `ragready jobs show {body['job']}` tells how far it is[/]")


def _posted(settings: Settings, files: Sequence[Path], fields: dict[str, str], url: str | None) -> dict[str, Any]:
    from service.remote import post_files

    with ExitStack() as opened:
        parts = [("files", (checked_file_name(each.name), opened.enter_context(each.open("rb")))) for each in files]
        return post_files(settings, "/v1/documents", fields, parts, url)


def _changed(settings: Settings, job: str, what: str | None) -> Job:
    from service.bootstrap import open_records

    with closing(open_records(settings)) as records:
        act = {"cancel": records.jobs.cancel, "retry": records.jobs.retry}.get(what or "", records.jobs.get)
        return act(settings.tenant, job)


def _print_job(job: Job, as_json: bool) -> None:
    from service.api.job_bodies import job_body

    if as_json:
        print_json(job_body(job).model_dump(mode="json"))
        return
    out.print(
        f"[bold]{job.id}[/] {job.kind} {escape(job.what)} in {escape(job.space or 'every space')}: {job.state}, "
        f"attempt {job.attempt}, {job.files_done} of {job.files} files, {job.chunks} chunks"
    )
    if job.error:
        out.print(f"  [red]{job.error['code']}[/] {escape(job.error['detail'])} [dim]{escape(job.error['remedy'])}[/]")
    for each in job.problems:
        out.print(f"  [yellow]{each['code']}[/] {escape(each['detail'])} [dim]{escape(each['remedy'])}[/]")
