"""The metrics of Ragas that need no model, for the cases of a run. The only module that calls Ragas.

Ragas reports its use to its makers unless told not to: it is told before it is imported, and only functions that report
nothing are called. Importing it takes seconds, so it is imported when it is needed.
"""

import math
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from eval.outcome import Outcome, Scored

Score: TypeAlias = Callable[[Scored], Awaitable[dict[str, float]]]


def ragas_scorer() -> Callable[[Outcome], Awaitable[Outcome]]:
    """What puts Ragas' figures beside a scored case's own; a figure that Ragas has no value for is left out."""
    scorers = (_context_scorer(), _string_scorer())

    async def scored(outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Scored) or not outcome.case.answerable:
            return outcome
        figures = {name: value for score in scorers for name, value in (await score(outcome)).items()}
        known = {name: value for name, value in figures.items() if not math.isnan(value)}
        return replace(outcome, scores={**outcome.scores, **known})

    return scored


def _context_scorer() -> Score:
    """Relevant documents among the documents that the hits come from, by name."""
    _switch_reports_off()
    from ragas import SingleTurnSample

    # the module of their own: ragas.metrics gives them out with a warning, ragas.metrics.collections lacks them
    from ragas.metrics._context_precision import IDBasedContextPrecision
    from ragas.metrics._context_recall import IDBasedContextRecall

    recall, precision = IDBasedContextRecall(), IDBasedContextPrecision()

    async def scored(outcome: Scored) -> dict[str, float]:
        if not outcome.case.relevant:
            return {}
        sample = SingleTurnSample(
            retrieved_context_ids=[hit.source for hit in outcome.seen.hits],
            reference_context_ids=list(outcome.case.documents),
        )
        # the public methods queue a report of their use
        return {
            "ragas_context_recall": float(await recall._single_turn_ascore(sample, callbacks=[])),
            "ragas_context_precision": float(await precision._single_turn_ascore(sample, callbacks=[])),
        }

    return scored


def _string_scorer() -> Score:
    """The answer beside the quotes it should rest on (Levenshtein), and the share of its parts that it holds as is."""
    _switch_reports_off()
    from ragas.metrics.collections import NonLLMStringSimilarity, StringPresence

    similarity, presence = NonLLMStringSimilarity(), StringPresence()

    async def scored(outcome: Scored) -> dict[str, float]:
        case, said = outcome.case, outcome.seen.text
        if outcome.seen.abstained:
            return {}
        found = {}
        if case.relevant:
            like = [(await similarity.ascore(reference=quote, response=said)).value for _, quote in case.relevant]
            found["ragas_string_similarity"] = max(like)
        if case.parts:
            held = [
                max([(await presence.ascore(reference=variant, response=said)).value for variant in part])
                for part in case.parts
            ]
            found["ragas_string_presence"] = sum(held) / len(held)
        return found

    return scored


def _switch_reports_off() -> None:
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
