"""The path of one question, a line a step: guard, rewrite, access, cache, find, screen, judge, write, keep, remember.

Each step is a module of its name; strategies find, and write drafts, checks and cites. `controls` knows which controls
are on and keeps what each decided. What a step cannot do, it raises: no failure becomes an answer here.
"""

from dataclasses import replace
from functools import partial

from service.core.answers import Answer, Question
from service.core.app import App
from service.rag import access, cache, context, guard, judge, parts, remember, rewrite, strategies, write
from service.rag.asking import Asking, Emit
from service.rag.controls import Controls
from service.rag.meter import Meter
from service.rag.threads import in_thread


async def answer(app: App, question: Question, emit: Emit = lambda _: None) -> Answer:
    """Answer a question; `emit` gets each cited sentence as soon as it is checked. Raises RagreadyError.

    It raises also when a model fails behind sentences that were handed over: they were right, and no answer.
    """
    controls = Controls(app.settings.controls_off, app.telemetry)
    with app.telemetry.question(question.caller, traced=controls.on("tracing")) as timeline:
        result = await _answer(app, question, Asking(timeline, controls, Meter(app.settings), emit))
        timeline.answered(result)
        return result


async def _answer(app: App, question: Question, asking: Asking) -> Answer:
    timeline, controls = asking.timeline, asking.controls
    with timeline.step("guard"):
        asked = await in_thread(guard.guarded, app, question, controls)
    if asked.history:
        with timeline.step("rewrite"):
            asked = await rewrite.standing_alone(app, asked, controls, asking.meter)
    timeline.asked(asked.text)
    with timeline.step("access"):
        reach = await access.reach(app, asked, controls)
    found = await _found_or_made(app, asked, reach, asking)
    found = await remember.remembered(app, asked, reach, found, asking)
    rewritten = found.rewritten or (asked.text if question.history else None)
    return replace(found, rewritten=rewritten, usage=asking.meter.usage())


async def _found_or_made(app: App, asked: Question, reach: access.Reach, asking: Asking) -> Answer:
    timeline, controls = asking.timeline, asking.controls
    with cache.turn(app, asked, reach, controls) as turn:  # who asks the same meanwhile waits for this answer
        with timeline.step("cache"):
            slot = await cache.look_up(app, turn, controls)
        if slot.answer:
            for each in slot.answer.citations:
                asking.emit(each)
            return cache.served(slot.answer, timeline, controls)
        new = await made(app, asked, reach, asking)
        with timeline.step("keep"):
            return await cache.keep(app, slot, replace(new, degraded=slot.degraded + new.degraded), controls)


async def made(app: App, asked: Question, reach: access.Reach, asking: Asking) -> Answer:
    """The answer that a reach holds to a guarded question, whatever is kept in a cache. Raises RagreadyError."""
    timeline, controls = asking.timeline, asking.controls
    app = replace(app, encoder=app.encoder_of(reach.every_space))  # the one that made the index
    found = await strategies.find(app, asked, reach, asking)
    with timeline.step("screen"):
        found = found.showing(controls.apply("context-guard", partial(context.screened, app.detect), found.hits))
    with timeline.step("judge"):
        judged = parts.judged(found, reach.spaces, app.settings.evidence_threshold, controls)
    written = await write.written(app, asked.text, judged, asking)
    return Answer(
        text=" ".join(each.sentence for each in written.citations) or judge.DECLINES,
        abstention=written.abstention,
        citations=tuple(written.citations),
        hits=tuple(found.hits),
        strategy=asked.strategy,
        model=app.model.name if app.model else app.settings.model,
        confidence=judged.confidence,
        trace_id=timeline.trace_id,
        timings_ms=timeline.timings_ms(),
        controls=tuple(controls.decisions),
        degraded=(*found.degraded, *(["length"] if asking.meter.cut else [])),
        unanswered=judged.unanswered,
        rewritten=found.question if found.question != asked.text else None,
        simulated=app.model is not None and app.model.simulated,
    )
