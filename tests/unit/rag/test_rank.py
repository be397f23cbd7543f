"""Fusion and late interaction."""

import numpy as np
import pytest

from service.core.types import QueryVectors, TokenVectors
from service.rag import rank

DENSE = {"a": 0.9, "b": 0.5, "c": 0.1}
LEXICAL = {"b": 12.0, "d": 3.0}


def query(*tokens: list[float]) -> QueryVectors:
    """A question of these token vectors."""
    rows = np.asarray(tokens, dtype=np.float32)
    return QueryVectors(rows.mean(axis=0), rows.mean(axis=0), rows, np.zeros((len(rows), 2), np.int32))


def chunk(*tokens: list[float]) -> TokenVectors:
    """A chunk of these token vectors."""
    rows = np.asarray(tokens, dtype=np.float32).reshape(len(tokens), -1)
    return TokenVectors(np.rint(rows * 127).astype(np.int8), np.zeros((len(tokens), 2), np.int32))


def test_fused_scores_lie_between_0_and_1_best_first() -> None:
    """Every chunk of either retriever is there once, with a score from 0 to 1, in falling order."""
    fused = rank.fused(DENSE, LEXICAL)
    assert set(fused) == {"a", "b", "c", "d"}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)
    assert all(0 <= score <= 1 for score in fused.values())


def test_a_chunk_that_leads_both_lists_scores_1() -> None:
    """Being best in both is the most there is, being last in both the least."""
    fused = rank.fused({"a": 2.0, "z": 1.0}, {"a": -5.0, "z": -9.0})
    assert fused == {"a": 1.0, "z": 0.0}


def test_fusion_does_not_depend_on_the_scale_of_a_retriever() -> None:
    """Scores of one retriever in other units give the same fusion."""
    scaled = {name: 1_000 * score - 7 for name, score in LEXICAL.items()}
    assert rank.fused(DENSE, scaled) == pytest.approx(rank.fused(DENSE, LEXICAL))


def test_one_empty_list_keeps_the_order_of_the_other() -> None:
    """A retriever that found nothing changes nothing in the order; two that found nothing give nothing."""
    assert list(rank.fused(DENSE, {})) == ["a", "b", "c"]
    assert list(rank.fused({}, LEXICAL)) == ["b", "d"]
    assert rank.fused({}, {}) == {}


def test_ties_come_in_the_order_of_ids_however_they_are_given() -> None:
    """Equal scores do not depend on the order in which a retriever returned them."""
    one = rank.fused({"b": 1.0, "a": 1.0, "c": 1.0}, {})
    other = rank.fused({"c": 1.0, "b": 1.0, "a": 1.0}, {})
    assert list(one) == list(other) == ["a", "b", "c"]


def test_reranking_mixes_in_late_interaction() -> None:
    """Late interaction can lift a chunk over a close one, and scores stay from 0 to 1 in falling order."""
    scores = {"a": 1.0, "b": 0.95, "c": 0.0}
    reranked = rank.reranked(scores, {"a": 0.1, "b": 0.9, "c": 0.1})
    assert list(reranked) == ["b", "a", "c"]
    assert all(0 <= score <= 1 for score in reranked.values())
    assert rank.reranked(scores, {}) == {}


def test_late_interaction_that_says_nothing_keeps_the_order() -> None:
    """When every chunk is equally similar the fused order stays."""
    scores = {"a": 0.9, "b": 0.5, "c": 0.1}
    assert list(rank.reranked(scores, dict.fromkeys(scores, 0.4))) == ["a", "b", "c"]


def test_max_sim_is_the_mean_of_each_tokens_best() -> None:
    """Each token of the question counts once, with its best match in the chunk."""
    [similar] = rank.token_similarities(query([1.0, 0.0], [0.0, 1.0]), [chunk([1.0, 0.0], [0.6, 0.8])])
    assert rank.max_sim(similar) == pytest.approx((1.0 + 0.8) / 2, abs=0.01)


def test_similarities_are_cosines_of_each_chunk_apart() -> None:
    """Chunks of different lengths each get their own matrix, from -1 to 1, as one by one."""
    asked = query([1.0, 0.0], [0.0, -1.0])
    chunks = [chunk([1.0, 0.0]), chunk([0.6, 0.8], [0.0, 1.0], [-1.0, 0.0])]
    together = rank.token_similarities(asked, chunks)
    assert [each.shape for each in together] == [(2, 1), (2, 3)]
    for each, alone in zip(together, chunks, strict=True):
        np.testing.assert_allclose(each, rank.token_similarities(asked, [alone])[0], atol=1e-6)
        assert np.abs(each).max() <= 1.0
    assert rank.token_similarities(asked, []) == []


def test_a_chunk_without_tokens_is_similar_to_nothing() -> None:
    """An empty matrix counts 0 and warns of nothing."""
    assert rank.max_sim(np.zeros((2, 0), dtype=np.float32)) == 0.0


def test_best_takes_the_first() -> None:
    """At most `count` ids of an ordered list."""
    assert rank.best({"a": 3.0, "b": 2.0, "c": 1.0}, 2) == ["a", "b"]
    assert rank.best({"a": 3.0}, 9) == ["a"]


def test_a_question_moves_towards_what_was_found_for_it() -> None:
    """The vector stays of unit length and comes nearer to what is like it, and less to what is less like it."""
    asked = np.asarray([1.0, 0.0, 0.0], dtype=np.float32)
    near = np.asarray([[0.8, 0.6, 0.0]], dtype=np.float32)
    far = np.asarray([[0.2, 0.0, 0.98]], dtype=np.float32)
    to_near, to_far = rank.towards(asked, near), rank.towards(asked, far)
    assert np.linalg.norm(to_near) == pytest.approx(1.0)
    assert (to_near @ near[0]) - (asked @ near[0]) > (to_far @ far[0]) - (asked @ far[0]) > 0


def test_what_is_unlike_a_question_does_not_move_it() -> None:
    """A chunk with a cosine of 0 or less weighs nothing."""
    asked = np.asarray([1.0, 0.0], dtype=np.float32)
    np.testing.assert_allclose(rank.towards(asked, np.asarray([[-1.0, 0.0], [0.0, 1.0]], np.float32)), asked)
