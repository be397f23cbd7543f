"""A model that says whether a text supports a sentence, by name; loaded only where the settings name one.

Loads torch and sentence-transformers (extra `encoder`), as service.core.reranker does: half a gigabyte, and one pass a
sentence.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from service.core.errors import GroundingModelMissing

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Entailment(Protocol):
    """What the check of sentences needs of a model; tests fake it."""

    def probability(self, text: str, sentence: str) -> float:
        """How surely a text supports a sentence, 0 to 1. Blocks."""


class SentenceTransformersEntailment:
    """A model for sequence classification. Raises GroundingModelMissing when it cannot be loaded."""

    def __init__(self, name: str) -> None:
        """`name` is a folder or a model of the hub: with a label for entailment, or with one score a pair."""
        try:
            self._model, self._label = _loaded(name)
        # sentence-transformers and the libraries below it raise many kinds, ImportError among them
        except Exception as error:
            raise GroundingModelMissing(
                f"The grounding model {name!r} cannot be used: {error}.",
                "Install the extra `encoder` and torch, and name a folder or a model of the hub with a label for"
                " entailment or one score a pair, or leave it unset.",
            ) from error

    def probability(self, text: str, sentence: str) -> float:
        """The share that softmax gives to entailment, or the logistic of the only score; cut off at its length."""
        [scores] = self._model.predict(
            [(text, sentence)], activation_fn=lambda each: each, convert_to_numpy=True, show_progress_bar=False
        )
        logits = np.atleast_1d(np.asarray(scores, dtype=np.float64))
        if len(logits) == 1:
            logits = np.asarray([0.0, logits[0]])
        shares = np.exp(logits - logits.max())
        return float(shares[self._label] / shares.sum())


def open_entailment(name: str | None) -> Entailment | None:
    """The model of this name; None for no name. Raises GroundingModelMissing."""
    return SentenceTransformersEntailment(name) if name else None


def _loaded(name: str) -> "tuple[CrossEncoder, int]":
    """The model, and which of its scores says that the text supports the sentence."""
    from sentence_transformers import CrossEncoder

    model: CrossEncoder = CrossEncoder(name, device="cpu")
    named = getattr(model.config, "id2label", None) or {}
    labels = {int(place): str(label).lower() for place, label in named.items()}
    if model.num_labels == 1:
        return model, 1
    found = [place for place, label in labels.items() if label.startswith("entail")]
    if len(found) != 1:
        raise ValueError(f"none or several of its labels say entailment: {', '.join(labels.values())}")
    return model, found[0]
