"""What callers send in and decide on, each only in the spaces that they may read: jobs, and documents held back.

It writes orders and decisions into the records; ingestion's workers carry them out. API and page do neither themselves.
"""

from collections.abc import Mapping, Sequence

from service.core.answers import Caller
from service.core.app import App
from service.core.errors import InvalidRequest, NothingToRelease, SourceConflict, UnknownJob
from service.core.job import Job, State, Upload
from service.core.names import checked_name
from service.core.roles import may
from service.core.types import Quarantined
from service.core.uploads import checked_file_name
from service.rag import access
from service.rag.threads import in_thread

UPLOADS = "uploads"
"""What the sources of uploaded documents begin with, unless the form says otherwise."""
_FIELDS = frozenset({"space", "source", "readers"})


async def submitted(app: App, caller: Caller, job: str, fields: Mapping[str, str], files: Sequence[Upload]) -> Job:
    """The job of files that are stored. Raises InvalidRequest, InvalidName, UnknownSpace, SourceConflict."""
    unknown = fields.keys() - _FIELDS
    if unknown or not files or "space" not in fields:
        missing = f"a field {sorted(unknown)[0][:50]!r}" if unknown else "no files, or no space"
        raise InvalidRequest(f"The form has {missing}.", "Send `space`, one or several `files`, and perhaps `source`.")
    space = checked_name("space", fields["space"])
    label = checked_file_name(fields.get("source") or UPLOADS)
    wanted = Job(caller.tenant, space, "uploads", label, caller.id, id=job)
    return await in_thread(_submit, app, caller, wanted, fields, files)


async def removal(app: App, caller: Caller, document: str) -> Job:
    """The job that removes a document. Raises UnknownDocument."""
    found = await access.document_for(app, caller, document)
    return await in_thread(
        app.records.jobs.submit, Job(caller.tenant, found.space, "removal", found.id, caller.id, files=1)
    )


async def jobs_for(app: App, caller: Caller, state: State | None, limit: int) -> list[Job]:
    """The newest jobs on spaces that the caller may read, and for admins those on the index, the newest first."""
    seen = await _seen(app, caller)
    return await in_thread(app.records.jobs.all, caller.tenant, spaces=seen, state=state, limit=limit)


async def job_for(app: App, caller: Caller, job: str) -> Job:
    """A job that the caller may see. Raises UnknownJob, in the same words, for any other."""
    found = await in_thread(app.records.jobs.get, caller.tenant, job)
    if found.space not in await _seen(app, caller):
        raise UnknownJob(f"There is no job {job!r}.", "`ragready jobs list` and GET /v1/jobs list them.")
    return found


async def _seen(app: App, caller: Caller) -> list[str | None]:
    """The spaces whose jobs the caller may see; None stands for jobs that are about every space."""
    every: list[str | None] = [None] if may(caller, "manage keys") else []
    return every + [each.name for each in await access.spaces_for(app, caller)]


async def cancelled(app: App, caller: Caller, job: str) -> Job:
    """The job, which ends before its next file. Raises UnknownJob."""
    await job_for(app, caller, job)
    return await in_thread(app.records.jobs.cancel, caller.tenant, job)


async def retried(app: App, caller: Caller, job: str) -> Job:
    """The job, which is tried again. Raises UnknownJob, and what says that there is nothing to retry."""
    await job_for(app, caller, job)
    return await in_thread(app.records.jobs.retry, caller.tenant, job)


async def released(app: App, caller: Caller, held: str) -> Quarantined:
    """What was held back, with the decision that its content may pass. Raises UnknownHeld, NothingToRelease."""
    found = await access.held_back(app, caller, held)
    if not found.text:
        raise NothingToRelease(
            f"{found.source} has no text that could be released.", "Mend the file; the next ingestion reads it again."
        )
    if found.state == "held":
        await in_thread(app.records.quarantine.mark_released, caller.tenant, held, caller.id)
    return await access.held_back(app, caller, held)


async def forgotten(app: App, caller: Caller, held: str) -> Quarantined:
    """What was held back and is not kept any longer. Raises UnknownHeld."""
    found = await access.held_back(app, caller, held)
    await in_thread(app.records.quarantine.forget, caller.tenant, found.space, found.source)
    return found


def _submit(app: App, caller: Caller, job: Job, fields: Mapping[str, str], files: Sequence[Upload]) -> Job:
    """Blocks."""
    _open_space(app, caller, job.in_space, fields.get("readers"))
    known = app.records.source_path(caller.tenant, job.in_space, job.what)
    if known is not None and known.startswith("/"):
        raise SourceConflict(
            f"In space {job.space!r} the source {job.what!r} is a folder's.", "Upload under another `source`."
        )
    named = [Upload(f"{job.what}/{each.source}", each.key, each.size_bytes) for each in files]
    return app.records.jobs.submit(job, named)


def _open_space(app: App, caller: Caller, name: str, readers: str | None) -> None:
    """Make a space for an admin who names a new one. Raises UnknownSpace for what the caller may not read or make."""
    known = app.records.spaces(caller.tenant)
    new = name not in {each.name for each in known} and may(caller, "manage keys")
    if not new:
        access.chosen_spaces([name], access.readable(caller, known))
        return
    groups = None if not readers else frozenset(checked_name("group", each.strip()) for each in readers.split(","))
    recipe = next((each.recipe for each in known), app.recipe)
    with app.records.alone(caller.tenant):
        app.records.ensure_space(caller.tenant, name, recipe, groups)
