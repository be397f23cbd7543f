"""Does the jobs of a tenant in this process: durable workflows of DBOS, one for each attempt at a job.

The table of jobs says what is to be done; this enqueues it, so that whoever submits needs no DBOS. Several processes on
one PostgreSQL share the queue. A process that dies leaves its workflows to the next one that notices: each process
holds a lock of its own name, and whoever gets a dead one's lock puts its workflows back into the queue.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from ingestion import job
from ingestion.uploads import sweep_uploads
from service.core.app import App
from service.core.errors import CouldNotCheck, EncoderMismatch, EncoderMissing, RagreadyError, StoreProblem, WorkerLost
from service.core.job import Job

# Workflows of another version would not be resumed: raised only when the steps of a workflow change.
VERSION = "1"
# How often a job may end the process that does it before it is given up.
MAX_WORKERS_LOST = 10
_POLL_SECONDS = 0.5
_SWEEP_SECONDS = 3_600
_STOP_SECONDS = 8
_LASTING = (EncoderMismatch, EncoderMissing)
_log = structlog.get_logger("ragready.jobs")


class Stopped(BaseException):
    """The process is to end: no failure of the job, which goes on where it was in another process."""


@contextmanager
def working(app: App, beat: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Do jobs on threads of this process until the block ends. `beat` is called at every look and every file."""
    worker = Worker(app, beat)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


