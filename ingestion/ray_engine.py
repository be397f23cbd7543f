"""Makes files ready in processes of Ray Data, on one machine or a cluster, for loads too large for one process.

Workers run the steps of ingestion.prepare and embed; they hold no store and no secret. What they make comes back in the
order of the files, and this process alone commits it, so that the outcome is the one of the local engine. A worker does
not know what the stores hold: a copy, or a changed file, is embedded as a whole, and what was there already is thrown
away. On a cluster every node needs the files and the encoder under the same paths.
"""

import logging
import os
import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.parse import parsers
from ingestion.prepare import Known, Outcome, PreparedFile, outcome
from ingestion.sources import FileProblem, SourceFile
from ingestion.write import chunks_in, embedded, in_batches
from service.core.app import App
from service.core.errors import EngineFailed, InvalidSettings, PreparationFailed
from service.core.settings import Settings
from service.core.types import Space

if TYPE_CHECKING:
    import pyarrow as pa

FILES_A_TASK = 16
# A worker that a file ends is started anew this often before the run ends: the machine's lack of memory may pass.
MAX_RESTARTS = 2
OBJECT_STORE_BYTES = 512 * 2**20
# Ray puts sockets below its folder, and the system allows 107 characters for the path of one; Ray takes 62 of them.
_LONGEST_FOLDER = 24
# Neither the secrets nor the addresses of what only this process talks to.
_NOT_FOR_WORKERS = ("api_key", "database_url", "redis_url", "model_api_key", "otlp_endpoint")
# Read by Ray at its import: it reports nothing, writes nothing beside our own lines, and its servers listen on the
# loopback interface only. That last variable names the systems where this is the default.
_PRIVATE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
_COLUMN = "outcome"


