"""What one case scores, from what was found and what was said. Nothing is averaged here."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from eval.suite import Case
from service.core.types import Answer, Hit


def accepted(case: Case, answer: str) -> bool:
    """Whether the answer holds a variant of every part, on word boundaries, case and markup aside."""
    said = _plain(answer)
    return bool(case.parts) and all(
        any(re.search(rf"(?<!\w){re.escape(_plain(variant))}(?!\w)", said) for variant in variants)
        for variants in case.parts
    )


def document_rank(case: Case, hits: Sequence[Hit]) -> int | None:
    """Place of the first hit from a relevant document, from 0; None when no hit is."""
    wanted = {document for document, _ in case.relevant}
    return next((place for place, hit in enumerate(hits) if hit.stored.source in wanted), None)


def passage_rank(case: Case, hits: Sequence[Hit]) -> int | None:
    """Place of the first hit that holds a relevant quote, from 0; None when no hit does."""
    quotes = [_plain(quote) for _, quote in case.relevant]
    return next(
        (place for place, hit in enumerate(hits) if any(quote in _plain(hit.stored.text) for quote in quotes)), None
    )


def cites_relevant(case: Case, answer: Answer) -> float:
    """Share of the citations that stand in a relevant document."""
    wanted = {document for document, _ in case.relevant}
    return float(np.mean([each.source in wanted for each in answer.citations]))


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain at k, with gains 2^grade - 1 (Burges et al., 2005)."""
    gained = sum((2 ** grades.get(each, 0) - 1) / np.log2(place + 2) for place, each in enumerate(ranked[:k]))
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k]
    ideal = sum((2**grade - 1) / np.log2(place + 2) for place, grade in enumerate(best))
    return float(gained / ideal) if ideal else 0.0


def recall(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents among the first k."""
    relevant = {each for each, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:k])) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """One over the place of the first relevant document among the first k, else 0."""
    return next((1 / place for place, each in enumerate(ranked[:k], 1) if grades.get(each, 0) > 0), 0.0)


def average_precision(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Mean over the relevant documents of the precision at each one's place; one that is not ranked counts 0."""
    relevant = {each for each, grade in grades.items() if grade > 0}
    places = [place for place, each in enumerate(ranked, 1) if each in relevant]
    return sum(count / place for count, place in enumerate(places, 1)) / len(relevant)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`|]", " ", text).split()).lower()
