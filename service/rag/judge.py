"""Is what was found enough to answer from? A probability by a head over a few features, and the reason when it is not.

It judges whether the evidence speaks of what was asked, not whether a sentence is true. How weak it is stands with
figures in docs/decisions/0005-abstention.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Abstention, Hit
from service.core.types import QueryVectors, Space
from service.rag import read
from service.rag.controls import Controls
from service.rag.heads import head
from service.rag.read import Evidence
from service.rag.sufficiency import measured

DECLINES = "I cannot answer this from the documents that you may read."


@dataclass(frozen=True)
class Sufficiency:
    """What the judgement rests on: the features, the names and numbers that the evidence lacks, and what they make.

    `closest` is the title of the document with the best sentence, `instead` the models that it names and the question
    does not. `probability` is that of being answerable, if half of all questions were; `confidence` that of a right
    answer, as often as the tune split of the sample cases was answered right.
    """

    features: dict[str, float]
    missing: tuple[str, ...]
    probability: float
    confidence: float
    closest: str = ""
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The hits, their sentences best first, how sure an answer from them is, and why to decline if they do not do.

    Of a question that was split, `parts` are those that can be answered and `unanswered` the others.
    """

    question: str
    hits: Sequence[Hit]
    evidence: Sequence[Evidence]
    confidence: float
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
    found = sufficiency(question, query, hits, ranked)
    on = controls.on("abstention")
    declined = abstention(spaces, hits, found, threshold if on else 0.0)
    if on:
        controls.note("abstention", "refuse" if declined else "allow", declined.code if declined else "")
    return Judged(question, hits, ranked, _confidence(found, controls), declined)


def _confidence(found: Sufficiency, controls: Controls) -> float:
    """With the control `confidence` off, the best cosine, as many a demo shows it."""
    if controls.on("confidence"):
        controls.note("confidence", "allow")
        return found.confidence
    return max(0.0, found.features.get("dense", 0.0))


def sufficiency(question: str, query: QueryVectors, hits: Sequence[Hit], ranked: Sequence[Evidence]) -> Sufficiency:
    """Probability that the question can be answered from the hits. Hits and evidence come best first."""
    if not hits or not ranked:
        return Sufficiency({}, (), 0.0, 0.0)
    found, fitted = measured(question, query, hits, ranked), head("sufficiency")
    return Sufficiency(
        found.features,
        found.missing,
        probability=fitted.probability("sufficient", found.features),
        confidence=fitted.probability("right", found.features),
        closest=ranked[0].hit.stored.title,
        instead=found.instead,
    )


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
        f"The closest passage, in {judged.closest!r}, does not hold enough to answer{_lacks(judged)} "
        f"(evidence {judged.probability:.2f}, needed {threshold:.2f}).",
    )


def _lacks(judged: Sufficiency) -> str:
    """What a near miss is about instead: ": it mentions Corvel 5 and not Corvel 7"."""
    if not judged.missing:
        return ""
    missing = ", ".join(judged.missing)
    if not judged.instead:
        return f": it does not mention {missing}"
    return f": it mentions {', '.join(judged.instead)} and not {missing}"
