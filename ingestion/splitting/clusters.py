"""Cuts a text into runs of passages that are alike: the runs that together have the most similarity inside them.

The ClusterSemanticChunker of Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval" (2024), with this
encoder: passages of about fifty tokens are embedded, and dynamic programming finds the best runs. Every text is encoded
twice, once for this and once for its chunks.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ingestion.splitting.ruler import Ruler
from ingestion.splitting.spans import Span, fitted
from ingestion.splitting.windows import sentence_groups
from service.core.embedder import Encoder
from service.core.types import Vector

PASSAGE_TOKENS = 50


def cluster_spans(text: str, ruler: Ruler, max_tokens: int, encoder: Encoder) -> Iterator[Span]:
    """Spans of at most `max_tokens` tokens, in order, each a run of neighbouring passages."""
    size = min(PASSAGE_TOKENS, max_tokens)
    passages = list(fitted(text, sentence_groups(text, ruler, size), ruler, size))
    if not passages:
        return
    bodies = [text[each.start : each.end] for each in passages]
    vectors = np.stack([each.dense for each in encoder.embed_chunks([""] * len(bodies), bodies)])
    lengths = [ruler.tokens(each) for each in bodies]
    for first, last in _best_runs(vectors, lengths, max_tokens):
        yield Span(passages[first].start, passages[last].end)


def _best_runs(vectors: Vector, lengths: Sequence[int], max_tokens: int) -> list[tuple[int, int]]:
    """First and last passage of each run: the sum over all runs of the similarities above the mean is the largest."""
    mean = _mean_similarity(vectors)
    best = np.zeros(len(lengths) + 1)
    begins = np.zeros(len(lengths), dtype=int)
    for last in range(len(lengths)):
        best[last + 1] = -np.inf
        reward, tokens, first = 0.0, 0, last
        while first >= 0 and (first == last or tokens + lengths[first] <= max_tokens):
            reward += float((vectors[first + 1 : last + 1] @ vectors[first] - mean).sum())
            tokens += lengths[first]
            if best[first] + reward > best[last + 1]:
                best[last + 1], begins[last] = best[first] + reward, first
            first -= 1
    return _traced_back(begins.tolist())


def _traced_back(begins: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    last = len(begins) - 1
    while last >= 0:
        runs.append((int(begins[last]), last))
        last = int(begins[last]) - 1
    return runs[::-1]


def _mean_similarity(vectors: Vector) -> float:
    """The mean over all pairs of different vectors, without making the pairs."""
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.sum(axis=0)
    return float((total @ total - count) / (count * (count - 1)))
