"""The table of jobs and the store of uploads."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.core.app import App
from service.core.errors import JobState, RecordsUnavailable, UnknownJob, UploadsUnavailable
from service.core.job import Job, Upload
from service.core.uploads import UploadStore

ASKED = Job("default", "public", "uploads", "uploads", "key_1")


@pytest.fixture
def app(fake_app: App) -> App:
    """With the space that the jobs are about."""
    fake_app.records.ensure_space("default", "public", fake_app.recipe)
    return fake_app


def submit(app: App, *sources: str) -> Job:
    return app.records.jobs.submit(ASKED, [Upload(each, f"default/{each}", 3) for each in sources])


def test_a_job_moves_through_its_states(app: App) -> None:
    """Queued, running, failed with its error, queued for another attempt, done."""
    jobs = app.records.jobs
    made = submit(app, "uploads/a.md")
    assert jobs.start("default", made.id).state == "running"
    jobs.finish("default", made.id, RecordsUnavailable("It is gone.", "Start it."))
    failed = jobs.get("default", made.id)
    assert (failed.state, failed.error) == (
        "failed",
        {"code": "records-unavailable", "detail": "It is gone.", "remedy": "Start it."},
    )
    again = jobs.retry("default", made.id)
    assert (again.state, again.attempt, again.error, again.finished_at) == ("queued", 2, None, None)
    jobs.finish("default", made.id)
    done = jobs.get("default", made.id)
    assert (done.state, done.files_done, done.finished_at is not None) == ("done", 1, True)


def test_a_cancelled_job_stays_cancelled(app: App) -> None:
    """Whatever its worker still says of it."""
    jobs = app.records.jobs
    made = submit(app, "uploads/a.md")
    jobs.cancel("default", made.id)
    assert jobs.start("default", made.id).state == "cancelled"
    jobs.finish("default", made.id)
    assert jobs.get("default", made.id).state == "cancelled"
    assert not jobs.is_active("default", made.id)
    assert jobs.active("default") == []


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_an_unknown_job_is_named(app: App, act: str) -> None:
    """As is one whose state does not allow it."""
    with pytest.raises(UnknownJob, match="job_none"):
        getattr(app.records.jobs, act)("default", "job_none")
    made = submit(app)
    app.records.jobs.finish("default", made.id)
    with pytest.raises(JobState, match="done"):
        getattr(app.records.jobs, act)("default", made.id)


def test_progress_may_be_noted_twice(app: App) -> None:
    """A step that is done again after a kill changes no number."""
    made = submit(app, "uploads/a.md", "uploads/b.md", "uploads/c.md")
    for _ in range(2):
        app.records.jobs.mark_done("default", made.id, {0: 2, 1: 5})
        app.records.jobs.add_problems("default", made.id, [{"source": "uploads/b.md", "code": "x"}])
    noted = app.records.jobs.get("default", made.id)
    assert (noted.files, noted.files_done, noted.chunks, len(noted.problems)) == (3, 2, 7, 1)


def test_the_newest_upload_of_a_source_is_the_document(app: App) -> None:
    """A later one replaces it, unless it was cancelled before its turn; of one job the later file counts."""
    jobs = app.records.jobs
    [old] = jobs.uploads(submit(app, "uploads/a.md").id)
    assert jobs.is_newest("default", "public", old)
    newer = submit(app, "uploads/a.md", "uploads/a.md")
    first, second = jobs.uploads(newer.id)
    newest = [jobs.is_newest("default", "public", each) for each in (old, first, second)]
    assert newest == [False, False, True]
    jobs.cancel("default", newer.id)
    assert jobs.is_newest("default", "public", old)


def test_older_uploads_are_told_once_their_job_has_ended(app: App) -> None:
    """What a job that may still come to it needs stays, and what failed may be retried."""
    jobs = app.records.jobs
    old, failed = submit(app, "uploads/a.md"), submit(app, "uploads/a.md")
    newer = submit(app, "uploads/a.md")
    for each in (old, failed, newer):
        jobs.mark_done("default", each.id, {0: 1})
    assert jobs.older_uploads(newer) == []
    jobs.finish("default", old.id)
    jobs.finish("default", failed.id, RecordsUnavailable("It is gone.", "Start it."))
    assert [each.job for each in jobs.older_uploads(newer)] == [old.id]


def test_what_a_cancelled_job_did_not_come_to_is_forsaken(app: App) -> None:
    """After a while, and only that."""
    jobs = app.records.jobs
    made = submit(app, "uploads/a.md", "uploads/b.md")
    jobs.mark_done("default", made.id, {0: 1})
    jobs.cancel("default", made.id)
    now = datetime.now(UTC)
    assert jobs.forsaken_uploads("default", now - timedelta(minutes=1)) == []
    assert [each.number for each in jobs.forsaken_uploads("default", now + timedelta(minutes=1))] == [1]


@pytest.mark.parametrize("location", ["folder", "memory://shelf/uploads"])
def test_a_store_holds_what_was_written_as_a_whole(tmp_path: Path, location: str) -> None:
    """In a folder and in an object store; what broke off is not there."""
    store = UploadStore(str(tmp_path / location) if location == "folder" else location)
    with store.writing("default/job_1/0/a.md") as file:
        file.write(b"whole")
    with pytest.raises(ZeroDivisionError), store.writing("default/job_1/1/b.md") as file:
        file.write(b"half" * (1 // 0))
    assert [key for key, _ in store.keys("default")] == ["default/job_1/0/a.md"]
    with store.reading("default/job_1/0/a.md", tmp_path) as path:
        assert (path.read_bytes(), path.suffix) == (b"whole", ".md")
    store.remove("default/job_1/0/a.md")
    store.remove("default/job_1/0/a.md")
    assert (store.keys("default"), store.keys("other")) == ([], [])
    assert not list(tmp_path.glob("**/job_1"))


def test_a_store_that_fails_has_one_name(tmp_path: Path) -> None:
    """An unknown driver and a folder that cannot be written are UploadsUnavailable, with what to check."""
    (tmp_path / "file").write_text("")
    for location in ("no-such-driver://bucket", str(tmp_path / "file")):
        with pytest.raises(UploadsUnavailable, match="RAGREADY_UPLOADS_URL"), UploadStore(location).writing("a/b/0/c"):
            pass


def test_one_process_holds_a_name(app: App) -> None:
    """While it is there nobody takes its place; afterwards one does."""
    presence = app.records.presence
    presence.announce("worker-1")
    with app.records.shadow().presence.instead_of("worker-1") as gone:
        assert not gone
    presence.leave()
    with app.records.shadow().presence.instead_of("worker-1") as gone:
        assert gone
    assert not list(app.settings.data_folder.glob("worker-1*"))


def test_a_file_is_dated(tmp_path: Path) -> None:
    """The store tells when a file was written, by which requests that broke off are found."""
    store = UploadStore(str(tmp_path))
    with store.writing("default/job_1/0/a.md") as file:
        file.write(b"x")
    os.utime(tmp_path / "default/job_1/0/a.md", (1, 1))
    assert store.keys("default") == [("default/job_1/0/a.md", 1.0)]
