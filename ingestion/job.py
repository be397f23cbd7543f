"""What one job does, step by step, without knowing how its steps are made durable.

Every step may be done again after a kill: what was committed before is found unchanged and left alone.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import TypeAlias

from ingestion.remove import forget_uploads, remove
from ingestion.upgrade import carry_out
from ingestion.uploads import FILES_A_STEP, ingest_uploads
from ingestion.write import sweep
from service.core.app import App
from service.core.errors import RagreadyError, SourceConflict
from service.core.job import Job

# Raises when the process is to end; called at every file.
Check: TypeAlias = Callable[[], None]
UPLOADED = "uploaded files"
"""What stands for a folder behind the name of uploads, so that no folder of that name removes them."""
_LOOK_SECONDS = 0.5


class Cancelled(Exception):
    """The job is not wanted any more."""


def begin(app: App, job: str) -> int:
    """Mark a job as running; returns its number of steps, 0 for one that was cancelled. Raises SourceConflict."""
    started = app.records.jobs.start(app.settings.tenant, job)
    if started.state != "running":
        return 0
    if started.kind == "uploads":
        _claim(app, started)
        return ceil(started.files / FILES_A_STEP)
    return 1


def do(app: App, job: str, step: int, check: Check) -> bool:
    """Do one step; False when the job was cancelled. Raises what ingestion raises, and what `check` does."""
    ours = app.records.jobs.get(app.settings.tenant, job)
    progress = _Progress(app, ours, check)
    try:
        progress.look()
        if ours.kind == "uploads":
            ingest_uploads(app, ours, step, progress)
        elif ours.kind == "removal":
            _remove(app, ours)
        else:
            carry_out(app, ours.kind, ours.what, progress)
    except Cancelled:
        return False
    return True


def end(app: App, job: str, error: RagreadyError | None) -> None:
    """Clean up after a job and mark it as done, or as failed with the error."""
    tenant = app.settings.tenant
    ended = app.records.jobs.get(tenant, job)
    space = next((each for each in app.records.spaces(tenant) if each.name == ended.space), None)
    if space is not None:
        with app.records.alone(tenant):
            sweep(app, space.index)
    app.records.jobs.finish(tenant, job, error)
    if ended.state == "cancelled":
        forget_uploads(app, [each for each in app.records.jobs.uploads(job) if not each.done])
    forget_uploads(app, app.records.jobs.older_uploads(ended))


class _Progress:
    """Called at every file: lets the process end, notices a cancelled job, and notes how far one on the index is."""

    def __init__(self, app: App, job: Job, check: Check) -> None:
        self._app = app
        self._job = job
        self._check = check
        self._looked_at = 0.0

    def __call__(self, done: int, total: int, source: str) -> None:  # noqa: ARG002  # the signature of Progress
        self._check()
        if done < total and time.monotonic() - self._looked_at < _LOOK_SECONDS:
            return
        self.look()
        if self._job.space is None:
            self._app.records.jobs.progressed(self._job.tenant, self._job.id, done, self._job.chunks, total)

    def look(self) -> None:
        """Raise Cancelled when the job was cancelled."""
        self._looked_at = time.monotonic()
        if not self._app.records.jobs.is_active(self._job.tenant, self._job.id):
            raise Cancelled


def _claim(app: App, job: Job) -> None:
    """Uploads have a name of their own in the space: a folder of that name would remove them as missing."""
    space = job.in_space
    known = app.records.source_path(job.tenant, space, job.what)
    if known not in {None, UPLOADED}:
        raise SourceConflict(
            f"In space {space!r} the name {job.what!r} is that of {known}.", "Upload under another source name."
        )
    if known is None:
        app.records.set_source_path(job.tenant, space, job.what, UPLOADED)


def _remove(app: App, job: Job) -> None:
    if app.records.document(job.tenant, job.what) is not None:  # else an attempt before this one removed it
        remove(app, job.what)
