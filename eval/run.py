"""Asks a target every question of a suite, each as a reader of the spaces that its case names.

A case that failed is of another type than a case that scored low; failures are counted and named, never averaged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, TypeAlias

from eval.correctness import holds_phrase
from eval.measures import estimates
from eval.metrics import scores
from eval.outcome import Failed, Outcome, Scored, Skipped
from eval.reasons import reasons
from eval.suite import Case, Suite, plain
from eval.target import Http, Target
from ingestion.pipeline import Progress, quiet
from service.core.app import App
from service.core.errors import InvalidSuite, RagreadyError, TargetUnavailable
from service.core.names import document_id

Finish: TypeAlias = Callable[[Outcome], Awaitable[Outcome]]
# One that fails at every other question fails so often in a row once in a million.
_LEAST_SILENCE = 20


async def run(
    target: Target,
    suite: Suite,
    progress: Progress = quiet,
    *,
    at_once: int = 1,
    done: Mapping[str, Outcome] = MappingProxyType({}),
    finish: Finish | None = None,
) -> list[Outcome]:
    """What became of every case, in the suite's order, `at_once` questions at a time.

    `done` are cases of an earlier pass, which are not asked again. `finish` sees each other case as soon as it is
    scored and gives back what is kept of it; what it raises ends the run. So does a target that does not answer 20
    times one after the other, by TargetUnavailable: those cases are not finished, and are asked again by who goes on.
    """
    outcomes = dict(done)
    waiting = iter([case for case in suite.cases if case.id not in done])
    unanswered: list[Failed] = []

    async def keep(outcome: Outcome) -> None:
        outcomes[outcome.case.id] = await finish(outcome) if finish else outcome
        progress(len(outcomes), len(suite.cases), outcome.case.id)

    async def work() -> None:
        for case in waiting:  # the workers share the iterator: each takes the next case that nobody has taken
            outcome = await outcome_of(target, case)
            if isinstance(outcome, Failed) and outcome.code == TargetUnavailable.code:
                unanswered.append(outcome)
                _stop_at_silence(target, unanswered)
                continue
            earlier = [*unanswered]
            unanswered.clear()
            for each in (*earlier, outcome):
                await keep(each)

    await asyncio.gather(*(work() for _ in range(at_once)))
    for each in unanswered:
        await keep(each)
    return [outcomes[case.id] for case in suite.cases]


def _stop_at_silence(target: Target, unanswered: Sequence[Failed]) -> None:
    if len(unanswered) >= _LEAST_SILENCE:
        raise TargetUnavailable(
            f"{target.name} did not answer {len(unanswered)} questions one after the other, the last one so: "
            f"{unanswered[-1].detail}",
            "Start it again; `ragready eval run` goes on from here with --resume last.",
        )


async def outcome_of(target: Target, case: Case) -> Outcome:
    """Ask one question and score what comes back."""
    if case.skip:
        return Skipped(case, case.skip)
    try:
        seen = await target.ask(case.question, case.spaces, target.reader_of(case.spaces))
    except RagreadyError as error:
        return Failed(case, error.code, error.detail)
    # a target that crashes has failed at this case, as it would over HTTP; the others go on
    except Exception as error:  # noqa: BLE001  # it becomes a failure with the name of what was raised
        return Failed(case, RagreadyError.code, f"{type(error).__name__}: {error}")
    found = scores(case, seen)
    return Scored(case, seen, found, reasons(case, seen, found))


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Every metric with interval and n, how many cases were scored, and which failed or were skipped, and why."""
    scored = [each.scores for each in outcomes if isinstance(each, Scored)]
    failed = [each for each in outcomes if isinstance(each, Failed)]
    skipped = [each for each in outcomes if isinstance(each, Skipped)]
    return {
        "n": len(scored),
        "failed": len(failed),
        "skipped": len(skipped),
        "failures": [{"id": each.case.id, "error": f"{each.code}: {each.detail}"} for each in failed],
        "skips": [{"id": each.case.id, "reason": each.reason} for each in skipped],
        "metrics": {name: asdict(each) for name, each in estimates(scored).items()},
    }


def not_served(service: Http, suite: Suite) -> set[str]:
    """The documents of a suite's cases that a service does not hold, by name; what is in the others is unknown."""
    served = {each["source"] for each in service.request("GET", "/v1/documents")["documents"]}
    return {document for case in suite.cases for document in case.documents} - served


def check_quotes(app: App, suite: Suite) -> None:
    """Refuse a suite whose quotes do not stand in their documents as ingested. Raises InvalidSuite naming the case.

    A document that ingestion held back is not looked at: that it cannot be found is the product's doing.
    """
    texts: dict[str, str] = {}
    for case in suite.cases:
        for document, quote in case.relevant:
            if document not in texts:
                texts[document] = _stored(app, document)
            if texts[document] and plain(quote) not in texts[document]:
                raise InvalidSuite(
                    f"Case {case.id!r} quotes {quote[:60]!r}, which does not stand in {document}.",
                    "Quote the document as `ragready documents show` prints it.",
                )


def outside_quotes(suite: Suite) -> list[str]:
    """Ids of the cases with a part of whose answer no variant stands in a quote: for people to see that it is meant.

    It may be: an answer of yes or no, and one that is worked out, stand nowhere.
    """
    return [
        case.id
        for case in suite.cases
        if case.relevant
        and not all(
            any(holds_phrase(each, quote) for each in part for _, quote in case.relevant) for part in case.parts
        )
    ]


def _stored(app: App, document: str) -> str:
    tenant, space = app.settings.tenant, document.partition("/")[0]
    found = app.records.document(tenant, document_id(tenant, space, document))
    return plain(found.text) if found else ""
