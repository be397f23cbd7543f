"""Jobs done by DBOS: in this process on SQLite, and by processes of their own on PostgreSQL and a Chroma server."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from eval.servers import Server
from ingestion.jobs import Worker, working
from ingestion.upgrade import build_order
from ingestion.uploads import sweep_uploads
from service.bootstrap import open_app, open_records
from service.core.app import App
from service.core.cache import InProcessCache
from service.core.errors import IndexUnavailable
from service.core.job import IndexJobKind, Job, State, Upload, new_job_id
from service.core.limits import InProcessLimiter
from service.core.personal import Patterns
from service.core.settings import Settings, load_settings
from service.core.telemetry import Telemetry
from service.core.types import ChunkVectors, Index, Vector
from service.core.uploads import UploadStore
from tests.fakes import FakeEncoder, FakeVectors
from tests.processes import Ragready, stop, wait_until

SUBJECTS = ("kettle", "lantern", "anchor", "violin", "compass", "ladder", "mirror", "saddle", "bridge", "candle")


def page(number: int, colour: str = "brown") -> str:
    """A page that resembles no other one."""
    first, second = SUBJECTS[number % 10], SUBJECTS[(number * 7 + 3) % 10]
    steps = number * 13 + 5
    return f"# The {first} {number}\n\nThe {colour} {first} hangs {steps} steps from the {second} of house {number}.\n"


def submit(app: App, texts: dict[str, str], space: str = "public") -> Job:
    """A job of uploads, as POST /v1/documents makes it."""
    job, files = new_job_id(), []
    for number, (name, text) in enumerate(texts.items()):
        key = f"default/{job}/{number}/{name}"
        with app.uploads.writing(key) as file:
            file.write(text.encode())
        files.append(Upload(f"uploads/{name}", key, len(text)))
    return app.records.jobs.submit(Job("default", space, "uploads", "uploads", "somebody", id=job), files)


def settled(app: App, *jobs: Job) -> list[Job]:
    """The jobs, once none of them is queued or running."""
    wait_until(lambda: not {each.id for each in app.records.jobs.active("default")} & {each.id for each in jobs}, 120)
    return [app.records.jobs.get("default", each.id) for each in jobs]


def texts(app: App) -> dict[str, str]:
    """Source → text of every document."""
    found = [app.records.document("default", each.id) for each in app.records.documents("default", ["public"])]
    return {each.source: each.text for each in found if each is not None}


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[App]:
    """Records in SQLite, an encoder and an index that cost nothing, a space, and little patience."""
    settings = Settings(data_folder=tmp_path / "data", job_attempts=2, controls_off=frozenset({"quality-gates"}))
    with closing(open_records(settings)) as records:
        fast = App(
            settings=settings,
            records=records,
            vectors=FakeVectors(),
            encoder=FakeEncoder(),
            telemetry=Telemetry(),
            cache=InProcessCache(1),
            limiter=InProcessLimiter(1),
            personal=Patterns(),
            model=None,
            dependencies={},
            uploads=UploadStore(settings.uploads_location),
        )
        records.ensure_space("default", "public", fast.recipe)
        yield fast


def test_uploads_become_documents(fast: App) -> None:
    """With progress by files and chunks; a file that cannot be ingested is told by name and stops no other."""
    with working(fast):
        [job] = settled(fast, submit(fast, {"a.md": page(1), "b.md": page(2), "c.exe": "x", "d.md": ""}))
    assert (job.state, job.files, job.files_done, job.error) == ("done", 4, 4, None)
    assert job.chunks == len(fast.records.chunk_ids(Index("default", "public", 1))) == 2
    assert {each["source"]: each["code"] for each in job.problems} == {
        "uploads/c.exe": "unsupported-format",
        "uploads/d.md": "empty-document",
    }
    assert texts(fast).keys() == {"uploads/a.md", "uploads/b.md"}


def test_a_second_upload_replaces_the_document(fast: App) -> None:
    """Of two uploads of one name, sent at once, both jobs are done and one document is there: the later one."""
    with working(replace(fast, settings=fast.settings.model_copy(update={"jobs_at_once": 2}))):
        jobs = [submit(fast, {"a.md": page(1, colour)}) for colour in ("red", "green", "blue")]
        assert [each.state for each in settled(fast, *jobs)] == ["done"] * 3
    assert list(texts(fast)) == ["uploads/a.md"]
    assert "blue" in texts(fast)["uploads/a.md"]
    assert len(fast.uploads.keys("default")) == 1


def test_an_older_upload_that_is_retried_later_does_not_come_back(fast: App) -> None:
    """A failed job's file is left out when a newer one of its name came in meanwhile."""
    old = submit(fast, {"a.md": page(1, "red")})
    fast.records.jobs.finish("default", old.id, IndexUnavailable("Chroma is gone.", "Start it."))
    with working(fast):
        settled(fast, submit(fast, {"a.md": page(1, "blue")}))
        fast.records.jobs.retry("default", old.id)
        assert settled(fast, old)[0].state == "done"
    assert "blue" in texts(fast)["uploads/a.md"]


