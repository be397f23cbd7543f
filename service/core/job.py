"""What a job is and what its files are: data that API, command line and workers hand to each other."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

# uploads: files that were uploaded; removal: a document to be removed; the others change the index of every space.
IndexJobKind: TypeAlias = Literal["build", "swap", "rollback", "drop", "reindex"]
JobKind: TypeAlias = Literal["uploads", "removal"] | IndexJobKind
State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
ACTIVE: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Job:
    """A job. `what` is the name under which files are uploaded, a document's id, or what ingestion.upgrade reads.

    A job on the index is about every space, and its `space` is None. `files` and `files_done` count what is given,
    files or documents, `chunks` what came of it. `problems` tells of files that were not ingested, of the first
    hundred; `error` is why the job as a whole failed. `attempt` counts from 1.
    """

    tenant: str
    space: str | None
    kind: JobKind
    what: str
    submitted_by: str
    id: str = ""
    state: State = "queued"
    attempt: int = 1
    files: int = 0
    files_done: int = 0
    chunks: int = 0
    problems: tuple[Mapping[str, str], ...] = ()
    error: Mapping[str, str] | None = None
    submitted_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def in_space(self) -> str:
        """The space of a job that is about documents."""
        assert self.space is not None, f"{self.kind} is about every space"  # noqa: S101
        return self.space


@dataclass(frozen=True)
class Upload:
    """A file of a job: its source in the space, and where the store of uploads holds it."""

    source: str
    key: str
    size_bytes: int
    job: str = ""
    number: int = 0
    done: bool = False
    chunks: int = 0
    at: datetime | None = field(default=None, compare=False)


def new_job_id() -> str:
    """An id that nobody can guess, made before the job's files are stored under it."""
    return f"job_{secrets.token_hex(12)}"
