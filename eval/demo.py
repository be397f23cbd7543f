"""The demo, ready to be asked: its collection built once from a corpus and kept in a folder, its model by name.

The collection is named after the content of the corpus and the encoder, so that a changed file builds it anew.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import chromadb
from chromadb.api.client import Client
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel

from service.core.app import App
from service.core.embedder import Encoder
from service.core.errors import PathMissing
from service.core.locks import file_lock
from service.core.settings import Settings
from service.core.vectors import close
from service.rag import demo, models
from service.rag.chat_reader import ChatReader
from service.rag.langchain import EncoderEmbeddings, OurChat
from service.rag.provider import Provided

_BUILD_SECONDS = 1_800
_DONE = "complete"


@dataclass(frozen=True)
class DemoAnswer:
    """What the demo says, and the pieces that it said it from: it ties no sentence to any of them."""

    text: str
    sources: tuple[demo.DemoSource, ...]
    timings_ms: dict[str, float]


@dataclass(frozen=True)
class Demo:
    """The demo over one corpus. `simulated` tells of its model."""

    store: Chroma
    model: BaseChatModel
    simulated: bool

    def ask(self, question: str) -> DemoAnswer:
        """Blocks, outside an event loop. Raises whatever a part of it raises: the demo handles no error."""
        started = time.perf_counter()
        sources = demo.retrieve(self.store, question)
        found = time.perf_counter()
        text = demo.answer(self.model, question, sources)
        ended = time.perf_counter()
        steps = {"retrieve": found - started, "answer": ended - found, "total": ended - started}
        return DemoAnswer(text, tuple(sources), {name: round(seconds * 1e3, 2) for name, seconds in steps.items()})


@contextmanager
def opened(corpus: Path, folder: Path, app: App) -> Iterator[Demo]:
    """The demo with the encoder, model and settings of an App; its collection is kept in `folder`.

    Building it takes about as long as ingesting the corpus. Raises PathMissing, UnknownModel.
    """
    if not corpus.is_dir():
        raise PathMissing(f"There is no folder {corpus}.", "Name the folder that production was ingested from.")
    model, simulated = _model(app.settings, app.encoder)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / fingerprint(corpus, app.encoder)
    with file_lock(folder / "lock", wait_seconds=_BUILD_SECONDS, holder="the demo"):
        if not (kept / _DONE).exists():
            _build(corpus, kept, app.encoder)
        with _client(kept) as client:
            yield Demo(Chroma(client=client, embedding_function=EncoderEmbeddings(app.encoder)), model, simulated)


@contextmanager
def on_server(corpus: Path, port: int, app: App) -> Iterator[Demo]:
    """The demo over a corpus, its collection on a Chroma server of this machine. Builds it anew."""
    model, simulated = _model(app.settings, app.encoder)
    client = cast(Client, chromadb.HttpClient("127.0.0.1", port, settings=_quiet()))
    try:
        yield Demo(demo.index(_documents(corpus), EncoderEmbeddings(app.encoder), client), model, simulated)
    finally:
        close(client)


def spaces(corpus: Path) -> list[Path]:
    """The folders of a corpus that ingestion makes spaces of."""
    return sorted(each for each in corpus.iterdir() if each.is_dir() and not each.name.startswith("."))


def fingerprint(corpus: Path, encoder: Encoder) -> str:
    """Of every file's path and content, and of the encoder."""
    digest = hashlib.sha256(str(encoder.fingerprint).encode())
    for path in sorted(each for space in spaces(corpus) for each in space.rglob("*") if each.is_file()):
        digest.update(f"\0{path.relative_to(corpus).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _build(corpus: Path, kept: Path, encoder: Encoder) -> None:
    """Build the collection, and forget those of other corpora and a half-built one."""
    for other in kept.parent.iterdir():
        if other.is_dir():
            shutil.rmtree(other)
    with _client(kept) as client:
        demo.index(_documents(corpus), EncoderEmbeddings(encoder), client)
    (kept / _DONE).touch()


def _documents(corpus: Path) -> list[Document]:
    return [each for space in spaces(corpus) for each in demo.load(space)]


def _quiet() -> chromadb.config.Settings:
    """New ones for each client: a client writes into the settings that it is given where its server is."""
    return chromadb.config.Settings(anonymized_telemetry=False)


@contextmanager
def _client(folder: Path) -> Iterator[Client]:
    client = cast(Client, chromadb.PersistentClient(path=folder, settings=_quiet()))
    try:
        yield client
    finally:
        client.close()


def _model(settings: Settings, encoder: Encoder) -> tuple[BaseChatModel, bool]:
    """The model of the settings as a LangChain chat model, and whether it is simulated.

    A tutorial sets no timeout. Twice production's stands in for the moment when a person gives up.
    """
    model = models.open_model(settings.model, settings) or ChatReader(encoder, settings.max_answer_sentences)
    if isinstance(model, Provided):
        return model.model, False
    return OurChat(model=model, patience_seconds=2 * settings.model_timeout_seconds), model.simulated
