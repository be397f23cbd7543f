"""Leaves work as a job to the service that has the data folder, and waits until it is done.

With Chroma in process a data folder has one writer. While that is a service, a command that writes would have to wait
for its end; the records take a job from beside it.
"""

import time
from collections.abc import Callable

from service.core.errors import JobState, RagreadyError, WorkerLost
from service.core.job import ACTIVE, Job
from service.core.locks import held_by
from service.core.records import Records
from service.core.settings import Settings
from service.remote import named_error
from service.terminal import err

_POLL_SECONDS = 0.25
# What holds a data folder for itself alone and does jobs.
_DOES_JOBS = ("ragready up (", "ragready worker (")


def writer(settings: Settings) -> str:
    """The service that has the data folder and does jobs, as it names itself; empty where there is none."""
    holder = "" if settings.chroma_url else held_by(settings.data_folder / "lock")
    return holder if holder.startswith(_DOES_JOBS) else ""


def follow(settings: Settings, records: Records, job: Job, progress: Callable[[int, int, str], None]) -> None:
    """Submit a job and wait for its end. Raises the job's error, JobState when it was cancelled, WorkerLost."""
    made = records.jobs.submit(job)
    err.print(f"[dim]{writer(settings)} does this as {made.id}; it goes on when this command is stopped[/]")
    while made.state in ACTIVE:
        progress(made.files_done, made.files, "")
        time.sleep(_POLL_SECONDS)
        gone = not writer(settings)  # asked first: the service may have ended after it did the job
        made = records.jobs.get(settings.tenant, made.id)
        if gone and made.state in ACTIVE:
            raise WorkerLost(f"The service ended before job {made.id}.", "The next service on this folder does it.")
    if made.state == "cancelled":
        raise JobState(f"Job {made.id} was cancelled.", "Run the command again for what it did not come to.")
    if made.error:
        said = made.error
        raise named_error(said["code"], said["detail"], said["remedy"]) or RagreadyError(said["detail"], said["remedy"])
