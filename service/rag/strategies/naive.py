"""Dense search alone: the nearest chunks by their vectors, with every control of the other strategies."""

from service.core.answers import Question
from service.core.app import App
from service.rag import retrieve
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.strategies.found import Found
from service.rag.threads import in_thread


async def find(app: App, asked: Question, reach: Reach, asking: Asking) -> Found:
    """The nearest chunks. Raises StoreProblem."""
    with asking.timeline.step("encode"):
        query = await in_thread(app.encoder_of(reach.every_space).embed_query, asked.text)
    with asking.timeline.step("search"):
        found = await retrieve.nearest(app, reach, asked.text, query)
    with asking.timeline.step("rank"):
        return Found(found.question, query, await retrieve.best(app, found, asking.controls))
