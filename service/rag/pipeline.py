"""The path of one question, one line a step: guard, access, cache, encode, search, rank, judge, draft, check, cite.

Each step is a module of its name, or a function of retrieve. `controls` knows which controls are on and keeps what each
decided. What a step cannot do, it raises: no failure becomes an answer here.
"""

from collections.abc import Callable

from service.core.app import App
from service.core.errors import InvalidInput
from service.core.telemetry import Timeline
from service.core.types import Answer, Citation, Question
from service.rag import access, cache, check, cite, draft, guard, judge, rank, retrieve
from service.rag.controls import Controls
from service.rag.threads import in_thread


async def answer(app: App, question: Question, emit: Callable[[Citation], None] = lambda _: None) -> Answer:
    """Answer a question; `emit` gets each cited sentence as soon as it stands. Raises RagreadyError."""
    with app.telemetry.question() as timeline:
        try:
            result = await _answer(app, question, timeline, emit)
        except InvalidInput:
            app.telemetry.questions.labels(outcome="refused").inc()
            raise
        except Exception:
            app.telemetry.questions.labels(outcome="failed").inc()
            raise
        app.telemetry.questions.labels(outcome="abstained" if result.abstention else "answered").inc()
        return result


async def _answer(app: App, question: Question, timeline: Timeline, emit: Callable[[Citation], None]) -> Answer:
    controls = Controls(app.settings.controls_off, app.telemetry)
    with timeline.step("guard"):
        asked = guard.guarded(app, question, controls)
    with timeline.step("access"):
        spaces = await access.readable_spaces(app, asked, controls)
    with timeline.step("cache"):
        kept = await cache.look_up(app, asked, spaces, controls)
    if kept.answer:
        return cache.served(kept.answer, timeline, controls, emit)
    with timeline.step("encode"):
        query = await in_thread(app.encoder.embed_query, asked.text)
    with timeline.step("search"):
        found = await retrieve.search(app, [space.index for space in spaces], asked.text, query)
    with timeline.step("rank"):
        hits = await retrieve.ranked_hits(app, found, query, asked.strategy, controls)
    with timeline.step("judge"):
        judged = judge.judged(app, asked.text, query, spaces, hits, controls)
    with timeline.step("draft"):
        claims = await draft.drafted(app, asked.text, judged)
    with timeline.step("check"):
        checked = check.checked(app, claims, judged, controls)
    with timeline.step("cite"):
        citations = tuple(cite.citation(each) for each in checked.claims)
    result = Answer(...)
    await cache.keep(app, kept, result, controls)
    return result
