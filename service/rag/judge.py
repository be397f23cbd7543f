"""Is what was found enough to answer from? A probability from three features, and the reason when it is not.

It judges whether the evidence speaks of what was asked, not whether a sentence is true. How weak it is stands with
figures in docs/decisions/0005-abstention.md.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Abstention, Hit
from service.core.types import QueryVectors, Space
from service.rag import read
from service.rag.controls import Controls
from service.rag.read import Evidence
from service.rag.words import content_words

DECLINES = "I cannot answer this from the documents that you may read."
# A logistic regression; docs/decisions/0005-abstention.md says on what.
BIAS = -1.47
WEIGHTS = {"dense": 3.16, "sentence": 1.07, "missing_names": -1.2}
# Names and numbers: capitalised words that do not open the question, and words with a digit.
_NAME = re.compile(r"(?<=[\w,;:] )[A-Z][\w-]*|\b\w*\d(?:[\w.,-]*\w)?")
_MOST_MISSING = 2


@dataclass(frozen=True)
class Sufficiency:
    """What the judgement rests on: features from 0 to 1, the names that the evidence lacks, and the probability."""

    features: dict[str, float]
    missing_names: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class Judged:
    """The hits, their sentences best first, the probability that they suffice, and why to decline if they do not.

    Of a question that was split, `parts` are those that can be answered and `unanswered` the others.
    """

    question: str
    hits: Sequence[Hit]
    evidence: Sequence[Evidence]
    probability: float
    abstention: Abstention | None
    parts: tuple["Judged", ...] = ()
    unanswered: tuple[str, ...] = ()


def judged(
    question: str,
    query: QueryVectors,
    spaces: Sequence[Space],
    hits: Sequence[Hit],
    threshold: float,
    controls: Controls,
) -> Judged:
    """Judge whether the hits suffice. With the control `abstention` off, any hit does."""
    ranked = read.evidence(question, query, hits)
    found = sufficiency(question, hits, ranked)
    on = controls.on("abstention")
    declined = abstention(spaces, hits, found, threshold if on else 0.0)
    if on:
        controls.note("abstention", "refuse" if declined else "allow", declined.code if declined else "")
    return Judged(question, hits, ranked, found.probability, declined)


def sufficiency(question: str, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Sufficiency:
    """Probability that the question can be answered from the hits. Hits and evidence come best first."""
    if not hits or not ranked:
        return Sufficiency({}, (), 0.0)
    stored = ranked[0].hit.stored
    around = content_words(f"{stored.chunk.context} {stored.text}")
    missing = tuple(name for name in _NAME.findall(question) if not content_words(name) <= around)
    features = {
        "dense": max((hit.dense or 0.0) for hit in hits),
        "sentence": ranked[0].score,
        "missing_names": min(len(missing), _MOST_MISSING) / _MOST_MISSING,
    }
    score = BIAS + sum(WEIGHTS[name] * value for name, value in features.items())
    return Sufficiency(features, missing, 1.0 / (1.0 + math.exp(-score)))


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
    lacks = f"; it does not mention {', '.join(judged.missing_names)}" if judged.missing_names else ""
    return Abstention(
        "weak-evidence",
        f"The closest passage, in {hits[0].stored.title!r}, does not hold enough to answer{lacks} "
        f"(evidence {judged.probability:.2f}, needed {threshold:.2f}).",
    )
