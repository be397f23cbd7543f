"""What probes are handed: the sample corpus behind an App, documents of their own, the demo, a service's URL.

What is slow is made once and reused; every App is opened anew, so that no cache, trace or counter goes from one
measurement to the next. Everything lies in a scratch folder that `close` removes; the user's documents are not touched.
"""

import itertools
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from eval.checklist.planted import Planted, Readers, Spaces, planted, write_corpus, write_readers
from eval.checklist.preparing import Preparation
from eval.checklist.states import PathName
from eval.outcome import Outcome
from eval.suite import Case, Suite, read_suite
from eval.target import Http, InProcess, Target
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.app import App
from service.core.controls import ControlName
from service.core.settings import Settings

if TYPE_CHECKING:
    from eval.demo_target import DemoTarget

SAMPLES = Path(__file__).parents[2] / "samples"
SEALED = "sealed"
Off: TypeAlias = frozenset[ControlName]
# Stores and places that a measurement must not touch; everything else is as the user has set it.
_OWN = {"database_url": None, "chroma_url": None, "redis_url": None, "otlp_endpoint": None}


class Lab:
    """A place to measure in.

    `quick` asks probes for fewer cases, `seed` for the same ones every time. With `url` and `key` set, `target` asks a
    running service. `preparation` is the time that the sample corpus takes on both paths. `asked` keeps what
    eval.checklist.asked was answered, for the probes that follow.
    """

    def __init__(self, settings: Settings, *, quick: bool = False, url: str | None = None, key: str = "") -> None:
        self.settings = settings
        self.quick = quick
        self.seed = 0
        self.url = url
        self.key = key
        self._scratch = tempfile.TemporaryDirectory(prefix="ragready-check-", ignore_cleanup_errors=True)
        self._numbers = itertools.count()
        self._making = Lock()
        self.preparation = Preparation()
        self._samples: Path | None = None
        self._demos: dict[Path, Path] = {}
        self.asked: dict[object, Outcome] = {}

    @property
    def scratch(self) -> Path:
        """The folder that everything here lies in."""
        return Path(self._scratch.name)

    def few(self, many: int, few: int) -> int:
        """How many cases to take: `few` when quick, else `many`."""
        return few if self.quick else many

    @property
    def suite(self) -> Suite:
        """The sample suite without its sealed cases, which no probe may ask. Raises PathMissing, InvalidSuite."""
        suite = read_suite(SAMPLES)
        return replace(suite, cases=tuple(case for case in suite.cases if case.split != SEALED))

    def cases(self, limit: int) -> tuple[Case, ...]:
        """At most `limit` cases of the sample suite, drawn with the seed, in the suite's order."""
        every = self.suite.cases
        drawn = set(random.Random(self.seed).sample(range(len(every)), min(limit, len(every))))  # noqa: S311  # no secret
        return tuple(case for place, case in enumerate(every) if place in drawn)

    def adapted(self, folder: Path, off: Off = frozenset(), **changes: Any) -> Settings:
        """The user's settings on stores in `folder`, with more controls off and other `changes`, by setting."""
        ours = {
            **self.settings.model_dump(),
            **_OWN,
            "data_folder": folder,
            "encoder_folder": self.settings.encoder_path,
            "controls_off": self.settings.controls_off | off,
        }
        return Settings(**{**ours, **changes})

    @contextmanager
    def samples(self, off: Off = frozenset(), **changes: Any) -> Iterator[App]:
        """An App on the sample corpus, for reading only; the corpus is ingested at the first call."""
        with open_app(self.adapted(self._ingested(), off, **changes), holder="ragready check") as app:
            yield app

    @contextmanager
    def production(
        self, spaces: Spaces, off: Off = frozenset(), *, readers: Readers | None = None, **changes: Any
    ) -> Iterator[Planted]:
        """Production on documents of the probe's own, `{space: {file name: text}}`, closed when the block ends.

        `readers` names the groups that may read a space; the others are open to the whole tenant.
        """
        corpus = self.corpus(spaces)
        write_readers(corpus, readers or {})
        with planted(self.adapted(self.folder(), off, **changes), corpus) as opened:
            yield opened

    def corpus(self, spaces: Spaces) -> Path:
        """A folder of files, one folder a space, for the demo as well as for production."""
        return write_corpus(self.folder(), spaces)

    def folder(self) -> Path:
        """A new empty folder."""
        made = self.scratch / str(next(self._numbers))
        made.mkdir()
        return made

    @contextmanager
    def demo(self, corpus: Path | None = None, **changes: Any) -> "Iterator[DemoTarget]":
        """The demo over a corpus, the sample corpus if none is named, with `changes` of settings such as its model.

        Built at the first call for a corpus. One demo of a corpus is open at a time: opening it twice at once blocks.
        """
        from eval.demo import opened  # noqa: PLC0415  # LangChain takes seconds, and only the demo needs it
        from eval.demo_target import DemoTarget  # noqa: PLC0415  # as above

        files = corpus or self.suite.corpus
        kept = self._demos.setdefault(files, self.scratch / f"demo-{len(self._demos)}")
        settings = self.adapted(self.folder(), **changes)
        with ExitStack() as stack:
            with self.preparation.running() if corpus is None else nullcontext():
                app = stack.enter_context(open_app(settings, holder="ragready check", writes=True))
                demo = stack.enter_context(opened(files, kept, app))
            yield DemoTarget(demo, settings.model)

    @contextmanager
    def demo_on(self, port: int, corpus: Path) -> "Iterator[DemoTarget]":
        """The demo over a corpus, its collection on a Chroma server at this port of the machine."""
        from eval.demo import on_server  # noqa: PLC0415  # LangChain takes seconds, and only the demo needs it
        from eval.demo_target import DemoTarget  # noqa: PLC0415  # as above

        settings = self.adapted(self.folder())
        with open_app(settings, holder="ragready check", writes=True) as app, on_server(corpus, port, app) as demo:
            yield DemoTarget(demo, settings.model)

    @asynccontextmanager
    async def target(self, path: PathName, off: Off = frozenset(), **changes: Any) -> AsyncIterator[Target]:
        """The sample corpus behind a path, as something to ask: in this process, or the service at `url`."""
        if self.url is not None:
            with Http(self.url, self.key) as service:
                yield service
        elif path == "demo":
            with self.demo(**changes) as demo:
                yield demo
        else:
            with self.samples(off, **changes) as app:
                yield InProcess(app)

    def close(self) -> None:
        """Remove the scratch folder."""
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ingested(self) -> Path:
        """The data folder of the sample corpus."""
        with self._making:
            if self._samples is None:
                folder = self.folder()
                settings = self.adapted(folder)
                with self.preparation.running(), open_app(settings, holder="ragready check", writes=True) as app:
                    for _ in ingest_spaces(app, self.suite.corpus):
                        pass
                self._samples = folder
            return self._samples
