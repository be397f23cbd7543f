"""Documents in and out over HTTP, and the jobs that they become. The work itself is done by ingestion's workers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.deps import FAILURES, KEY, Asker, Parts, needs
from service.api.job_bodies import UPLOAD_FORM, JobBody, JobsBody, job_body, jobs_body
from service.api.limits import Limited
from service.api.upload_form import Form, received
from service.core.app import App
from service.core.errors import InvalidRequest, SourceConflict, UnknownJob, UploadsClosed
from service.core.job import Job, State, Upload, new_job_id
from service.core.names import checked_name
from service.core.roles import may
from service.core.types import Caller
from service.core.uploads import checked_file_name
from service.rag import access
from service.rag.threads import in_thread

UPLOADS = "uploads"
"""What the sources of uploaded documents begin with, unless the form says otherwise."""


async def _takes_documents(request: Request) -> None:
    if not request.app.state.takes_documents:
        raise UploadsClosed(
            "This service was started to read only, and no worker can write beside it.",
            "Start it with `ragready up` without --read-only, or use servers and `ragready worker`.",
        )


_WRITES = [needs("write documents"), Depends(_takes_documents), Limited]
_SEES: list[Any] = [needs("write documents")]
router = APIRouter(prefix="/v1", tags=["documents"], dependencies=[KEY, needs("read")], responses=FAILURES)


@router.post("/documents", status_code=202, dependencies=_WRITES, openapi_extra=UPLOAD_FORM, summary="Upload documents")
async def upload(request: Request, response: Response, parts: Parts, caller: Asker) -> JobBody:
    """Files of one or several documents. They are stored, and a job ingests them: ask for it where Location says.

    A file of the same name replaces the document that it gave before.
    """
    job = new_job_id()
    form = await received(request, parts, job)
    try:
        made = await in_thread(_submitted, parts, caller, job, form)
    except BaseException:
        for each in form.files:
            await in_thread(parts.uploads.remove, each.key)
        raise
    response.headers["Location"] = f"/v1/jobs/{made.id}"
    return job_body(made)


@router.delete("/documents/{document}", status_code=202, dependencies=_WRITES, summary="Remove a document")
async def remove(document: str, response: Response, parts: Parts, caller: Asker) -> JobBody:
    """A job removes it from every store; one that came from a folder is back with that folder's next ingestion."""
    found = await access.document_for(parts, caller, document)
    asked = Job(caller.tenant, found.space, "removal", found.id, caller.id, files=1)
    made = await in_thread(parts.records.jobs.submit, asked)
    response.headers["Location"] = f"/v1/jobs/{made.id}"
    return job_body(made)


@router.get("/jobs", dependencies=_SEES, summary="List jobs")
async def jobs(
    parts: Parts,
    caller: Asker,
    state: Annotated[State | None, Query(description="only jobs in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> JobsBody:
    """The newest jobs on spaces that you may read, the newest first."""
    names = [each.name for each in await access.spaces_for(parts, caller)]
    return jobs_body(await in_thread(parts.records.jobs.all, caller.tenant, spaces=names, state=state, limit=limit))


@router.get("/jobs/{job}", dependencies=_SEES, summary="Read how far a job is")
async def job(job: str, parts: Parts, caller: Asker) -> JobBody:
    """Its state, its progress by files and chunks, and what was not ingested."""
    return job_body(await _seen(parts, caller, job))


@router.post("/jobs/{job}/cancel", dependencies=_WRITES, summary="Cancel a job")
async def cancel(job: str, parts: Parts, caller: Asker) -> JobBody:
    """It ends before its next file; what is committed stays."""
    await _seen(parts, caller, job)
    return job_body(await in_thread(parts.records.jobs.cancel, caller.tenant, job))


@router.post("/jobs/{job}/retry", dependencies=_WRITES, summary="Try a failed job again")
async def retry(job: str, parts: Parts, caller: Asker) -> JobBody:
    """What it did before stays done."""
    await _seen(parts, caller, job)
    return job_body(await in_thread(parts.records.jobs.retry, caller.tenant, job))


async def _seen(parts: App, caller: Caller, job: str) -> Job:
    """A job on a space that the caller may read. Raises UnknownJob, in the same words, for any other."""
    found = await in_thread(parts.records.jobs.get, caller.tenant, job)
    if found.space not in {each.name for each in await access.spaces_for(parts, caller)}:
        raise UnknownJob(f"There is no job {job!r}.", "`ragready jobs list` and GET /v1/jobs list them.")
    return found


def _submitted(parts: App, caller: Caller, job: str, form: Form) -> Job:
    """The job of a form whose files are stored. Blocks. Raises InvalidRequest, UnknownSpace, SourceConflict."""
    unknown = form.fields.keys() - {"space", "source", "readers"}
    if unknown or not form.files or "space" not in form.fields:
        missing = f"a field {sorted(unknown)[0][:50]!r}" if unknown else "no files, or no space"
        raise InvalidRequest(f"The form has {missing}.", "Send `space`, one or several `files`, and perhaps `source`.")
    space = checked_name("space", form.fields["space"])
    label = checked_file_name(form.fields.get("source") or UPLOADS)
    _open_space(parts, caller, space, form.fields.get("readers"))
    known = parts.records.source_path(caller.tenant, space, label)
    if known is not None and known.startswith("/"):
        raise SourceConflict(
            f"In space {space!r} the source {label!r} is a folder's.", "Upload under another `source`."
        )
    files = [Upload(f"{label}/{each.source}", each.key, each.size_bytes) for each in form.files]
    return parts.records.jobs.submit(Job(caller.tenant, space, "uploads", label, caller.id, id=job), files)


def _open_space(parts: App, caller: Caller, name: str, readers: str | None) -> None:
    """Make a space for an admin who names a new one. Raises UnknownSpace for what the caller may not read or make."""
    known = parts.records.spaces(caller.tenant)
    new = name not in {each.name for each in known} and may(caller, "manage keys")
    if not new:
        access.chosen_spaces([name], access.readable(caller, known))
        return
    groups = None if not readers else frozenset(checked_name("group", each.strip()) for each in readers.split(","))
    recipe = next((each.recipe for each in known), parts.recipe)
    with parts.records.alone(caller.tenant):
        parts.records.ensure_space(caller.tenant, name, recipe, groups)