@dataclass(frozen=True)
class RayEngine:
    """Ray, started; called as an engine of ingestion.pipeline.

    `opened` opens, from settings, what a worker prepares with. It is sent by its name, as every function of a module.
    """

    opened: Callable[[Settings], AbstractContextManager[App]]
    workers: int

    def __call__(
        self, app: App, space: Space, files: Sequence[SourceFile | FileProblem], known: Known
    ) -> Iterator[Outcome]:
        """What comes of each file, in their order. Raises EngineFailed, which names where it broke."""
        import ray.data  # noqa: PLC0415  # takes seconds
        from ray.exceptions import RayError  # noqa: PLC0415

        if not files:
            return
        rows = [{_COLUMN: pickle.dumps(_task(each, known))} for each in files]
        blocks = min(len(rows), max(-(-len(rows) // FILES_A_TASK), 2 * self.workers))
        settings = _without_secrets(app.settings, self.workers)
        with warnings.catch_warnings():
            # that the last two arguments end with Ray 2.64, for which there is no other way yet
            warnings.simplefilter("ignore", DeprecationWarning)
            data = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
                _Worker,
                batch_size=None,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(size=self.workers, max_tasks_in_flight_per_actor=2),
                fn_constructor_args=(self.opened, settings, space),
                num_cpus=1,
                max_restarts=MAX_RESTARTS,
                max_task_retries=MAX_RESTARTS,
            )
        done = 0
        try:
            for row in data.iter_rows():
                yield pickle.loads(row[_COLUMN])  # noqa: S301  # our own worker wrote it
                done += 1
        except RayError as error:
            raise _failed(files[done].source, error) from error


@contextmanager
def ray_engine(
    settings: Settings, opened: Callable[[Settings], AbstractContextManager[App]], workers: int | None = None
) -> Iterator[RayEngine]:
    """Start Ray, or join the cluster of RAY_ADDRESS, and leave nothing of it behind; a worker a core by default.

    Raises InvalidSettings where Ray, or a server for the vectors, is missing.
    """
    if settings.chroma_url is None:
        raise InvalidSettings(
            "RAGREADY_CHROMA_URL is not set: the engine ray is for loads into a Chroma server.",
            "Start a Chroma server and name it, or use the engine local.",
        )
    address = os.environ.get("RAY_ADDRESS", "local")
    if address == "local":
        os.environ.update({name: value for name, value in _PRIVATE.items() if name not in os.environ})
    try:
        import ray.data  # noqa: PLC0415  # takes seconds
    except ImportError as error:
        raise InvalidSettings(f"The engine ray cannot be loaded: {error}.", "Install the extra `ray`.") from error
    with ExitStack() as stack:
        if address == "local":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", dir=_short_folder()))
            _start(folder, workers)
        else:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        stack.callback(ray.shutdown)
        _be_quiet()
        yield RayEngine(opened, workers or _cores())


class _Worker:
    """One process of the pool: an encoder of its own, and the steps."""

    def __init__(
        self, opened: Callable[[Settings], AbstractContextManager[App]], settings: Settings, space: Space
    ) -> None:
        self._open = ExitStack()
        self._app = self._open.enter_context(opened(settings)).made_with(space.recipe)
        self._space = space
        self._parsing = self._open.enter_context(parsers(self._app.settings))

    def __call__(self, rows: "pa.Table") -> Iterator["pa.Table"]:
        """What comes of each file of a task, in pieces that fit into memory."""
        import pyarrow as pa  # noqa: PLC0415

        outcomes = (self._outcome(*pickle.loads(each.as_py())) for each in rows[_COLUMN])  # noqa: S301
        for batch in in_batches(outcomes, _chunks_of):
            made = [pickle.dumps(each) for each in self._with_vectors(batch)]
            yield pa.table({_COLUMN: pa.array(made, pa.large_binary())})

    def _outcome(self, file: SourceFile | FileProblem, known: Known) -> Outcome:
        """What comes of one file, whatever a step makes of it: else the others of its task would be lost with it."""
        try:
            return outcome(self._app, self._space, file, known, self._parsing.load)
        # becomes the file's problem, by its name; the file is looked at again the next time
        except Exception as error:  # noqa: BLE001
            return PreparationFailed(
                f"{file.source} broke a step: {type(error).__name__}: {error}.",
                "Ingest it with the engine local, which shows where, or take it out.",
            )

    def _with_vectors(self, batch: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes with the vectors of all their chunks, embedded together."""
        documents = [each for file in batch if isinstance(file, PreparedFile) for each in file.documents]
        made = embedded(self._app, documents) if any(each.chunks for each in documents) else {}
        return [_with_own(file, made) if isinstance(file, PreparedFile) else file for file in batch]


def _chunks_of(made: Outcome) -> int:
    return chunks_in(made) if isinstance(made, PreparedFile) else 0


def _with_own(file: PreparedFile, made: dict[str, Any]) -> PreparedFile:
    own = [chunk.id for each in file.documents for chunk in each.chunks]
    return replace(file, fresh={each: made[each] for each in own})


def _task(file: SourceFile | FileProblem, known: Known) -> tuple[SourceFile | FileProblem, Known]:
    """A file as a worker needs it, with what is remembered of it and of what may lie inside it."""
    source = file.source
    released = {each: said for each, said in known.released.items() if each == source or each.startswith(f"{source}/")}
    entry = known.files.get(source)
    if isinstance(file, SourceFile):
        file = replace(file, path=file.path.absolute())
    return file, Known({} if entry is None else {source: entry}, released)


def _without_secrets(settings: Settings, workers: int) -> Settings:
    """Settings for a worker: it opens no store, and has its share of the cores."""
    threads = settings.encoder_threads or max(1, (os.cpu_count() or 1) // workers)
    paths = {"data_folder": settings.data_folder.absolute(), "encoder_folder": settings.encoder_path.absolute()}
    return settings.model_copy(update={**dict.fromkeys(_NOT_FOR_WORKERS), **paths, "encoder_threads": threads})


def _start(folder: str, workers: int | None) -> None:
    import ray  # noqa: PLC0415

    ray.init(
        address="local",
        num_cpus=workers,
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=folder,
    )


def _cores() -> int:
    import ray  # noqa: PLC0415

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def _be_quiet() -> None:
    import ray.data  # noqa: PLC0415

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _short_folder() -> str:
    usual = tempfile.gettempdir()
    return usual if len(usual) <= _LONGEST_FOLDER or not Path("/tmp").is_dir() else "/tmp"  # noqa: S108


def _failed(source: str, error: Exception) -> EngineFailed:
    said = str(error).strip().splitlines() or [type(error).__name__]
    return EngineFailed(
        f"A worker of Ray was lost while {source} or one of the next {FILES_A_TASK} files was read: {said[-1]}",
        "Ingest these files with the engine local; what was committed before is kept.",
    )
