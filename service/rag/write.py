"""The answer's sentences, one after the other: drafted, checked, cited, and only then handed over.

A model's sentence is checked while the model goes on writing. What comes out here is the whole answer: who streams got
the same sentences, in the same order.
"""

import time
from contextlib import aclosing
from dataclasses import dataclass, field

from service.core.answers import Abstention, Citation
from service.core.app import App
from service.core.telemetry import Running
from service.rag import cite, draft
from service.rag.asking import Asking
from service.rag.check import Check
from service.rag.judge import Judged
from service.rag.threads import in_thread


@dataclass
class Written:
    """The sentences that were handed over, and why to decline when there is none."""

    citations: list[Citation] = field(default_factory=list)
    abstention: Abstention | None = None


async def written(app: App, question: str, judged: Judged, asking: Asking) -> Written:
    """Write the answer, or decline as it was judged. Raises ModelProblem, CouldNotCheck."""
    answer = Written(abstention=judged.abstention)
    if judged.abstention:
        return answer
    with asking.timeline.step("draft") as drafting:
        check = Check(app, asking.controls)
        parts = draft.drafted(app, question, judged, asking)
        async with aclosing(parts):
            async for part in parts:
                answer.citations += await _released(part, check, asking, drafting)
    if not answer.citations:
        answer.abstention = check.nothing_left()
    return answer


async def _released(part: draft.Part, check: Check, asking: Asking, drafting: Running) -> list[Citation]:
    timeline = asking.timeline
    with timeline.step("check", within=drafting):
        claims = await in_thread(check.passed, part)
    with timeline.step("cite", within=drafting):
        citations = [cite.citation(each) for each in claims]
        for each in citations:
            asking.emit(each)
    if citations and part.came_at is not None:
        timeline.waited("sentence_delay", time.perf_counter() - part.came_at)
    return citations
