"""Which sentences the reader picks, beside those that people marked: `python -m eval.evidence FILE`.

Reads JSON lines of {question, passages: [{title, text}], evidence: [sentence]}, where the evidence stands in the first
passage, word for word; lines without evidence are left out. The reader gets all passages of its question. A sentence is
right when more than half of it was marked, a marked one is found when more than half of it was picked. Questions are
halved by the first byte of their SHA-256: an even one is for tuning (eval.reader_fit), an odd one for reporting.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.halves import HALVES, half_of
from eval.ir_metrics import ranking_figures
from eval.statistics import mean
from eval.suite import read_lines
from service.bootstrap import open_encoder
from service.core.answers import Hit
from service.core.embedder import Encoder
from service.core.settings import load_settings
from service.core.types import Chunk, StoredChunk
from service.rag import rank, read
from service.rag.read import Evidence
from service.terminal import print_json

LIMIT = 4
"""Sentences of an answer at most, as the setting has it by default."""


@dataclass(frozen=True)
class Marked:
    """A question, the passages that the reader gets, and the spans of the first one that people marked."""

    question: str
    hits: tuple[Hit, ...]
    spans: tuple[tuple[int, int], ...]

    def right(self, each: Evidence) -> bool:
        """Whether more than half of a sentence was marked."""
        start, end = each.sentence.start, each.sentence.end
        return each.hit is self.hits[0] and _covered((start, end), self.spans) > (end - start) / 2


def marked(path: Path, encoder: Encoder) -> Iterator[Marked]:
    """The questions of a file that have evidence, with their passages as hits. Raises PathMissing, InvalidSuite."""
    for _, line in read_lines(path):
        case = json.loads(line)
        texts = [each["text"] for each in case["passages"]]
        found = [(texts[0].find(each), len(each)) for each in case.get("evidence", ())]
        if spans := tuple((start, start + length) for start, length in found if start >= 0):
            yield Marked(case["question"], _hits(encoder, case), spans)


def report(path: Path, encoder: Encoder) -> dict[str, Any]:
    """Precision, recall, F1, number of sentences and average precision of each half, with intervals and n."""
    halves: dict[str, list[dict[str, float]]] = {half: [] for half in HALVES}
    for each in marked(path, encoder):
        halves[half_of(each.question)].append(scores(each, encoder))
    return {
        half: {name: asdict(mean([case[name] for case in cases])) for name in cases[0]}
        for half, cases in halves.items()
        if cases
    }


def scores(asked: Marked, encoder: Encoder) -> dict[str, float]:
    """The figures of one question."""
    ranked = read.evidence(asked.question, encoder.embed_query(asked.question), asked.hits)
    chosen = read.choose(asked.question, ranked, LIMIT)
    precision = float(np.mean([asked.right(each) for each in chosen]))
    recall = float(np.mean([_found(span, asked.hits[0], chosen) for span in asked.spans]))
    places = [str(place) for place, _ in enumerate(ranked)]
    right = {place: 1 for place, each in zip(places, ranked, strict=True) if asked.right(each)}
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "sentences": float(len(chosen)),
        "average_precision": ranking_figures({"": places}, {"": right})["map"][0] if right else 0.0,
    }


def _found(span: tuple[int, int], hit: Hit, chosen: Sequence[Evidence]) -> bool:
    picked = [(each.sentence.start, each.sentence.end) for each in chosen if each.hit is hit]
    return _covered(span, picked) > (span[1] - span[0]) / 2


def _covered(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> int:
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)


def _hits(encoder: Encoder, case: dict[str, Any]) -> tuple[Hit, ...]:
    """The passages as hits, each under its title and of a document of its own."""
    query = encoder.embed_query(case["question"])
    titles, texts = ([each[name] for each in case["passages"]] for name in ("title", "text"))
    vectors = encoder.embed_chunks(titles, texts)
    similar = rank.token_similarities(query, [each.tokens for each in vectors])
    hits = []
    for place, (title, text, each, cosines) in enumerate(zip(titles, texts, vectors, similar, strict=True)):
        stored = StoredChunk(Chunk(str(place), str(place), 0, 0, len(text), title), text, "", "", title, each.tokens)
        dense = float(query.dense @ each.dense)
        hits.append(Hit(stored, dense, dense, None, cosines, rank.max_sim(cosines)))
    return tuple(hits)


if __name__ == "__main__":
    print_json(report(Path(sys.argv[1]), open_encoder(load_settings(), bulk=False)))
