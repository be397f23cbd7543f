"""The path of one question, one line a step: guard, access, encode, search, rank, judge, read, cite.

Each step is a module of its name, or a function of retrieve. What a step cannot do, it raises: no failure becomes an
answer here.
"""

from collections.abc import Callable

from service.core.app import App
from service.core.errors import InvalidInput
from service.core.telemetry import Timeline
from service.core.types import Answer, Citation, Question
from service.rag import cite, guard, judge, read, retrieve
from service.rag.access import readable_spaces
from service.rag.threads import in_thread

MODEL = "extractive"
DECLINES = "I cannot answer this from the documents that you may read."


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
    with timeline.step("guard"):
        text = guard.checked_question(question.text, app.settings.max_question_characters)
        strategy = retrieve.checked_strategy(question.strategy)
    with timeline.step("access"):
        spaces = readable_spaces(question, await in_thread(app.records.spaces, question.tenant))
    with timeline.step("encode"):
        query = await in_thread(app.encoder.embed_query, text)
    with timeline.step("search"):
        found = await retrieve.search(app, [space.index for space in spaces], text, query)
    with timeline.step("rank"):
        hits = await retrieve.ranked_hits(app, found, query, strategy)
    with timeline.step("judge"):
        ranked = read.evidence(text, query, hits)
        judged = judge.sufficiency(text, hits, ranked)
        abstention = judge.abstention(spaces, hits, judged, app.settings.evidence_threshold)
    with timeline.step("read"):
        chosen = [] if abstention else read.choose(text, ranked, app.settings.max_answer_sentences)
    with timeline.step("cite"):
        citations = [cite.citation(each) for each in chosen]
    for each in citations:
        emit(each)
    return Answer(
        text=DECLINES if abstention else " ".join(each.sentence for each in citations),
        abstention=abstention,
        citations=tuple(citations),
        hits=tuple(hits),
        strategy=strategy,
        model=MODEL,
        confidence=judged.probability,
        trace_id=timeline.trace_id,
        timings_ms=timeline.timings_ms(),
    )
