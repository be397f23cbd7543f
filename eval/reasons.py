"""Why a figure of a case is not full, in a sentence for whoever reads the run. Nothing is scored here.

A figure without a sentence is full, or is a measurement that cannot be full.
"""

from collections.abc import Mapping, Sequence

from eval.correctness import holds_phrase
from eval.metrics import document_rank, holds, passage_rank
from eval.suite import Case, plain
from eval.target import Seen

_SHOWN = 3


def reasons(case: Case, seen: Seen, scores: Mapping[str, float]) -> dict[str, str]:
    """A sentence for each figure of an answer that is below 1, by the figure's name."""
    found = {name: _place(case, seen, name) for name in ("document@1", "document@5", "document_mrr", "recall@5")}
    found |= {name: _passage(case, seen) for name in ("passage@1", "passage@5", "passage_mrr")}
    declined = f"It declined: {seen.reason_code}." if seen.abstained else ""
    unsaid = [each for each in case.must_contain if not holds_phrase(each, seen.text)]
    said = [each for each in case.must_not_contain if holds_phrase(each, seen.text)]
    return _below(
        scores,
        {
            **found,
            "answer_accepted": declined or _missing(case, seen),
            "numbers_right": declined or "A number of the expected answer is missing, or has another unit.",
            "must_contain": _listed("Not said", unsaid),
            "must_not_contain": _listed("Said", said),
            "answered_of_answerable": declined,
            "declined_of_unanswerable": "It answered what the documents do not answer.",
            "citation_relevant": _listed("Cited from elsewhere", _elsewhere(case, seen)),
            "citation_precision": _listed("Citations that do not hold", _broken(seen)),
            "citation_recall": "A sentence has no citation that holds.",
        },
    )


def _below(scores: Mapping[str, float], sentences: Mapping[str, str]) -> dict[str, str]:
    return {name: sentence for name, sentence in sentences.items() if scores.get(name, 1.0) < 1.0}


def _place(case: Case, seen: Seen, name: str) -> str:
    absent = [each for each in case.documents if each not in {hit.source for hit in seen.hits}]
    if absent:
        return _listed(f"Not among the {len(seen.hits)} hits", absent)
    place = document_rank(case, seen.hits)
    if name == "recall@5" or place is None:
        return "Not every document that is needed is among the first 5 hits."
    return f"The first relevant document is hit {place + 1}."


def _passage(case: Case, seen: Seen) -> str:
    place = passage_rank(case, seen.hits)
    return "No hit holds the quote." if place is None else f"The quote stands in hit {place + 1}."


def _missing(case: Case, seen: Seen) -> str:
    said = plain(seen.text)
    lacking = [part for part in case.parts if not any(plain(variant) in said for variant in part)]
    return _listed("The answer lacks", [" or ".join(part[:_SHOWN]) for part in lacking or case.parts])


def _elsewhere(case: Case, seen: Seen) -> list[str]:
    return list(dict.fromkeys(each.source for each in seen.citations if each.source not in case.documents))


def _broken(seen: Seen) -> list[str]:
    return [each.source or each.sentence for each in seen.citations if not holds(each, seen.hits)]


def _listed(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{what}: {', '.join(names[:_SHOWN])}{more}."
