"""Settings in, App out: the only place that constructs clients, and the only one that closes them.

Refuses an index of another encoder and one that lost vectors, each with the way out. `open_app` blocks.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import structlog

from service.core.app import App, Ping
from service.core.cache import Cache, InProcessCache, RedisCache
from service.core.database import open_database
from service.core.embedder import Embedder
from service.core.encoders import Encoders
from service.core.entailment import open_entailment
from service.core.errors import EncoderMissing, IndexDamaged, StorageFull
from service.core.lexical_postgres import PostgresLexical
from service.core.lexical_sqlite import SqliteLexical
from service.core.limits import InProcessLimiter, Limiter, RedisLimiter
from service.core.locks import file_lock
from service.core.names import checked_name
from service.core.personal import Patterns
from service.core.records import Records
from service.core.redis_server import RedisServer
from service.core.reranker import open_reranker
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.uploads import UploadStore
from service.core.vectors import VectorIndex, open_vectors, set_aside_if_damaged
from service.rag.models import open_model

_EXPORT_SECONDS = 600
_log = structlog.get_logger("ragready.bootstrap")


@contextmanager
def open_app(
    settings: Settings, *, holder: str, writes: bool = False, answers: bool = False, check_index: bool = True
) -> Iterator[App]:
    """Open every store and the encoder, and close them at the end.

    With Chroma in process the data folder is locked: alone for a writer, shared among readers. `holder` names the
    command in the message that another process gets; `answers` that a writer also answers questions.
    Raises StoreProblem and InvalidSettings.
    """
    settings.check_secrets()
    checked_name("tenant", settings.tenant)
    folder = made_folder(settings.data_folder)
    with _locked(settings, folder, holder, writes):
        personal = Patterns(settings.personal_recognisers)
        if answers or not writes:  # what only writes brings documents in, and rarely asks
            personal.load_ahead()
        bulk = writes and not answers
        encoder = open_encoder(settings, bulk=bulk)
        if not check_index:
            set_aside_if_damaged(folder / "vectors")
        with (
            closing(open_records(settings)) as records,
            closing(open_vectors(settings.chroma_url, folder / "vectors")) as vectors,
            _shared(settings) as (cache, limiter),
            closing(Telemetry(settings)) as telemetry,
        ):
            pings: dict[str, Ping] = {"records": records.ping, "vectors": vectors.ping}
            if settings.redis_url is not None:
                pings["redis"] = cache.ping
            app = App(
                settings=settings,
                records=records,
                vectors=vectors,
                encoder=encoder,
                telemetry=telemetry,
                cache=cache,
                limiter=limiter,
                personal=personal,
                model=open_model(settings.model, settings),
                reranker=open_reranker(settings.reranker),
                entailment=open_entailment(settings.grounding_model),
                dependencies=pings,
                uploads=UploadStore(settings.uploads_location),
                encoders=Encoders(lambda name: open_encoder(settings, name, bulk=bulk)),
            )
            if check_index:
                check_indexes(app)
            yield app


@contextmanager
def _shared(settings: Settings) -> Iterator[tuple[Cache, Limiter]]:
    """Cache and limiter: in Redis for all replicas, or in this process. Connects to nothing yet."""
    if settings.redis_url is None:
        yield InProcessCache(settings.cache_entries), InProcessLimiter(settings.requests_per_minute)
        return
    with closing(RedisServer(settings.redis_url.get_secret_value(), settings.cache_timeout_seconds)) as server:
        yield RedisCache(server), RedisLimiter(server, settings.requests_per_minute)


@contextmanager
def open_preparing(settings: Settings) -> Iterator[App]:
    """What documents are prepared and embedded with, without any store: for processes that only do that."""
    with closing(Telemetry(settings)) as telemetry:
        yield App(
            settings=settings,
            records=cast(Records, _Absent("records")),
            vectors=cast(VectorIndex, _Absent("vector index")),
            encoder=open_encoder(settings, bulk=True),
            telemetry=telemetry,
            cache=InProcessCache(1),
            limiter=InProcessLimiter(settings.requests_per_minute),
            personal=Patterns(settings.personal_recognisers),
            model=None,
            dependencies={},
            encoders=Encoders(lambda name: open_encoder(settings, name, bulk=True)),
        )


@dataclass(frozen=True)
class _Absent:
    """Stands where a process has no store: a step that asks for it is told so, instead of finding nothing there."""

    name: str

    def __getattr__(self, asked: str) -> object:
        raise RuntimeError(f"There is no {self.name} in this process, and it was asked for {asked!r}.")


def open_records(settings: Settings) -> Records:
    """The records alone, for commands that need neither vectors nor encoder."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    engine = open_database(url, made_folder(settings.data_folder))
    return Records(engine, SqliteLexical() if engine.dialect.name == "sqlite" else PostgresLexical())


def open_encoder(settings: Settings, name: str | None = None, *, bulk: bool = False) -> Embedder:
    """The configured encoder, or the one of another name, exported at its first use by a process of its own.

    `bulk` is for what embeds much and answers nothing.

    Raises EncoderMissing, StorageFull.
    """
    model = name or settings.encoder
    folder = settings.encoder_path / model.strip("/").replace("/", "--")
    if not (folder / "encoder.json").exists():
        made_folder(settings.encoder_path)
        with file_lock(
            settings.encoder_path / "export.lock", wait_seconds=_EXPORT_SECONDS, holder="the encoder's export"
        ):
            if not (folder / "encoder.json").exists():
                _export(model, folder)
    return Embedder(folder, settings.encoder_threads, bulk=bulk)


def check_indexes(app: App) -> None:
    """Raise EncoderMismatch or IndexDamaged when a space cannot be asked with its encoder and these vectors."""
    for size in app.records.space_sizes(app.settings.tenant):
        space = size.space
        if app.encoder_for(space.recipe, f"Space {space.name!r}") is not app.encoder:
            _log.warning(
                "RAGREADY_ENCODER is not what made the index",
                configured=app.settings.encoder,
                used=space.recipe.encoder,
            )
        if (held := app.vectors.count(space.index)) < size.chunks:
            raise IndexDamaged(
                f"The vector index of space {space.name!r} holds {held:,} of {size.chunks:,} chunks.",
                "Run `ragready reindex`: it builds the index anew from the records.",
            )


def made_folder(folder: Path) -> Path:
    """The folder, which is made if it is not there. Raises StorageFull."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFull(f"{folder} cannot be made: {error.strerror}.", "Name another folder with --data.") from error
    return folder


def _locked(settings: Settings, folder: Path, holder: str, writes: bool) -> AbstractContextManager[None]:
    if settings.chroma_url is not None:
        return nullcontext()
    wait = settings.lock_wait_seconds
    return file_lock(folder / "lock", wait_seconds=wait, shared=not writes, holder=holder)


def _export(model: str, folder: Path) -> None:
    _log.info("exporting the encoder, once", model=model, folder=str(folder))
    command = [sys.executable, "-m", "service.core.export", model, str(folder)]
    done = subprocess.run(  # noqa: S603  # our own module, and a model name as one argument
        command, capture_output=True, text=True, check=False, timeout=_EXPORT_SECONDS
    )
    if done.returncode == 0:
        return
    reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if "No space left" in done.stderr or "File too large" in done.stderr:
        raise StorageFull(f"The encoder could not be written to {folder}: {reason}.", "Free some space and try again.")
    raise EncoderMissing(
        f"The encoder {model!r} could not be exported to {folder}: {reason}.",
        "Install the `encoder` extra and torch, check RAGREADY_ENCODER, or set RAGREADY_ENCODER_FOLDER to an export.",
    )
