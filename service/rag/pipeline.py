"""The path of one question, one line a step: guard, access, cache, find, screen, judge, draft, check, cite.

Each step is a module of its name, finding one of strategies. `controls` knows which controls are on and keeps what each
decided. What a step cannot do, it raises: no failure becomes an answer here.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from service.core.answers import Answer, Citation, Question
from service.core.app import App
from service.core.telemetry import Timeline
from service.rag import access, cache, check, cite, context, draft, guard, judge, parts, remember, strategies
from service.rag.controls import Controls
from service.rag.threads import in_thread


async def answer(app: App, question: Question, emit: Callable[[Citation], None] = lambda _: None) -> Answer:
    """Answer a question; `emit` gets each cited sentence as soon as it stands. Raises RagreadyError."""
    controls = Controls(app.settings.controls_off, app.telemetry)
    with app.telemetry.question(question.caller, traced=controls.on("tracing")) as timeline:
        result = await _answer(app, question, timeline, controls)
        timeline.answered(result)
        for each in result.citations:
            emit(each)
        return result


async def _answer(app: App, question: Question, timeline: Timeline, controls: Controls) -> Answer:
    with timeline.step("guard"):
        asked = await in_thread(guard.guarded, app, question, controls)
        timeline.asked(asked.text)
    with timeline.step("access"):
        reach = await access.reach(app, asked, controls)
    with cache.turn(app, asked, reach, controls) as turn:  # who asks the same meanwhile waits for this answer
        with timeline.step("cache"):
            slot = await cache.look_up(app, turn, controls)
        if slot.answer:
            found = cache.served(slot.answer, timeline, controls)
        else:
            new = await made(app, asked, reach, timeline, controls)
            with timeline.step("keep"):
                found = await cache.keep(app, slot, replace(new, degraded=slot.degraded + new.degraded), controls)
    return await remember.remembered(app, asked, reach, found, timeline, controls)


async def made(app: App, asked: Question, reach: access.Reach, timeline: Timeline, controls: Controls) -> Answer:
    """The answer that a reach holds to a guarded question, whatever is kept in a cache. Raises RagreadyError."""
    found = await strategies.find(app, asked, reach, timeline, controls)
    with timeline.step("screen"):
        found = found.showing(controls.apply("context-guard", partial(context.screened, app.detect), found.hits))
    with timeline.step("judge"):
        judged = parts.judged(asked.text, found, reach.spaces, app.settings.evidence_threshold, controls)
    with timeline.step("draft"):
        claims = await draft.drafted(app, asked.text, judged)
    with timeline.step("check"):
        checked = check.checked(app, claims, judged, controls)
    with timeline.step("cite"):
        citations = tuple(cite.citation(each) for each in checked.claims)
    return Answer(
        text=" ".join(each.sentence for each in citations) or judge.DECLINES,
        abstention=checked.abstention,
        citations=citations,
        hits=tuple(found.hits),
        strategy=asked.strategy,
        model=app.settings.model,
        confidence=judged.probability,
        trace_id=timeline.trace_id,
        timings_ms=timeline.timings_ms(),
        controls=tuple(controls.decisions),
        degraded=found.degraded,
        unanswered=judged.unanswered,
        simulated=app.model is not None and app.model.simulated,
    )
