"""Measures ingestion: throughput beside the encoder alone and by workers, savings of a change, memory over documents.

`python -m eval.ingestion_bench [throughput|change|memory|workers ...]` prints one JSON object. Times are those of the
machine; what carries over are shares of two things measured right after one another. Every gate is on.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from eval.made_corpus import NOTE, PAGE, change_pages, write_pages
from eval.resident import processor_seconds, sampling, slope
from eval.servers import chroma_server, running
from eval.statistics import mean
from ingestion import pipeline
from ingestion.prepare import one_by_one
from ingestion.ray_engine import ray_engine
from ingestion.report import Report
from service.bootstrap import open_app, open_preparing
from service.core.app import App
from service.core.logs import log_to_stderr
from service.core.settings import Settings, load_settings
from service.core.types import StoredChunk

ROOT = Path(__file__).parent.parent
REPEATS, PAGES_A_REPEAT = 3, 300
PAGES_TO_CHANGE, CHANGED_SHARE = 120, 0.05
NOTES = 10_000
PAGES_BY_WORKERS = (40, 280)
# By then libraries are loaded, stores are open, and the allocator has what it keeps.
_WARM_SHARE = 0.5


@dataclass(frozen=True)
class Timed:
    """How long something took: seconds on the clock, and of all processors."""

    seconds: float
    processor: float

    def share_of(self, whole: "Timed") -> tuple[float, float]:
        """This as a share of another, on the clock and of the processors."""
        return self.seconds / whole.seconds, self.processor / whole.processor


def throughput(settings: Settings, repeats: int = REPEATS, pages: int = PAGES_A_REPEAT) -> dict[str, Any]:
    """Ingestion of several folders, each between two runs of the encoder alone on as many chunks.

    The first folder warms up. A share is the time of the encoder alone, over that of the ingestion, of the same chunks.
    """
    shares, rates = list[tuple[float, float]](), list[float]()
    with _app(settings) as app, tempfile.TemporaryDirectory() as folder:
        before: float | None = None
        for number in range(repeats + 1):
            part = write_pages(Path(folder) / f"part-{number}", pages, PAGE, seed=number)
            chunks, whole = _ingested(app, part)
            alone = _timed(partial(_encode, app, chunks))[1]
            if before is not None:
                drift = (before * len(chunks) + alone.seconds) / 2
                shares.append(Timed(drift, alone.processor).share_of(whole))
                rates.append(len(chunks) / whole.seconds)
            before = alone.seconds / len(chunks)
    return {
        "pages_a_repeat": pages,
        "chunks_per_second": asdict(mean(rates)),
        "share_of_encoder_alone": asdict(mean([clock for clock, _ in shares])),
        "share_of_processor_time": asdict(mean([processor for _, processor in shares])),
        "shares": [round(clock, 3) for clock, _ in shares],
    }


def change(settings: Settings, pages: int = PAGES_TO_CHANGE) -> dict[str, Any]:
    """A corpus ingested, a twentieth of its pages changed by a sentence, and ingested again."""
    with _app(settings) as app, tempfile.TemporaryDirectory() as folder:
        corpus = write_pages(Path(folder) / "changing", pages, PAGE, seed=1_000)
        full, first = _timed(lambda: pipeline.run(app, [corpus], "changing"))
        changed = change_pages(corpus, CHANGED_SHARE)
        report, again = _timed(lambda: pipeline.run(app, [corpus], "changing"))
        nothing, idle = _timed(lambda: pipeline.run(app, [corpus], "changing"))
    return {
        "pages": pages,
        "pages_changed": len(changed),
        "chunks": full.chunks,
        "chunks_of_changed_pages": report.chunks,
        "embedded": report.embedded,
        "embeddings_saved": round(1 - report.embedded / full.chunks, 4),
        "embeddings_saved_in_changed_pages": round(1 - report.embedded / report.chunks, 4),
        "share_of_the_time": round(again.seconds / first.seconds, 4),
        "share_of_the_time_when_nothing_changed": round(idle.seconds / first.seconds, 4),
        "embedded_when_nothing_changed": nothing.embedded,
    }


def memory(settings: Settings, notes: int = NOTES) -> dict[str, Any]:
    """Resident memory of `ragready ingest` and of its parsers while it takes in many short documents."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_pages(Path(folder) / "notes", notes, NOTE)
        command = [sys.executable, "-m", "cli", "ingest", str(corpus), "--space", "notes", "--json"]
        command += ["--data", str(settings.data_folder)]
        with Popen(command, cwd=ROOT, stdout=PIPE) as process, sampling(process.pid) as sampled:  # noqa: S603
            printed, _ = process.communicate()
    report = json.loads(printed)
    return {
        "documents": report["documents"],
        "chunks": report["chunks"],
        "seconds": report["seconds"],
        "own_mebibytes": _growth(sampled.own, notes),
        "parsers_mebibytes": _growth(sampled.children, notes),
    }


