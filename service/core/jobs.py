"""Jobs: what somebody asked the workers to do, and how far it is. API and command line write them, workers do them.

A row says what is to be done and is written in one transaction with the files that it is about; that it is carried out,
tried again and taken over from a dead worker is the business of ingestion.jobs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, false, func, insert, select, update

from service.core import rows, schema
from service.core.database import reading, writing
from service.core.errors import JobState, RagreadyError, UnknownJob
from service.core.job import ACTIVE, Job, State, Upload, new_job_id

MAX_PROBLEMS = 100


class Jobs:
    """Reads and writes of jobs and their files. All methods block; see service.core.database for what they raise."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Whoever asks for it

    def submit(self, job: Job, uploads: Sequence[Upload] = ()) -> Job:
        """Write a job and its files, whole or not at all."""
        now = datetime.now(UTC)
        made = replace(job, id=job.id or new_job_id(), files=job.files or len(uploads), submitted_at=now)
        with writing(self._engine) as connection:
            connection.execute(insert(schema.jobs).values({**vars(made), "problems": []}))
            if uploads:
                files = [
                    {
                        **vars(each),
                        "job": made.id,
                        "number": number,
                        "at": now,
                        "tenant": job.tenant,
                        "space": job.space,
                    }
                    for number, each in enumerate(uploads)
                ]
                connection.execute(insert(schema.uploads), files)
        return made

    def get(self, tenant: str, job: str) -> Job:
        """A job. Raises UnknownJob."""
        with reading(self._engine) as connection:
            return _job_of(self._row(connection, tenant, job))

    def all(
        self, tenant: str, *, spaces: Sequence[str | None] | None = None, state: State | None = None, limit: int = 100
    ) -> list[Job]:
        """The newest jobs of a tenant, or of some of its spaces, None being every space's, the newest first."""
        table = schema.jobs
        query = select(table).where(table.c.tenant == tenant).order_by(table.c.submitted_at.desc(), table.c.id)
        if spaces is not None:
            query = query.where(table.c.space.in_(spaces) | (table.c.space.is_(None) if None in spaces else false()))
        if state is not None:
            query = query.where(table.c.state == state)
        with reading(self._engine) as connection:
            return [_job_of(row) for row in connection.execute(query.limit(limit))]

    def cancel(self, tenant: str, job: str) -> Job:
        """End a job before its next file. Raises UnknownJob, and JobState for one that has ended."""
        return self._moved(tenant, job, ACTIVE, state="cancelled", finished_at=datetime.now(UTC))

    def retry(self, tenant: str, job: str) -> Job:
        """Try a failed job again: what it did before stays done. Raises UnknownJob and JobState."""
        again = {"state": "queued", "error": None, "finished_at": None}
        return self._moved(tenant, job, ("failed",), **again, attempt=schema.jobs.c.attempt + 1)

    # Whoever does it

    def active(self, tenant: str) -> list[Job]:
        """Jobs that are queued or running, the oldest first."""
        table = schema.jobs
        query = select(table).where(table.c.tenant == tenant, table.c.state.in_(ACTIVE))
        with reading(self._engine) as connection:
            return [_job_of(row) for row in connection.execute(query.order_by(table.c.submitted_at, table.c.id))]

    def start(self, tenant: str, job: str) -> Job:
        """Mark a job as running, unless it was cancelled meanwhile; returns it as it is then. Raises UnknownJob."""
        self._update(tenant, job, ACTIVE, state="running")
        return self.get(tenant, job)

    def is_active(self, tenant: str, job: str) -> bool:
        """Whether a job is still to be done: False once it was cancelled."""
        query = select(schema.jobs.c.state).where(schema.jobs.c.tenant == tenant, schema.jobs.c.id == job)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar() in ACTIVE

    def progressed(self, tenant: str, job: str, files_done: int, chunks: int, files: int | None = None) -> None:
        """Note how far a job is: numbers of the whole job, so that saying it twice changes nothing."""
        values: dict[str, Any] = {"files_done": files_done, "chunks": chunks}
        self._update(tenant, job, ACTIVE, **values, **({} if files is None else {"files": files}))

    def add_problems(self, tenant: str, job: str, problems: Sequence[Mapping[str, str]]) -> None:
        """Note files that were not ingested; what was noted of the same source before is replaced."""
        if not problems:
            return
        with writing(self._engine) as connection:
            noted = {each["source"]: dict(each) for each in self._row(connection, tenant, job).problems}
            noted.update({each["source"]: dict(each) for each in problems})
            kept = list(noted.values())[:MAX_PROBLEMS]
            connection.execute(update(schema.jobs).where(schema.jobs.c.id == job).values(problems=kept))

    def finish(self, tenant: str, job: str, error: RagreadyError | None = None) -> None:
        """Mark a job as done, or as failed with the error; a cancelled one stays cancelled."""
        said = error and {"code": error.code, "detail": error.detail, "remedy": error.remedy}
        state: State = "failed" if error else "done"
        done = {} if error else {"files_done": schema.jobs.c.files}
        self._update(tenant, job, ACTIVE, state=state, error=said, finished_at=datetime.now(UTC), **done)

    # Its files

    def uploads(self, job: str, first: int = 0, count: int | None = None) -> list[Upload]:
        """Some of a job's files, in order."""
        table = schema.uploads
        query = select(table).where(table.c.job == job, table.c.number >= first).order_by(table.c.number)
        if count is not None:
            query = query.where(table.c.number < first + count)
        with reading(self._engine) as connection:
            return [_upload_of(row) for row in connection.execute(query)]

    def uploads_of(self, tenant: str, space: str | None = None, source: str | None = None) -> list[Upload]:
        """Every file that is kept of a tenant, a space or a source, the newest last."""
        table = schema.uploads
        query = select(table).where(table.c.tenant == tenant).order_by(table.c.at, table.c.job, table.c.number)
        if space is not None:
            query = query.where(table.c.space == space)
        if source is not None:
            query = query.where(table.c.source == source)
        with reading(self._engine) as connection:
            return [_upload_of(row) for row in connection.execute(query)]

    def is_newest(self, tenant: str, space: str, upload: Upload) -> bool:
        """Whether no later upload of the same source came in, those of cancelled jobs not counted."""
        table = schema.uploads
        query = (
            select(table.c.job, table.c.number)
            .join(schema.jobs, schema.jobs.c.id == table.c.job)
            .where(table.c.tenant == tenant, table.c.space == space, table.c.source == upload.source)
            .where((schema.jobs.c.state != "cancelled") | table.c.done)
            .order_by(table.c.at.desc(), table.c.job.desc(), table.c.number.desc())
        )
        with reading(self._engine) as connection:
            newest = connection.execute(query.limit(1)).first()
        return newest is not None and (newest.job, newest.number) == (upload.job, upload.number)

    def mark_done(self, tenant: str, job: str, chunks: Mapping[int, int]) -> None:
        """Mark files as done, each by its number with the chunks that it gave, and the job's progress with them."""
        table = schema.uploads
        with writing(self._engine) as connection:
            for number, count in chunks.items():
                ours = update(table).where(table.c.job == job, table.c.number == number)
                connection.execute(ours.values(done=True, chunks=count))
            totals = select(func.count(), func.coalesce(func.sum(table.c.chunks), 0)).where(
                table.c.job == job, table.c.done
            )
            files_done, all_chunks = connection.execute(totals).one()
            ours = update(schema.jobs).where(schema.jobs.c.tenant == tenant, schema.jobs.c.id == job)
            connection.execute(ours.values(files_done=files_done, chunks=all_chunks))

    def older_uploads(self, job: Job) -> list[Upload]:
        """Files that have no newer one to wait for: of the sources of a job, the older ones of jobs that have ended."""
        mine, table = schema.uploads.alias(), schema.uploads
        sources = select(mine.c.source).where(mine.c.job == job.id)
        query = (
            select(table)
            .join(schema.jobs, schema.jobs.c.id == table.c.job)
            .where(table.c.tenant == job.tenant, table.c.space == job.space, table.c.source.in_(sources))
            .where(schema.jobs.c.state.notin_([*ACTIVE, "failed"]) | (table.c.job == job.id), table.c.done)
        )
        with reading(self._engine) as connection:
            found = [_upload_of(row) for row in connection.execute(query)]
        return [each for each in found if not self.is_newest(job.tenant, job.in_space, each)]

    def forsaken_uploads(self, tenant: str, before: datetime) -> list[Upload]:
        """Files of jobs that were cancelled before they came to them, and before this moment."""
        table, of = schema.uploads, schema.jobs
        query = select(table).join(of, of.c.id == table.c.job).where(table.c.tenant == tenant, ~table.c.done)
        with reading(self._engine) as connection:
            cancelled = query.where(of.c.state == "cancelled", of.c.finished_at < before)
            return [_upload_of(row) for row in connection.execute(cancelled)]

    def forget_uploads(self, uploads: Sequence[Upload]) -> None:
        """Forget files that the store of uploads no longer holds."""
        table = schema.uploads
        with writing(self._engine) as connection:
            for each in uploads:
                connection.execute(delete(table).where(table.c.job == each.job, table.c.number == each.number))

    # Inside a transaction

    def _moved(self, tenant: str, job: str, before: Sequence[State], **values: Any) -> Job:
        moved = self._update(tenant, job, before, **values)
        now = self.get(tenant, job)
        if not moved:
            raise JobState(f"Job {job} is {now.state}.", f"This can be done while a job is {' or '.join(before)}.")
        return now

    def _update(self, tenant: str, job: str, before: Sequence[State], **values: Any) -> bool:
        """Change a job that is in one of these states; False when it is not."""
        table = schema.jobs
        ours = update(table).where(table.c.tenant == tenant, table.c.id == job, table.c.state.in_(before))
        with writing(self._engine) as connection:
            return connection.execute(ours.values(values)).rowcount > 0

    def _row(self, connection: Connection, tenant: str, job: str) -> Row[Any]:
        table = schema.jobs
        row = connection.execute(select(table).where(table.c.tenant == tenant, table.c.id == job)).first()
        if row is None:
            raise UnknownJob(f"There is no job {job!r}.", "`ragready jobs list` and GET /v1/jobs list them.")
        return row


def _job_of(row: Row[Any]) -> Job:
    submitted, finished = rows.aware(row.submitted_at), row.finished_at and rows.aware(row.finished_at)
    moments = {"submitted_at": submitted, "finished_at": finished}
    return Job(**{**row._mapping, **moments, "problems": tuple(row.problems)})


def _upload_of(row: Row[Any]) -> Upload:
    return Upload(row.source, row.key, row.size_bytes, row.job, row.number, row.done, row.chunks, rows.aware(row.at))
