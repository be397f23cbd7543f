"""Runs a suite through the path of a question and scores every case.

A case that failed is of another type than a case that scored low; failures are counted and named, never averaged.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import accepted, cites_relevant, document_rank, passage_rank
from eval.statistics import Estimate, f1, mean
from eval.suite import Case, Suite
from ingestion.pipeline import Progress
from service.core.app import App
from service.core.errors import RagreadyError
from service.core.types import Answer, Question, local_caller
from service.rag import pipeline


@dataclass(frozen=True)
class Scored:
    """A case that was answered or declined."""

    case: Case
    answer: Answer


@dataclass(frozen=True)
class Failed:
    """A case that raised, with the error."""

    case: Case
    error: str


async def run(app: App, suite: Suite, strategy: str, progress: Progress) -> list[Scored | Failed]:
    """Ask every question of the suite, one at a time."""
    outcomes: list[Scored | Failed] = []
    for done, case in enumerate(suite.cases, 1):
        try:
            question = Question(case.question, local_caller(app.settings.tenant), case.spaces, strategy)
            outcomes.append(Scored(case, await pipeline.answer(app, question)))
        except RagreadyError as error:
            outcomes.append(Failed(case, f"{error.code}: {error.detail}"))
        progress(done, len(suite.cases), case.id)
    return outcomes


def summary(suite: Suite, outcomes: Sequence[Scored | Failed], started: float) -> dict[str, Any]:
    """Every metric with interval and n, and what failed. `started` is a time.perf_counter of the start."""
    scored = [each for each in outcomes if isinstance(each, Scored)]
    failed = [each for each in outcomes if isinstance(each, Failed)]
    return {
        "suite": suite.name,
        "n": len(scored),
        "failed": len(failed),
        "failures": [{"id": each.case.id, "error": each.error} for each in failed],
        "metrics": {name: asdict(each) for name, each in _metrics(scored).items()},
        "seconds": round(time.perf_counter() - started, 2),
    }


def _metrics(scored: Sequence[Scored]) -> dict[str, Estimate]:
    """`answer_accepted` counts an answerable case that was declined as not accepted."""
    answerable = [each for each in scored if each.case.answerable]
    documents = [document_rank(each.case, each.answer.hits) for each in answerable]
    passages = [passage_rank(each.case, each.answer.hits) for each in answerable]
    cited = [each for each in answerable if each.answer.citations]
    declined = [each.answer.abstention is not None for each in scored]
    return {
        "document@1": mean([_within(document, 1) for document in documents]),
        "document@5": mean([_within(document, 5) for document in documents]),
        "passage@1": mean([_within(passage, 1) for passage in passages]),
        "passage@5": mean([_within(passage, 5) for passage in passages]),
        "answer_accepted": mean([float(accepted(each.case, each.answer.text)) for each in answerable]),
        "citation_relevant": mean([cites_relevant(each.case, each.answer) for each in cited]),
        "answered_of_answerable": mean([float(each.answer.abstention is None) for each in answerable]),
        "declined_of_unanswerable": mean(
            [float(each.answer.abstention is not None) for each in scored if not each.case.answerable]
        ),
        "abstention_f1": f1([not each.case.answerable for each in scored], declined),
        "total_ms": mean([each.answer.timings_ms["total"] for each in scored]),
    }


def _within(place: int | None, k: int) -> float:
    return float(place is not None and place < k)
