"""Grows an index of made-up pages: what a chunk takes, what writing one takes, what a question takes, at several sizes.

`python -m eval.growth [CHUNKS ...]` prints one JSON object a size. Synthetic filler: the texts are those of
eval.made_corpus, and no chunk is encoded: each gets the vectors of one of 680 encoded texts, the dense one moved
by chance. Everything else is the ordinary path, with every gate and every control on.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench import sample_questions
from eval.control_costs import asked, emptied
from eval.made_corpus import PAGE, page, write_pages
from eval.percentiles import figure
from eval.resident import resident_mebibytes
from eval.statistics import mean
from ingestion import pipeline
from ingestion.prepare import Known, Outcome, Prepared, PreparedFile, one_by_one
from ingestion.report import Report
from ingestion.sources import FileProblem, SourceFile
from service.bootstrap import open_app
from service.core.app import App
from service.core.logs import log_to_stderr
from service.core.settings import Settings, load_settings
from service.core.types import ChunkVectors, IndexedChunk, Space, TokenVectors

SIZES = (1_000, 10_000, 100_000)
QUESTIONS = 100
POOL_PAGES, CHUNKS_A_PAGE = 170, 6
# The length of what is added to a unit vector: the cosine between the two is about .9.
MOVED_BY = 0.5
NEAREST = 20


@dataclass(frozen=True)
class Filler:
    """Stands where a text is encoded: draws its vectors from a pool, the same ones for the same chunk."""

    pool: Sequence[ChunkVectors]

    def __call__(
        self, app: App, space: Space, files: Sequence[SourceFile | FileProblem], known: Known
    ) -> Iterator[Outcome]:
        """An engine of ingestion.pipeline: files made ready as ever, with vectors that nothing had to encode."""
        for made in one_by_one(app, space, files, known):
            yield replace(made, fresh=self._vectors(made.documents)) if isinstance(made, PreparedFile) else made

    def _vectors(self, documents: Sequence[Prepared]) -> Mapping[str, IndexedChunk]:
        drawn = {}
        for each in documents:
            for chunk in each.chunks:
                text = each.document.text[chunk.start : chunk.end]
                drawn[chunk.id] = IndexedChunk(chunk, text, self._drawn(chunk.id, len(text)))
        return drawn

    def _drawn(self, chunk_id: str, length: int) -> ChunkVectors:
        chance = np.random.default_rng(list(chunk_id.encode()))
        found = self.pool[int(chance.integers(len(self.pool)))]
        moved = found.dense + chance.normal(0.0, MOVED_BY / np.sqrt(len(found.dense)), len(found.dense))
        spans = np.minimum(found.tokens.spans, length)
        dense = (moved / np.linalg.norm(moved)).astype(np.float32)
        return ChunkVectors(dense, TokenVectors(found.tokens.vectors, spans))


def grown(settings: Settings, sizes: Sequence[int] = SIZES, pool_pages: int = POOL_PAGES) -> Iterator[dict[str, Any]]:
    """Figures at each size, in chunks; sizes ascend. Vectors are drawn from those of some pages."""
    with (
        open_app(settings, holder="the benchmark", writes=True, answers=True) as app,
        tempfile.TemporaryDirectory() as folder,
    ):
        filler, written = Filler(_pool(app, pool_pages)), 0
        for size in sizes:
            count = max(1, (size - written) // CHUNKS_A_PAGE)
            pages = write_pages(Path(folder) / f"to-{size}", count, PAGE, seed=size)
            report, seconds = _timed(app, pages, filler)
            written += report.chunks
            (space,) = app.records.spaces(settings.tenant)
            yield {
                "chunks": written,
                "chunks_written_per_second": round(report.chunks / seconds, 1),
                "seconds_of_a_run_without_a_change": round(_timed(app, next(pages.iterdir()), filler)[1], 3),
                **_sizes(app, written),
                "nearest_found": asdict(mean(_nearest_found(app, space))),
                **asyncio.run(_asked(app)),
            }


def _pool(app: App, pages: int) -> list[ChunkVectors]:
    """Vectors of texts as long as the chunks of a page, really encoded."""
    texts = [
        f"{first}\n\n{second}"
        for number in range(pages)
        for section in page(number, PAGE).split("\n\n## ")[1:]
        for first, second, *_ in [section.split("\n\n")[1:]]
    ]
    return app.encoder.embed_chunks(["Page > Part"] * len(texts), texts)


def _timed(app: App, pages: Path, filler: Filler) -> tuple[Report, float]:
    started = time.perf_counter()
    report = pipeline.run(app, [pages], "filler", engine=filler)
    if report.problems:
        raise RuntimeError(f"a page of the benchmark was not taken in: {report.problems[0]}")
    return report, time.perf_counter() - started


def _sizes(app: App, chunks: int) -> dict[str, Any]:
    """What the stores take on disk, in bytes a chunk, and this process in memory."""
    folder = app.settings.data_folder
    vectors = sum(each.stat().st_size for each in (folder / "vectors").rglob("*") if each.is_file())
    records = sum(each.stat().st_size for each in folder.glob("records.sqlite3*"))
    return {
        "records_bytes_a_chunk": round(records / chunks),
        "vectors_bytes_a_chunk": round(vectors / chunks),
        "resident_mebibytes": resident_mebibytes(os.getpid()),
    }


def _nearest_found(app: App, space: Space) -> list[float]:
    """For each question, the share of the nearest chunks by an exact search that the approximate one finds."""
    stored = app.vectors.get(space.index, sorted(app.vectors.ids(space.index)))
    ids, matrix = list(stored), np.stack(list(stored.values()))
    shares = []
    for question in sample_questions(QUESTIONS):
        vector = app.encoder.embed_query(question).dense
        exact = {ids[each] for each in np.argpartition(-(matrix @ vector), NEAREST)[:NEAREST]}
        found = {each.chunk_id for each in app.vectors.search(space.index, vector, NEAREST)}
        shares.append(len(exact & found) / NEAREST)
    return shares


async def _asked(app: App) -> dict[str, Any]:
    """Milliseconds of a question, and of its steps, one at a time and none from the cache."""
    rounds = [await asked(emptied(app), each) for each in sample_questions(QUESTIONS)]
    timings = [answer.timings_ms for _, answer in rounds]
    steps = dict.fromkeys(name for each in timings for name in each)
    return {
        "question_ms": asdict(figure([taken for taken, _ in rounds])),
        "steps_ms": {name: asdict(figure([each[name] for each in timings if name in each])) for name in steps},
    }


def main() -> None:
    """Print the figures of each size as they come."""
    log_to_stderr()
    named = sys.argv[1:] or [*map(str, SIZES)]
    if not all(map(str.isdecimal, named)) or (sizes := [*map(int, named)]) != sorted({*sizes}):
        sys.exit(f"{' '.join(named)} are no sizes: name numbers of chunks, each larger than the one before.")
    with tempfile.TemporaryDirectory() as folder:
        for figures in grown(load_settings(data_folder=Path(folder)), sizes):
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
