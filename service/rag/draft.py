"""The first version of an answer: sentences that the extractive reader picks, or that a model writes.

Nothing here is checked yet.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from service.core.answers import Claim
from service.core.app import App
from service.rag import generate, parts
from service.rag.asking import Asking
from service.rag.judge import Judged


@dataclass(frozen=True)
class Part:
    """Some sentences of a draft in order, the last ones of it if so said.

    `came_at` is when the last token of a model's sentence came, a time.perf_counter.
    """

    claims: tuple[Claim, ...]
    last: bool = False
    came_at: float | None = None


async def drafted(app: App, question: str, judged: Judged, asking: Asking) -> AsyncGenerator[Part, None]:
    """The draft in parts, each as soon as it is there; exactly one is the last. Raises ModelProblem."""
    if app.model is None:
        chosen = parts.choose(judged, app.settings.max_answer_sentences)
        claims = (Claim(each.text, each.hit, each.sentence.start, each.sentence.end) for each in chosen)
        yield Part(tuple(claims), last=True)
        return
    written = generate.generated(app, app.model, question, judged.hits, asking)
    async with aclosing(written):
        async for each in written:
            if claim := generate.claim(each.text, judged.hits):
                yield Part((claim,), came_at=each.came_at)
    yield Part((), last=True)