class Moody(FakeVectors):
    """An index that does not answer for so many calls."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def upsert(self, index: Index, ids: list[str], vectors: Vector) -> None:
        if self.failures:
            self.failures -= 1
            raise IndexUnavailable("Chroma does not answer.", "Start it.")
        super().upsert(index, ids, vectors)


def test_what_fails_in_passing_is_tried_again(fast: App) -> None:
    """A store that answers at the second attempt costs nothing but time."""
    with working(replace(fast, vectors=Moody(1))):
        [job] = settled(fast, submit(fast, {"a.md": page(1)}))
    assert (job.state, job.chunks) == ("done", 1)


def test_what_goes_on_failing_is_a_dead_letter(fast: App) -> None:
    """After the last attempt the job is failed with the store's error; a person retries it when the store is back."""
    moody = Moody(2)
    with working(replace(fast, vectors=moody)):
        [job] = settled(fast, submit(fast, {"a.md": page(1)}))
        assert (job.state, job.error and job.error["code"]) == ("failed", "index-unavailable")
        assert fast.records.jobs.retry("default", job.id).state == "queued"
        assert settled(fast, job)[0].state == "done"
    assert texts(fast).keys() == {"uploads/a.md"}


def test_a_job_is_cancelled_between_files(fast: App) -> None:
    """What is committed stays, the rest does not come, and its bytes are removed."""
    worker = Worker(fast)
    job = submit(fast, {f"{number}.md": page(number) for number in range(200)})
    worker.start()
    try:
        wait_until(lambda: fast.records.jobs.get("default", job.id).files_done)
        fast.records.jobs.cancel("default", job.id)
        wait_until(lambda: len(fast.uploads.keys("default")) < 200)
    finally:
        worker.stop()
    cancelled = fast.records.jobs.get("default", job.id)
    assert cancelled.state == "cancelled"
    assert 0 < cancelled.files_done < 200
    assert len(texts(fast)) < 200


def test_a_stopped_worker_leaves_its_job_to_the_next(fast: App) -> None:
    """Stopping is no failure: another worker goes on, and does not do again what is done."""
    first = Worker(fast)
    job = submit(fast, {f"{number}.md": page(number) for number in range(200)})
    first.start()
    wait_until(lambda: fast.records.jobs.get("default", job.id).files_done)
    first.stop()
    assert fast.records.jobs.get("default", job.id).state == "running"
    with working(fast):
        assert settled(fast, job)[0].files_done == 200
    assert len(texts(fast)) == 200
    assert fast.encoder.embedded == 200


def test_a_document_is_removed_with_its_upload(fast: App) -> None:
    """A removal takes the document, its chunks, and the bytes that it came from."""
    with working(fast):
        settled(fast, submit(fast, {"a.md": page(1), "b.md": page(2)}))
        [first, _] = fast.records.documents("default", ["public"])
        asked = fast.records.jobs.submit(Job("default", "public", "removal", first.id, "somebody", files=1))
        assert settled(fast, asked)[0].state == "done"
    assert len(texts(fast)) == len(fast.uploads.keys("default")) == 1


def on_the_index(app: App, kind: IndexJobKind, what: str = "") -> Job:
    """A job on the index of every space, once it has ended."""
    return settled(app, app.records.jobs.submit(Job("default", None, kind, what, "somebody")))[0]


def states(app: App) -> dict[int, str]:
    """State by number."""
    return {each.index.generation: each.state for each in app.records.generations.of("default")}


def test_the_index_is_changed_by_jobs(fast: App) -> None:
    """Built, swapped, rolled back and dropped; each is done again without harm, as after a kill."""
    with working(fast):
        settled(fast, submit(fast, {f"{number}.md": page(number) for number in range(20)}))
        built = on_the_index(fast, "build", build_order(None, "sentences", 100))
        assert (built.state, built.files, built.files_done) == ("done", 20, 20)
        assert states(fast) == {1: "serving", 2: "ready"}
        assert {each.recipe.splitter for each in fast.records.spaces("default")} == {"structure"}
        for _ in range(2):
            assert (on_the_index(fast, "swap", "2").state, states(fast)) == ("done", {1: "retired", 2: "serving"})
        assert {each.recipe.splitter for each in fast.records.spaces("default")} == {"sentences"}
        for _ in range(2):
            assert (on_the_index(fast, "rollback", "1").state, states(fast)) == ("done", {1: "serving", 2: "retired"})
        for _ in range(2):
            assert (on_the_index(fast, "drop").state, states(fast)) == ("done", {1: "serving"})
        gone = on_the_index(fast, "swap", "2")
    assert (gone.state, gone.error and gone.error["code"]) == ("failed", "no-generation")


