"""What the ranking of documents scores, what chance would give, and when retrieval passes."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from eval.checklist.probes.quality_retrieval import Compared, chance_of, judged, ndcg_of
from eval.checklist.states import Figure, State
from eval.nulls import RandomRetrieval
from eval.outcome import Scored
from service.core.types import Chunk, StoredChunk, TokenVectors

RECALL = Figure(0.8, 0.75, 0.85, 100, "score")
MORE = Figure(0.05, 0.01, 0.1, 100, "difference")
AROUND = Figure(0.02, -0.01, 0.05, 100, "difference")
LESS = Figure(-0.05, -0.1, -0.01, 100, "difference")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Compared(RECALL, 0.1, MORE, AROUND), "pass"),
        (Compared(RECALL, 0.1, AROUND, MORE), "cannot tell"),
        (Compared(RECALL, 0.1, MORE, LESS), "fail"),
        (Compared(RECALL, 0.1, LESS, MORE), "fail"),
        (Compared(RECALL, 0.75, MORE, MORE), "fail"),
    ],
)
def test_recall_has_to_rise_and_ndcg_must_not_fall(seen: Compared, state: State) -> None:
    """More recall than dense search alone passes, unless the order got worse or chance would do as well."""
    assert judged(seen) == state


def test_any_of_several_answers_counts_once(scored_of: Callable[..., Scored]) -> None:
    """Where each document answers alone, the first of them at the top is a perfect ranking."""
    one = scored_of("a", relevant=("public/a.md", "public/b.md"), sources=("public/b.md", "public/x.md"))
    assert ndcg_of(one.case, one.seen.hits) == 1.0


def test_all_of_several_needed_documents_count(scored_of: Callable[..., Scored]) -> None:
    """Where every document is needed, one of two at the top scores 1 / (1 + 1 / log2 3)."""
    needed = ("public/a.md", "public/b.md")
    one = scored_of("a", relevant=needed, sources=("public/b.md", "public/x.md"), tags=("several-documents",))
    assert ndcg_of(one.case, one.seen.hits) == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_a_document_counts_at_its_first_hit(scored_of: Callable[..., Scored]) -> None:
    """Three hits from one document take one place, so the next document is the second."""
    one = scored_of("a", sources=("public/x.md", "public/x.md", "public/x.md", "public/a.md"))
    assert ndcg_of(one.case, one.seen.hits) == pytest.approx(1 / np.log2(3))


def test_chance_is_what_random_hits_score(scored_of: Callable[..., Scored]) -> None:
    """Two of ten chunks are relevant: five random ones hold one with probability 1 - C(8, 5) / C(10, 5) = 7/9."""
    target = RandomRetrieval({"public": _chunks("a", 2) + _chunks("x", 8)}, 5, random.Random(0))
    assert chance_of(scored_of("a").case, target) == pytest.approx(7 / 9)


def test_chance_of_several_needed_documents_is_their_mean(scored_of: Callable[..., Scored]) -> None:
    """One chunk of ten is found in half of the draws of five, two chunks in 7/9 of them."""
    target = RandomRetrieval({"public": _chunks("a", 2) + _chunks("b", 1) + _chunks("x", 7)}, 5, random.Random(0))
    case = scored_of("a", relevant=("public/a.md", "public/b.md"), tags=("several-documents",)).case
    assert chance_of(case, target) == pytest.approx((7 / 9 + 1 / 2) / 2)


def _chunks(name: str, count: int) -> list[StoredChunk]:
    nothing = TokenVectors(np.zeros((0, 96), np.int8), np.zeros((0, 2), np.int32))
    source = f"public/{name}.md"
    return [
        StoredChunk(Chunk(f"{name}{place}", name, place, 0, 1, ""), "?", "public", source, name, nothing)
        for place in range(count)
    ]
