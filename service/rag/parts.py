"""A question that was split: each part is judged alone, and answered from its own evidence.

Parts that the documents do not answer are named in the answer; where they answer none of them, the question is judged
as a whole, like one that was not split.
"""

from collections.abc import Sequence
from dataclasses import replace

from service.core.types import Space
from service.rag import judge, read
from service.rag.controls import Controls
from service.rag.judge import Judged
from service.rag.read import Evidence
from service.rag.strategies.found import Found


def judged(found: Found, spaces: Sequence[Space], threshold: float, controls: Controls) -> Judged:
    """Judge whether the hits suffice, for each part on its own. Confidence in an answer is that in its weakest part."""
    parts = [judge.judged(each.question, each.query, spaces, each.hits, threshold, controls) for each in found.parts]
    answered = tuple(each for each in parts if not each.abstention)
    if not answered:
        return judge.judged(found.question, found.query, spaces, found.hits, threshold, controls)
    return replace(
        answered[0],
        question=found.question,
        hits=found.hits,
        confidence=min(each.confidence for each in parts),
        parts=answered,
        unanswered=tuple(each.question for each in parts if each.abstention),
    )


def choose(judged: Judged, limit: int) -> list[Evidence]:
    """The fewest sentences that answer every part that can be, at most `limit`, or one a part; part after part."""
    parts = judged.parts or (judged,)
    chosen: list[Evidence] = []
    for part in parts:
        found = read.choose(part.question, part.evidence, max(limit // len(parts), 1))
        chosen += [each for each in found if each.text not in {one.text for one in chosen}]
    return chosen