class Slow(FakeEncoder):
    """An encoder that does something before each batch."""

    def __init__(self, before: Callable[[], object]) -> None:
        super().__init__()
        self._before = before

    def embed_chunks(self, contexts: Sequence[str], bodies: Sequence[str]) -> list[ChunkVectors]:
        self._before()
        return super().embed_chunks(contexts, bodies)


def test_a_build_is_cancelled_between_batches(fast: App) -> None:
    """What it made is taken up by the next build of the same."""
    with working(fast):
        settled(fast, submit(fast, {f"{number}.md": page(number) for number in range(40)}))
    jobs = fast.records.jobs
    begun = threading.Event()
    asked = jobs.submit(Job("default", None, "build", build_order(None, "sentences", None), "somebody"))

    def cancel() -> None:
        if not begun.is_set():
            begun.set()
            jobs.cancel("default", asked.id)
            time.sleep(0.6)  # a job is looked at twice a second

    with working(replace(fast, encoder=Slow(cancel))):
        assert settled(fast, asked)[0].state == "cancelled"
    assert states(fast) == {1: "serving", 2: "building"}
    [half] = [each.chunks for each in fast.records.generations.of("default") if each.state == "building"]
    assert 0 < half < 40
    with working(fast):
        again = on_the_index(fast, "build", build_order(None, "sentences", None))
    assert (again.files, states(fast)) == (40 - half, {1: "serving", 2: "ready"})


def test_what_broke_off_is_swept(fast: App) -> None:
    """Bytes without a job go after a day; those of jobs stay."""
    with fast.uploads.writing("default/job_gone/0/a.md") as file:
        file.write(b"half")
    submit(fast, {"b.md": page(1)})
    assert sweep_uploads(fast) == 0
    os.utime(fast.settings.data_folder / "uploads/default/job_gone/0/a.md", (1, 1))
    assert sweep_uploads(fast) == 1
    assert len(fast.uploads.keys("default")) == 1


def test_copies_of_a_killed_worker_are_swept(fast: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had fetched from an object store does not stay on the machine; a living one's does."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen(["true"])
    gone.wait()
    folders = [tmp_path / f"ragready-uploads-{process}-x" for process in (gone.pid, os.getpid())]
    for folder in folders:
        folder.mkdir()
        (folder / "a.md").write_text("copied")
    sweep_uploads(fast)
    assert [each.exists() for each in folders] == [False, True]


def test_an_object_store_is_read_through_copies(fast: App) -> None:
    """Uploads in a store that is no folder are ingested as from a folder."""
    app = replace(fast, uploads=UploadStore("memory://bucket/uploads"))
    with working(app):
        [job] = settled(app, submit(app, {"a.md": page(1)}))
    assert (job.state, job.chunks) == ("done", 1)


@pytest.fixture
def servers(chroma: Server, database_url: str) -> dict[str, object]:
    """Settings that reach a PostgreSQL and a Chroma server."""
    return {"database_url": database_url, "chroma_url": f"http://127.0.0.1:{chroma.port}", "max_chunk_tokens": 40}


@pytest.fixture
def shared(ragready: Ragready, servers: dict[str, object]) -> Iterator[App]:
    """These servers, with a space."""
    settings = load_settings(data_folder=ragready.data, encoder_folder=ragready.encoder_folder, **servers)
    with open_app(settings, holder="a test", writes=True) as opened:
        opened.records.ensure_space("default", "public", opened.recipe)
        yield opened


def test_two_workers_share_the_load_and_one_takes_over(
    ragready: Ragready, servers: dict[str, object], shared: App
) -> None:
    """Two processes do jobs of one queue at the same time; what a killed one had begun, the other one ends."""
    workers = [ragready.start("worker", **servers) for _ in range(2)]
    try:
        jobs = [submit(shared, {f"{job}-{each}.md": page(job * 40 + each) for each in range(40)}) for job in range(4)]
        wait_until(lambda: len(in_state(shared, "running")) == 2)
        workers[0].kill()
        assert [each.state for each in settled(shared, *jobs)] == ["done"] * 4
    finally:
        for each in workers:
            stop(each)
    assert len(texts(shared)) == 160
    index = Index("default", "public", 1)
    assert shared.vectors.ids(index) == shared.records.chunk_ids(index)


def in_state(app: App, state: State) -> list[Job]:
    return app.records.jobs.all("default", state=state)