def workers(settings: Settings, pages: Sequence[int] = PAGES_BY_WORKERS) -> list[dict[str, Any]]:
    """The same pages into a Chroma server: by the local engine, and by Ray with more and more workers of one thread."""
    counts = [1]
    while counts[-1] * 2 <= (os.cpu_count() or 1):
        counts.append(counts[-1] * 2)
    return [_by_workers(settings, pages, count) for count in (None, *counts)]


def _by_workers(settings: Settings, pages: Sequence[int], count: int | None) -> dict[str, Any]:
    """The rate of `count` workers of Ray, or of the local engine with as many threads as there are cores.

    Starting them is told apart from it by loading two folders, few pages and many.
    """
    with tempfile.TemporaryDirectory() as folder, running(chroma_server(Path(folder) / "chroma")) as server:
        address = f"http://127.0.0.1:{server.port}"
        threads = 0 if count is None else 1
        ours = settings.model_copy(update={"chroma_url": address, "encoder_threads": threads})
        with (
            _app(ours) as app,
            nullcontext(one_by_one) if count is None else ray_engine(app.settings, open_preparing, count) as engine,
        ):
            (few, short), (many, long) = (
                _timed(partial(pipeline.run, app, [corpus], corpus.name, engine=engine))
                for corpus in (write_pages(Path(folder) / f"pages-{each}", each, PAGE, seed=each) for each in pages)
            )
    _check(few)
    _check(many)
    rate = (many.chunks - few.chunks) / (long.seconds - short.seconds)
    return {
        "engine": "local" if count is None else "ray",
        "workers": count,
        "chunks_per_second": round(rate, 1),
        "seconds_to_start": round(short.seconds - few.chunks / rate, 1),
        "chunks": few.chunks + many.chunks,
    }


def _growth(values: Sequence[float], documents: int) -> dict[str, Any]:
    """Memory's peak in each tenth of the time, and its growth for each thousand documents in the second half."""
    tenths = [values[len(values) * each // 10 : len(values) * (each + 1) // 10] for each in range(10)]
    warm = values[int(_WARM_SHARE * len(values)) :]
    return {
        "peaks": [round(max(each)) for each in tenths],
        "per_thousand_documents": asdict(slope(warm, (1 - _WARM_SHARE) * documents / 1_000)),
    }


@contextmanager
def _app(settings: Settings) -> Iterator[App]:
    with tempfile.TemporaryDirectory() as data:
        ours = settings.model_copy(update={"data_folder": Path(data), "encoder_folder": settings.encoder_path})
        with open_app(ours, holder="the benchmark", writes=True) as app:
            yield app


def _ingested(app: App, folder: Path) -> tuple[list[StoredChunk], Timed]:
    """The chunks that a folder's ingestion added, and how long it took."""
    space = next(iter(app.records.spaces(app.settings.tenant)), None)
    before = app.records.chunk_ids(space.index) if space else set()
    report, timed = _timed(lambda: pipeline.run(app, [folder], "bench"))
    _check(report)
    (space,) = app.records.spaces(app.settings.tenant)
    added = sorted(app.records.chunk_ids(space.index) - before)
    return list(app.records.chunks([space.index], added).values()), timed


def _check(report: Report) -> None:
    """A document that was held back, or a copy, was not embedded: the two sides would differ."""
    lost = report.documents.quarantined + report.documents.aliases + report.documents.superseded
    if lost or report.problems or report.chunks != report.embedded:
        raise RuntimeError(f"the corpus of the benchmark is not taken in as a whole: {report}")


def _encode(app: App, chunks: Sequence[StoredChunk]) -> None:
    app.encoder.embed_chunks([each.chunk.context for each in chunks], [each.text for each in chunks])


def _timed(work: Callable[[], Any]) -> tuple[Any, Timed]:
    started, used = time.perf_counter(), processor_seconds(os.getpid())
    done = work()
    return done, Timed(time.perf_counter() - started, processor_seconds(os.getpid()) - used)


PARTS: Mapping[str, Callable[[Settings], Any]] = {
    "throughput": throughput,
    "change": change,
    "memory": memory,
    "workers": workers,
}


def main() -> None:
    """Print the figures of the parts that the command line names, or of all."""
    log_to_stderr()
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        sys.exit(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_folder=Path(folder))
        figures = {name: PARTS[name](settings) for name in chosen}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
