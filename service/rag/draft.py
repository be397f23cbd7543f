"""The first version of an answer: sentences that the extractive reader picks, or that a model writes.

Nothing here is checked yet.
"""

from service.core.answers import Claim
from service.core.app import App
from service.rag import generate, parts
from service.rag.judge import Judged


async def drafted(app: App, question: str, judged: Judged) -> list[Claim]:
    """The sentences of the draft; none where the evidence does not suffice."""
    if judged.abstention:
        return []
    if app.model is not None:
        return await generate.generated(app.model, question, judged.hits, app.settings.model_timeout_seconds)
    chosen = parts.choose(judged, app.settings.max_answer_sentences)
    return [Claim(each.text, each.hit, each.sentence.start, each.sentence.end) for each in chosen]
