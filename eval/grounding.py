"""How well the control `citations` tells supported text from unsupported: `python -m eval.grounding FILE...`.

Reads JSON lines of {context, answer, grounded}, where people said whether an answer is supported by its context. Each
sentence of an answer is scored by the context's sentence that supports it best, an answer by its worst sentence; one
without a content word, such as "Yes!", says nothing that could be looked up and is left out. The
floor is the share of the answer's content words that the context has anywhere. The threshold with the best balanced
accuracy on the first halves of all files stands beside the one in use; what the control keeps and drops is reported on
the second halves.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from eval.statistics import Column, estimate, mean
from service.core.answers import Claim, Hit
from service.core.sentences import readable, sentences
from service.core.types import Chunk, StoredChunk, TokenVectors
from service.rag import support
from service.rag.words import content_words
from service.terminal import print_json


@dataclass(frozen=True)
class Judged:
    """An answer that people judged, the control's score of it, the floor's, and whether the control keeps all of it."""

    grounded: bool
    score: float
    overlap: float
    kept: bool


def auc(*columns: Column, axis: int = -1) -> Column:
    """Chance that a supported answer scores above an unsupported one: columns are the truth, 0 or 1, and the score."""
    truth, score = columns
    ranks = rankdata(score, axis=axis)
    positive, every = truth.sum(axis=axis), truth.shape[axis]
    above = (ranks * truth).sum(axis=axis) - positive * (positive + 1) / 2
    return np.asarray(above / np.maximum(positive * (every - positive), 1))


def judged(context: str, answer: str, grounded: bool) -> Judged:
    """Score one answer."""
    empty = TokenVectors(np.zeros((0, 1), np.int8), np.zeros((0, 2), np.int32))
    stored = StoredChunk(Chunk("", "", 0, 0, len(context), ""), context, "", "", "", empty)
    hit = Hit(stored, 1.0, None, None, np.zeros((0, 0), np.float32), 0.0)
    said = [text for each in sentences(answer) if content_words(text := readable(answer, each))] or [answer]
    best = [(text, support.best_span(text, hit)) for text in said]
    held = [support.holds(Claim(text, span.hit, span.start, span.end)) for text, span in best]
    words = content_words(answer)
    overlap = len(words & content_words(context)) / max(len(words), 1)
    return Judged(grounded, min(span.share for _, span in best), overlap, all(held))


def best_threshold(cases: Sequence[Judged]) -> float:
    """The score with the best balanced accuracy."""
    truth, scores = np.asarray([each.grounded for each in cases]), np.asarray([each.score for each in cases])
    return float(max(np.unique(scores), key=lambda at: (scores >= at)[truth].mean() + (scores < at)[~truth].mean()))


def report(files: Sequence[Path]) -> dict[str, Any]:
    """Every figure with its interval and n."""
    sets = {path.stem: [judged(**case) for case in _read(path)] for path in files}
    first = [each for cases in sets.values() for each in cases[: len(cases) // 2]]
    return {
        "threshold": {"in_use": support.THRESHOLD, "best_on_first_halves": round(best_threshold(first), 3)},
        "sets": {name: _figures(cases) for name, cases in sets.items()},
    }


def _figures(cases: Sequence[Judged]) -> dict[str, Any]:
    second = cases[len(cases) // 2 :]
    truth = [each.grounded for each in second]
    figures = {
        "auc": estimate(auc, [truth, [each.score for each in second]]),
        "auc_of_word_overlap": estimate(auc, [truth, [each.overlap for each in second]]),
        "kept_of_supported": mean([float(each.kept) for each in second if each.grounded]),
        "dropped_of_unsupported": mean([float(not each.kept) for each in second if not each.grounded]),
        "auc_of_every_case": estimate(auc, [[each.grounded for each in cases], [each.score for each in cases]]),
    }
    return {name: asdict(figure) for name, figure in figures.items()}


def _read(path: Path) -> list[dict[str, Any]]:
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: case[name] for name in ("context", "answer", "grounded")} for case in cases]


if __name__ == "__main__":
    print_json(report([Path(each) for each in sys.argv[1:]]))
