"""Documents in and out over HTTP, and the jobs that they become. The work itself is done by ingestion's workers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.deps import FAILURES, KEY, Asker, Parts, needs
from service.api.job_bodies import UPLOAD_FORM, JobBody, JobsBody, job_body, jobs_body
from service.api.limits import Limited
from service.api.upload_form import received
from service.core.errors import UploadsClosed
from service.core.job import State, new_job_id
from service.rag import intake
from service.rag.threads import in_thread


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
        made = await intake.submitted(parts, caller, job, form.fields, form.files)
    except BaseException:
        for each in form.files:
            await in_thread(parts.uploads.remove, each.key)
        raise
    response.headers["Location"] = f"/v1/jobs/{made.id}"
    return job_body(made)


@router.delete("/documents/{document}", status_code=202, dependencies=_WRITES, summary="Remove a document")
async def remove(document: str, response: Response, parts: Parts, caller: Asker) -> JobBody:
    """A job removes it from every store; one that came from a folder is back with that folder's next ingestion."""
    made = await intake.removal(parts, caller, document)
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
    return jobs_body(await intake.jobs_for(parts, caller, state, limit))


@router.get("/jobs/{job}", dependencies=_SEES, summary="Read how far a job is")
async def job(job: str, parts: Parts, caller: Asker) -> JobBody:
    """Its state, its progress by files and chunks, and what was not ingested."""
    return job_body(await intake.job_for(parts, caller, job))


@router.post("/jobs/{job}/cancel", dependencies=_WRITES, summary="Cancel a job")
async def cancel(job: str, parts: Parts, caller: Asker) -> JobBody:
    """It ends before its next file; what is committed stays."""
    return job_body(await intake.cancelled(parts, caller, job))


@router.post("/jobs/{job}/retry", dependencies=_WRITES, summary="Try a failed job again")
async def retry(job: str, parts: Parts, caller: Asker) -> JobBody:
    """What it did before stays done."""
    return job_body(await intake.retried(parts, caller, job))
