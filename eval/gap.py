"""The same question through the demo and through production: what each says, on what it rests, what it took.

Nothing is scored here. A citation holds when the document, read back from the records, has the quote where it says and
the quote supports the sentence; the demo ties no sentence to any span, so there is nothing of it to check.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from eval.demo import Demo
from service.core.answers import Answer, Caller, Citation, Claim, ControlDecision, Hit, Question
from service.core.app import App
from service.core.errors import RagreadyError
from service.rag import pipeline, support
from service.rag.demo import retrieve

CitationState: TypeAlias = Literal["holds", "redacted", "no source", "not supported", "does not hold"]


@dataclass(frozen=True)
class DemoSource:
    """A document that the demo answered from. `readable` tells whether the asker may read it."""

    source: str
    readable: bool


@dataclass(frozen=True)
class DemoSide:
    """The demo's answer; `error` says what it died of."""

    text: str
    sources: tuple[DemoSource, ...]
    timings_ms: dict[str, float]
    error: str = ""


@dataclass(frozen=True)
class ProductionSide:
    """Production's answer with the state of each citation, or the error that it ended with."""

    answer: Answer | None
    states: tuple[CitationState, ...]
    controls: tuple[ControlDecision, ...]
    error: RagreadyError | None = None


@dataclass(frozen=True)
class Gap:
    """Both sides of one question."""

    question: Question
    model: str
    simulated: bool
    controls_off: tuple[str, ...]
    demo: DemoSide
    production: ProductionSide


def warm(app: App, demo: Demo) -> None:
    """Use once what loads at its first use, on both sides, so that no time below is that of a start."""
    app.personal.find("warm")
    app.encoder.embed_query("warm")
    for space in app.records.spaces(app.settings.tenant):
        app.vectors.search(space.index, app.encoder.embed_query("warm").dense, 1)
    retrieve(demo.store, "warm")


def gap(app: App, demo: Demo, question: Question) -> Gap:
    """Ask both. Blocks, outside an event loop. The App has been asked nothing before."""
    return Gap(
        question,
        app.settings.model,
        demo.simulated,
        tuple(sorted(app.settings.controls_off)),
        production=_production(app, question),
        demo=_demo(app, demo, question),
    )


def _production(app: App, question: Question) -> ProductionSide:
    try:
        answer = asyncio.run(pipeline.answer(app, question))
    except RagreadyError as error:
        return ProductionSide(None, (), _counted(app, error), error)
    states = tuple(state(app, question.caller, each, answer.hits) for each in answer.citations)
    return ProductionSide(answer, states, answer.controls)


def state(app: App, caller: Caller, citation: Citation, hits: Sequence[Hit]) -> CitationState:
    """Whether a citation's quote is what the document has at its place, and supports the sentence."""
    if not citation.document:
        return "no source"
    document = app.records.document(caller.tenant, citation.document)
    span = document.text[citation.start : citation.end] if document else ""
    if span and citation.redacted:
        return "redacted"
    if not span or span != citation.quote:
        return "does not hold"
    held = any(support.holds(_claim(citation, hit), app.encoder, app.entailment) for hit in hits)
    return "holds" if held else "not supported"


def _claim(citation: Citation, hit: Hit) -> Claim:
    """A citation as a claim about a hit; about nothing, when it cites another chunk."""
    chunk = hit.stored.chunk
    cited = hit if chunk.id == citation.chunk else None
    return Claim(citation.sentence, cited, citation.start - chunk.start, citation.end - chunk.start)


def _counted(app: App, error: RagreadyError) -> tuple[ControlDecision, ...]:
    """What the controls decided about a question that has no answer, from the App's counters: no times, no reasons."""
    samples = [each for metric in app.telemetry.controls.collect() for each in metric.samples]
    decided = [each.labels for each in samples if each.name.endswith("_total") and each.value]
    return tuple(
        ControlDecision(
            labels["control"],  # type: ignore[arg-type]  # only controls and decisions of the closed sets are counted
            labels["decision"],  # type: ignore[arg-type]
            error.code if labels["decision"] in {"refuse", "could-not-check"} else "",
            0.0,
        )
        for labels in decided
    )


def _demo(app: App, demo: Demo, question: Question) -> DemoSide:
    try:
        answer = demo.ask(question.text)
    # the demo handles no error, and whatever it dies of is what its user sees
    except Exception as error:  # noqa: BLE001
        return DemoSide("", (), {}, f"{type(error).__name__}: {error}"[:300])
    closed = {each.name for each in app.records.spaces(question.caller.tenant) if not question.caller.may_read(each)}
    sources = [DemoSource(each.source, each.source.partition("/")[0] not in closed) for each in answer.sources]
    return DemoSide(answer.text, tuple(sources), answer.timings_ms)


def body(gap: Gap) -> dict[str, Any]:
    """Both sides as JSON; docs/gap.md shows one."""
    caller = gap.question.caller
    return {
        "question": gap.question.text,
        "caller": {"tenant": caller.tenant, "groups": sorted(caller.groups)},
        "model": gap.model,
        "simulated": gap.simulated,
        "controls_off": list(gap.controls_off),
        "demo": {
            "answer": gap.demo.text,
            "sources": [asdict(each) for each in gap.demo.sources],
            "citations": [],
            "timings_ms": gap.demo.timings_ms,
            "error": gap.demo.error,
        },
        "production": {**_answer_body(gap.production), "controls": [asdict(each) for each in gap.production.controls]},
    }


def _answer_body(side: ProductionSide) -> dict[str, Any]:
    answer, error = side.answer, side.error
    citations: Sequence[Citation] = answer.citations if answer else ()
    return {
        "answer": answer.text if answer else "",
        "abstained": bool(answer and answer.abstention),
        "reason_code": answer.abstention.code if answer and answer.abstention else "",
        "reason": answer.abstention.reason if answer and answer.abstention else "",
        "citations": [{**asdict(each), "state": found} for each, found in zip(citations, side.states, strict=True)],
        "timings_ms": answer.timings_ms if answer else {},
        "degraded": list(answer.degraded) if answer else [],
        "trace_id": answer.trace_id if answer else "",
        "error": {"code": error.code, "detail": error.detail, "remedy": error.remedy} if error else {},
    }
