"""The yardstick that rankings are compared with."""

import math

import pytest

from eval.beir import Text
from eval.bm25 import K1, B, Bm25

DOCUMENTS = [
    Text("a", "The saddle of a bicycle and its cover.", "Saddles"),
    Text("b", "A chain needs oil, a lamp needs power.", "Upkeep"),
    Text("c", "Oil for chains comes in bottles; chain oil is thin."),
    Text("d", "Lamps."),
]


def test_the_document_with_the_words_comes_first() -> None:
    """Words are stemmed and counted; a document that shares none is not ranked."""
    index = Bm25(DOCUMENTS)
    assert index.ranked("Which oil for the chains?", 10) == ["c", "b"]
    assert index.ranked("lamp", 1) == ["d"]
    assert index.ranked("penguin", 10) == []
    assert index.ranked("the of and", 10) == []


def test_equal_documents_stand_in_the_order_of_their_ids() -> None:
    """Ties do not depend on how an index is kept."""
    same = [Text(name, "A bell.") for name in ("c", "a", "b")]
    assert Bm25([*same, *DOCUMENTS]).ranked("bell", 10) == ["a", "b", "c"]


def test_the_formula_is_lucenes() -> None:
    """The score of one word in one of two documents, by hand: idf * tf / (tf + k1 * (1 - b + b * length / mean))."""
    index = Bm25([Text("a", "bell bell lamp"), Text("b", "chain")])
    score = index._index.get_scores(["bell"])[0]
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert score == pytest.approx(idf * 2 / (2 + K1 * (1 - B + B * 3 / 2)), rel=1e-5)
