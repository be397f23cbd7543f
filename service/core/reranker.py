"""A cross-encoder that reads question and passage together, by name; loaded only where the settings name one.

It is the only part of answering that loads torch and sentence-transformers (extra `encoder`): half a gigabyte, and a
pass over every passage at question time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from service.core.errors import RerankerMissing

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker(Protocol):
    """What retrieval needs of a cross-encoder; tests fake it."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers the question; only their order means something. Blocks."""


class SentenceTransformersReranker:
    """A cross-encoder of sentence-transformers. Raises RerankerMissing when it cannot be loaded."""

    def __init__(self, name: str) -> None:
        """`name` is a folder, or a model of the hub that has one score a pair."""
        try:
            self._model: CrossEncoder = _loaded(name)
        # sentence-transformers and the libraries below it raise many kinds, ImportError among them
        except Exception as error:
            raise RerankerMissing(
                f"The cross-encoder {name!r} cannot be loaded: {error}.",
                "Install the extra `encoder` and torch, and name a folder or a model of the hub, or leave it unset.",
            ) from error

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One pass over all passages, each cut off at the model's length."""
        pairs = [(question, each) for each in passages]
        return [float(each) for each in self._model.predict(pairs, show_progress_bar=False)]


def _loaded(name: str) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder

    model: CrossEncoder = CrossEncoder(name, device="cpu")
    if model.num_labels != 1:
        raise ValueError(f"it gives {model.num_labels} scores a pair and not one")
    return model


def open_reranker(name: str | None) -> Reranker | None:
    """The cross-encoder of this name; None for no name. Raises RerankerMissing."""
    return SentenceTransformersReranker(name) if name else None
