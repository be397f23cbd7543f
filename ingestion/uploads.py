"""Ingests uploaded files: each under its source, the newest upload of a source being the document.

An older upload that is worked on later is left out, whatever the order in which workers come to them. Bytes stay in the
store while they are the newest, so that a space's new policy can be applied to them; older ones are removed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion import pipeline
from ingestion.remove import forget_uploads
from ingestion.report import Problem, Report
from ingestion.sources import SourceFile
from service.core.app import App
from service.core.errors import UnsupportedFormat
from service.core.job import Job, Upload
from service.core.locks import runs

FILES_A_STEP = 64
# No request takes longer than this, and no worker needs longer to notice that its job was cancelled.
_BROKEN_OFF = timedelta(days=1)
_FORSAKEN = timedelta(hours=1)
# What a store that is no folder has copied to this machine at the same time.
_BYTES_AT_ONCE = 256 * 2**20
# Such copies lie in a folder that names their process, by which those of a killed one are found.
_SCRATCH = "ragready-uploads-"


def ingest_uploads(app: App, job: Job, step: int, progress: pipeline.Progress) -> None:
    """Ingest the files of one step of a job, those that are done left out. Raises StoreProblem."""
    jobs = app.records.jobs
    files = [each for each in jobs.uploads(job.id, step * FILES_A_STEP, FILES_A_STEP) if not each.done]
    newest = [each for each in files if jobs.is_newest(job.tenant, job.in_space, each)]
    jobs.mark_done(job.tenant, job.id, {each.number: 0 for each in files if each not in newest})
    for group in _groups(newest):
        _ingest(app, job, group, progress)


def sweep_uploads(app: App) -> int:
    """Remove files that no job will come to: of cancelled jobs, and of requests that broke off. Returns how many.

    Copies that a killed worker left on this machine go too.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        process = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if process.isdigit() and not runs(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
    tenant, now = app.settings.tenant, datetime.now(UTC)
    forsaken = app.records.jobs.forsaken_uploads(tenant, now - _FORSAKEN)
    forget_uploads(app, forsaken)
    known = {each.key for each in app.records.jobs.uploads_of(tenant)}
    before = (now - _BROKEN_OFF).timestamp()
    broken_off = [key for key, changed in app.uploads.keys(tenant) if key not in known and 0 < changed < before]
    for key in broken_off:
        app.uploads.remove(key)
    return len(forsaken) + len(broken_off)


def _ingest(app: App, job: Job, uploads: Sequence[Upload], progress: pipeline.Progress) -> None:
    jobs = app.records.jobs
    by_source = {each.source: each for each in uploads}

    def wanted(source: str) -> bool:
        return jobs.is_newest(job.tenant, job.in_space, by_source[source])

    with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-") as scratch, ExitStack() as opened:
        files = [
            SourceFile(opened.enter_context(app.uploads.reading(each.key, Path(scratch))), each.source)
            for each in by_source.values()
        ]
        report = pipeline.take(app, job.in_space, files, progress, wanted)
    entries = app.records.manifest.of(job.tenant, job.in_space, list(by_source))
    outcomes = {source: entry.outcome for source, entry in entries.items()}
    chunks = {each.number: outcomes.get(each.source, {}).get("chunks", 0) for each in uploads}
    jobs.add_problems(job.tenant, job.id, [vars(each) for each in _problems(report)])
    jobs.mark_done(job.tenant, job.id, chunks)


def _problems(report: Report) -> Iterator[Problem]:
    yield from report.problems
    for source in report.skipped:
        error = UnsupportedFormat(f"{source} is of a kind that no loader reads.", "Convert it to one that is read.")
        yield Problem.of(source, error)


def _groups(files: Sequence[Upload]) -> Iterator[list[Upload]]:
    group: list[Upload] = []
    for each in files:
        if group and sum(one.size_bytes for one in group) + each.size_bytes > _BYTES_AT_ONCE:
            yield group
            group = []
        group.append(each)
    if group:
        yield group