class Worker:
    """One process's part in the jobs of a tenant. DBOS is loaded and started with the first job."""

    def __init__(self, app: App, beat: Callable[[], None] = lambda: None) -> None:
        self.name = f"worker-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._app = app
        self._beat = beat
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._workflow: Callable[[str], None] | None = None
        self._enqueued: set[str] = set()
        self._swept_at = 0.0

    def start(self) -> None:
        """Look for jobs from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Leave what is being done at its next file, and wait for that; whoever comes next goes on with it."""
        self._stopping.set()
        self._thread.join()
        if self._workflow is not None:
            from dbos import DBOS  # noqa: PLC0415

            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=_STOP_SECONDS)
        self._app.records.presence.leave()

    def _run(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            try:
                self._look()
            # a store that does not answer now may do so at the next look, and jobs wait until then
            except Exception as error:  # noqa: BLE001
                detail = str(error) if isinstance(error, RagreadyError) else ""
                _log.error("jobs cannot be looked after", kind=type(error).__name__, detail=detail)
                self._stopping.wait(10 * _POLL_SECONDS)

    def _look(self) -> None:
        self._beat()
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS or not self._swept_at:
            self._swept_at = time.monotonic()
            sweep_uploads(self._app)
        waiting = self._app.records.jobs.active(self._app.settings.tenant)
        if not waiting:
            return
        if self._workflow is None:
            self._launch()
        self._app.records.presence.renew()
        self._take_over()
        self._give_up_lost(waiting)
        for each in waiting:
            if _workflow_id(each) not in self._enqueued:
                self._enqueue(each)
                self._enqueued.add(_workflow_id(each))

    def _launch(self) -> None:
        """Start DBOS, which begins to take jobs from the queue."""
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it writes to the terminal on its own
        from dbos import DBOS, DBOSConfig  # noqa: PLC0415  # half a second, and memory that a reader has no use for

        settings = self._app.settings
        configuration: DBOSConfig = {
            "name": "ragready",
            "system_database_url": _database_url(self._app),
            "executor_id": self.name,
            "application_version": VERSION,
            "log_level": "WARNING",
            "enable_otlp": False,
            "sys_db_pool_size": 4 + settings.jobs_at_once,
        }
        self._app.records.presence.announce(self.name)
        DBOS(config=configuration)
        workflow = _registered(self._app, self._check)
        DBOS.listen_queues([self._queue])
        DBOS.launch()
        DBOS.register_queue(self._queue, worker_concurrency=settings.jobs_at_once, polling_interval_sec=_POLL_SECONDS)
        self._workflow = workflow

    def _enqueue(self, waiting: Job) -> None:
        """Put a job's attempt into the queue; it is there once, however many processes do so however often."""
        from dbos import DBOS, SetWorkflowID  # noqa: PLC0415

        assert self._workflow is not None  # noqa: S101  # _look launches first
        with SetWorkflowID(_workflow_id(waiting)):
            DBOS.enqueue_workflow(self._queue, self._workflow, waiting.id)

    def _take_over(self) -> None:
        """Put back into the queue what processes that are gone had begun."""
        from dbos import DBOS  # noqa: PLC0415

        begun = DBOS.list_workflows(status="PENDING", queue_name=self._queue, load_input=False, load_output=False)
        for name in {each.executor_id for each in begun if each.executor_id} - {self.name}:
            with self._app.records.presence.instead_of(name) as gone:
                if gone:
                    _log.warning("taking over from a worker that is gone", worker=name)
                    # the one call that counts the attempt and passes over what another process took over already
                    DBOS._recover_pending_workflows([name])

    def _give_up_lost(self, waiting: list[Job]) -> None:
        """Mark jobs as failed which ended their worker too often, or whose workflow broke without a word."""
        from dbos import DBOS  # noqa: PLC0415

        by_workflow = {_workflow_id(each): each for each in waiting}
        broken = DBOS.list_workflows(
            workflow_ids=list(by_workflow), status=["MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR"], load_input=False
        )
        for each in broken:
            error = WorkerLost(
                f"The worker ended {MAX_WORKERS_LOST} times or broke during job {by_workflow[each.workflow_id].id}.",
                "See the worker's log for what it did last, take that file out, and retry the job.",
            )
            self._app.records.jobs.finish(self._app.settings.tenant, by_workflow[each.workflow_id].id, error)

    def _check(self) -> None:
        self._beat()
        if self._stopping.is_set():
            raise Stopped

    @property
    def _queue(self) -> str:
        return f"ragready-{self._app.settings.tenant}"


def _registered(app: App, check: Callable[[], None]) -> Callable[[str], None]:
    """The workflow of a job. What a step raises in passing is tried again, at growing intervals."""
    from dbos import DBOS  # noqa: PLC0415

    patient: Any = {
        "retries_allowed": True,
        "max_attempts": app.settings.job_attempts,
        "should_retry": _passes,
    }

    @DBOS.step(name="begin", **patient)
    def begin(identity: str) -> int:
        return job.begin(app, identity)

    @DBOS.step(name="do", **patient)
    def do(identity: str, step: int) -> bool:
        return job.do(app, identity, step, check)

    @DBOS.step(name="end", **patient)
    def end(identity: str, error: RagreadyError | None) -> None:
        job.end(app, identity, error)

    @DBOS.workflow(name="job", max_recovery_attempts=MAX_WORKERS_LOST)
    def workflow(identity: str) -> None:
        error: RagreadyError | None = None
        try:
            for step in range(begin(identity)):
                if not do(identity, step):
                    break
        # whatever ends the steps becomes the job's error, which its submitter reads
        except Exception as raised:  # noqa: BLE001
            error = _told(raised)
        end(identity, error)

    return workflow


def _passes(error: BaseException) -> bool:
    """Whether an error may go away by itself."""
    return isinstance(error, StoreProblem | CouldNotCheck) and not isinstance(error, _LASTING)


def _told(raised: Exception) -> RagreadyError:
    """The error of ours behind what a step raised, or one that names what was not foreseen."""
    causes = getattr(raised, "errors", None) or [raised]
    last = causes[-1]
    if isinstance(last, RagreadyError):
        return last
    _log.error("a job broke", kind=type(last).__name__, exc_info=last)
    return RagreadyError(f"The job broke: {type(last).__name__}.", "The worker's log names the place.")


def _workflow_id(waiting: Job) -> str:
    return f"{waiting.id}.{waiting.attempt}"


def _database_url(app: App) -> str:
    """DBOS's own tables: a schema of the PostgreSQL database, or a file beside the records'."""
    url = app.settings.database_url
    return url.get_secret_value() if url else f"sqlite:///{app.settings.data_folder / 'jobs.sqlite3'}"
