"""What one case scores, from what was found and what was said. Nothing is averaged here.

A figure that cannot be had of a case is absent from its scores, never 0: a passage where hits carry no text, a citation
where the answer declines, a time where a cache answered, a cost where no model was asked or no price is set.
"""

import re
from collections.abc import Sequence

import numpy as np

from eval.correctness import exact_match, holds_phrase, numbers_right, token_f1
from eval.suite import SEVERAL_DOCUMENTS, Case, plain
from eval.target import Seen, SeenHit
from service.core.answers import Citation
from service.core.sentences import readable, sentences
from service.rag.words import content_words

# Share of a sentence's content words that the words it cites must hold.
SUPPORTED = 0.5
_COLUMN = re.compile(r"(?:^|; )[^:;]+: ")
_MASK = re.compile(r"[\[<][A-Z_]+[\]>]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def scores(case: Case, seen: Seen) -> dict[str, float]:
    """Every figure of one case."""
    found = {"unanswerable": float(not case.answerable), "declined": float(seen.abstained), **_phrases(case, seen)}
    if "total" in seen.timings_ms and not seen.cached:
        found["total_ms"] = seen.timings_ms["total"]
    if seen.usage:
        found["model_tokens"] = float(seen.usage.input_tokens + seen.usage.output_tokens)
    if seen.usage and seen.usage.cost is not None:
        found["cost"] = seen.usage.cost
    if not seen.abstained:
        found |= _citation_scores(case, seen) | _confidence(case, seen)
    if not case.answerable:
        return {**found, "declined_of_unanswerable": found["declined"]}
    found["answered_of_answerable"] = 1.0 - found["declined"]
    if case.parts:
        found |= _correctness(case, seen)
    if case.relevant:
        found |= _retrieval_scores(case, seen.hits)
    return found


def accepted(case: Case, answer: str) -> bool:
    """Whether the answer holds a variant of every part, on word boundaries, case and markup aside."""
    return bool(case.parts) and all(any(holds_phrase(each, answer) for each in part) for part in case.parts)


def document_rank(case: Case, hits: Sequence[SeenHit]) -> int | None:
    """Place of the first hit from a relevant document, from 0; None when no hit is."""
    return next((place for place, hit in enumerate(hits) if hit.source in case.documents), None)


def passage_rank(case: Case, hits: Sequence[SeenHit]) -> int | None:
    """Place of the first hit that holds a relevant quote, from 0; None when no hit does."""
    quotes = [plain(quote) for _, quote in case.relevant]
    return next(
        (place for place, hit in enumerate(hits) if any(each in plain(hit.text or "") for each in quotes)), None
    )


def documents_found(case: Case, hits: Sequence[SeenHit], k: int) -> float:
    """Share of the documents needed that the first k hits come from; 1 for any of them where each answers alone."""
    found = {hit.source for hit in hits[:k]} & set(case.documents)
    return len(found) / len(case.documents) if SEVERAL_DOCUMENTS in case.tags else float(bool(found))


def holds(citation: Citation, hits: Sequence[SeenHit]) -> bool:
    """Whether a citation is what it says: its quote stands in the chunk that it names, and supports its sentence.

    Supports means here, without a model: the quote holds half of the sentence's content words, and the chunk every one
    of its numbers. Of a table's row the values count and not the columns' names, which may stand in an earlier chunk.
    What was redacted is looked for in the chunk as a whole, without what stands for the parts taken out.
    """
    chunk = next((hit.text for hit in hits if hit.chunk == citation.chunk and hit.text), None)
    if not citation.chunk or chunk is None:
        return False
    if not citation.redacted and plain(citation.quote) not in plain(chunk):
        return False
    row = citation.redacted or citation.quote.startswith("|")
    sentence = _MASK.sub(" ", _COLUMN.sub(" ", citation.sentence) if row else citation.sentence)
    asked = content_words(sentence)
    given = content_words(chunk if citation.redacted else citation.quote)
    numbers = set(_NUMBER.findall(sentence)) <= set(_NUMBER.findall(chunk))
    return len(asked & given) >= SUPPORTED * len(asked) and (numbers or citation.redacted)


def _correctness(case: Case, seen: Seen) -> dict[str, float]:
    """The answer beside its reference; one that declines is not right in anything."""
    said = "" if seen.abstained else seen.text
    found = {
        "answer_accepted": float(accepted(case, seen.text)),
        "exact_match": exact_match(said, case.parts),
        "token_f1": token_f1(said, case.parts),
    }
    numbers = numbers_right(said, case.parts)
    return found if numbers is None else {**found, "numbers_right": numbers}


def _phrases(case: Case, seen: Seen) -> dict[str, float]:
    """What the case demands or forbids whoever answers: every phrase, or none of them. Absent where it names none."""
    found = {}
    if case.must_contain:
        found["must_contain"] = float(all(holds_phrase(each, seen.text) for each in case.must_contain))
    if case.must_not_contain:
        found["must_not_contain"] = float(not any(holds_phrase(each, seen.text) for each in case.must_not_contain))
    return found


def beside(text: str, citations: Sequence[Citation]) -> list[str]:
    """The sentences of a text that say something and that none of these citations is for."""
    for each in citations:
        text = text.replace(each.sentence, "\n\n", 1)
    return [readable(text, each) for each in sentences(text) if content_words(text[each.start : each.end])]


def _retrieval_scores(case: Case, hits: Sequence[SeenHit]) -> dict[str, float]:
    document = document_rank(case, hits)
    found = {f"document@{k}": _within(document, k) for k in (1, 5)}
    found["document_mrr"] = _reciprocal(document)
    found["recall@5"] = documents_found(case, hits, 5)
    if any(hit.text is None for hit in hits):
        return found
    passage = passage_rank(case, hits)
    return {**found, **{f"passage@{k}": _within(passage, k) for k in (1, 5)}, "passage_mrr": _reciprocal(passage)}


def _citation_scores(case: Case, seen: Seen) -> dict[str, float]:
    """After Gao et al., "Enabling Large Language Models to Generate Text with Citations" (2023), without a model.

    precision: share of the citations that hold; recall: share of the answer's sentences with a citation that holds.
    """
    cited = [each for each in seen.citations if each.chunk or each.quote]
    found = {}
    if case.relevant and cited:
        found["citation_relevant"] = float(np.mean([each.source in case.documents for each in cited]))
    if any(hit.text is None for hit in seen.hits):
        return found
    holding = [each for each in cited if holds(each, seen.hits)]
    if cited:
        found["citation_precision"] = len(holding) / len(cited)
    rest = beside(seen.text, holding)
    if holding or rest:
        found["citation_recall"] = len(holding) / (len(holding) + len(rest))
    return found


def _confidence(case: Case, seen: Seen) -> dict[str, float]:
    """The confidence in an answer, below zero where the answer is not right; nothing where that cannot be told."""
    if seen.confidence is None or (case.answerable and not case.parts):
        return {}
    right = case.answerable and accepted(case, seen.text)
    return {"signed_confidence": seen.confidence if right else -seen.confidence}


def _within(place: int | None, k: int) -> float:
    return float(place is not None and place < k)


def _reciprocal(place: int | None) -> float:
    """One over the place, counted from 1; 0 where nothing was found. Its mean is the mean reciprocal rank."""
    return 0.0 if place is None else 1 / (place + 1)
