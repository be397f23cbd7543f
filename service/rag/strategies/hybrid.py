"""Dense and lexical search side by side, fused and reranked by late interaction: the default."""

from service.core.answers import Question
from service.core.app import App
from service.rag import retrieve
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.strategies import naive
from service.rag.strategies.found import Found
from service.rag.threads import in_thread


async def find(app: App, asked: Question, reach: Reach, asking: Asking) -> Found:
    """The best chunks of both searches; with the control `hybrid` off, what naive finds. Raises StoreProblem."""
    if not asking.controls.on("hybrid"):
        return await naive.find(app, asked, reach, asking)
    with asking.timeline.step("encode"):
        query = await in_thread(app.encoder_of(reach.every_space).embed_query, asked.text)
    with asking.timeline.step("search"):
        found = await retrieve.fused(app, reach, asked.text, query)
    with asking.timeline.step("rank"):
        return Found(found.question, found.query, await retrieve.reranked(app, found, asking.controls))
