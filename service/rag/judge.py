"""Is what was found enough to answer from? A probability from four features, and the reason when it is not.

The weights come from a logistic regression (docs/decisions/0005-abstention.md says on what). It judges whether the
evidence speaks of what was asked, not whether a sentence is true.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.types import Abstention, Hit, Space
from service.rag.read import Evidence
from service.rag.words import content_words, coverage

BIAS = -9.0
WEIGHTS = {"dense": 4.0, "max_sim": 6.0, "sentence": 6.0, "coverage": 2.0}


@dataclass(frozen=True)
class Sufficiency:
    """What the judgement rests on: each feature between 0 and 1, and the probability that they make together."""

    features: dict[str, float]
    probability: float


def sufficiency(question: str, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Sufficiency:
    """Probability that the question can be answered from the hits. Hits and evidence come best first."""
    if not hits or not ranked:
        return Sufficiency({}, 0.0)
    best = ranked[0]
    asked = content_words(question)
    around = content_words(f"{best.hit.stored.chunk.context} {best.hit.stored.text}")
    features = {
        "dense": max((hit.dense or 0.0) for hit in hits),
        "max_sim": max(hit.max_sim for hit in hits),
        "sentence": best.score,
        "coverage": coverage(asked, around, {}),
    }
    score = BIAS + sum(WEIGHTS[name] * value for name, value in features.items())
    return Sufficiency(features, 1.0 / (1.0 + math.exp(-score)))


def abstention(
    spaces: Sequence[Space], hits: Sequence[Hit], judged: Sufficiency, threshold: float
) -> Abstention | None:
    """Why to decline, or None when the evidence suffices. A space of version 0 never held a document."""
    if not any(space.version for space in spaces):
        return Abstention("no-documents", "There are no documents yet in the spaces that you may read.")
    if not hits:
        return Abstention("no-match", "Nothing in the documents that you may read matches this question.")
    if judged.probability >= threshold:
        return None
    return Abstention(
        "weak-evidence",
        f"The closest passage, in {hits[0].stored.title!r}, does not hold enough to answer: "
        f"evidence {judged.probability:.2f}, needed {threshold:.2f}.",
    )
