"""Figures of an answer that take the product's encoder: how near it is to the reference, and what hits support of it.

They stand apart from eval.metrics, which needs nothing but the texts. The encoder that searches judges here too, and so
shares what it does not see.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np

from eval.detect import grounded
from eval.metrics import beside, holds
from eval.outcome import Outcome, Scored
from eval.suite import Case, plain
from eval.target import Seen
from service.core.embedder import Encoder
from service.rag import support
from service.rag.threads import in_thread
from service.rag.words import content_words


def encoder_scorer(encoder: Encoder) -> Callable[[Outcome], Awaitable[Outcome]]:
    """What puts these figures beside a scored case's own, where it was answered."""

    async def scored(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Scored) or outcome.seen.abstained:
            return outcome
        found = await in_thread(_figures, outcome.case, outcome.seen, encoder)
        return replace(outcome, scores={**outcome.scores, **found})

    return scored


def semantic_similarity(case: Case, answer: str, encoder: Encoder) -> float | None:
    """Cosine of the answer and the quote or variant nearest to it, -1 to 1; None where the case has neither."""
    references = [*(quote for _, quote in case.relevant), *(variant for part in case.parts for variant in part)]
    if not references or not answer.strip():
        return None
    said = encoder.embed_query(answer).dense
    return float(max(np.dot(said, encoder.embed_query(each).dense) for each in references))


def grounded_share(seen: Seen, encoder: Encoder) -> float | None:
    """Share of the answer's sentences that a hit supports, whether they cite it or not; None where hits have no text.

    A sentence whose citation holds is, and one that stands in a hit word for word; of others the grounding head is
    asked beside the hit that shares most words with it, at the product's own threshold.
    """
    texts = [hit.text for hit in seen.hits if hit.text]
    holding = [each for each in seen.citations if holds(each, seen.hits)]
    rest = beside(seen.text, holding)
    if not texts or not (holding or rest):
        return None
    return (len(holding) + sum(_supported(each, texts, encoder) for each in rest)) / (len(holding) + len(rest))


def _figures(case: Case, seen: Seen, encoder: Encoder) -> dict[str, float]:
    found = {"grounded": grounded_share(seen, encoder)}
    if case.answerable:
        found["semantic_similarity"] = semantic_similarity(case, seen.text, encoder)
    return {name: each for name, each in found.items() if each is not None}


def _supported(sentence: str, texts: list[str], encoder: Encoder) -> bool:
    if any(plain(sentence) in plain(text) for text in texts):
        return True
    words = content_words(sentence)
    nearest = max(texts, key=lambda text: len(words & content_words(text)))
    return grounded({"context": nearest, "answer": sentence}, encoder) >= support.THRESHOLD
