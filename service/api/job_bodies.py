"""The bodies of responses about jobs; `ragready jobs --json` prints the same ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.api.fields import fields_of
from service.core.job import Job, State

UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["space", "files"],
                    "properties": {
                        "space": {"type": "string", "description": "the space; an admin's new name makes one"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "source": {
                            "type": "string",
                            "default": "uploads",
                            "description": "what the documents' sources begin with",
                        },
                        "readers": {
                            "type": "string",
                            "description": "groups that may read a new space, separated by commas; default everyone",
                        },
                    },
                }
            }
        },
    }
}
"""What the OpenAPI document says of the form, which no model describes: its files are not read into memory."""


class FileProblemBody(BaseModel):
    """A file that was not ingested: what is wrong and what to do."""

    source: str
    code: str
    detail: str
    remedy: str


class JobErrorBody(BaseModel):
    """Why a job failed as a whole."""

    code: str
    detail: str
    remedy: str


class JobBody(BaseModel):
    """A job and how far it is."""

    job: str
    kind: str = Field(description="`uploads`, `removal`; of the index `build`, `swap`, `rollback`, `drop`, `reindex`")
    space: str | None = Field(description="null for a job on the index, which is about every space; admins see those")
    what: str = Field(description="what uploads' sources begin with, a document's id, or what the index shall be")
    state: State = Field(description="queued, running, done, failed or cancelled")
    attempt: int
    files: int
    files_done: int
    chunks: int = Field(description="chunks of the files that are done")
    problems: list[FileProblemBody] = Field(description="files that were not ingested, a hundred at most")
    error: JobErrorBody | None
    submitted_by: str = Field(description="id of the key, not the key")
    submitted_at: datetime | None
    finished_at: datetime | None


class JobsBody(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobBody]


def job_body(job: Job) -> JobBody:
    """A job as it leaves the process."""
    return JobBody(job=job.id, **fields_of(job, JobBody))


def jobs_body(jobs: Sequence[Job]) -> JobsBody:
    """Jobs as they leave the process."""
    return JobsBody(jobs=[job_body(each) for each in jobs])
