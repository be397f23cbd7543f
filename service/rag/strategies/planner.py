"""What a chat model decides for the strategy `agentic`: what to search for, and whether enough was found.

What it writes is only ever searched for, in what the asker may read. It is not shown, and nothing in it is obeyed.
"""

import re
from collections.abc import Sequence
from contextlib import aclosing

from service.core.answers import Hit
from service.core.app import App
from service.core.chat import ChatModel
from service.rag import consult, generate, prompts
from service.rag.meter import Meter

ENOUGH = "ENOUGH"
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_WORD = re.compile(r"[^\W_]")


async def planned(app: App, model: ChatModel, question: str, most: int, meter: Meter) -> tuple[str, ...]:
    """The questions to search for, `most` at most; the question itself where the model names none.

    Raises ModelProblem.
    """
    prompt = prompts.prompt(prompts.PLAN)
    said = await _said(app, model, meter, prompt.system, prompt.user.substitute(question=question, most=most))
    return lines(said, question)[:most]


async def reworded(app: App, model: ChatModel, question: str, hits: Sequence[Hit], meter: Meter) -> str:
    """Another wording to search for, or "" where the model finds the hits enough. Raises ModelProblem."""
    prompt = prompts.prompt(prompts.GRADE)
    user = prompt.user.substitute(question=question, sources=generate.delimited(hits))
    said = await _said(app, model, meter, prompt.system, user)
    wording = lines(said, question)[0]
    return "" if ENOUGH in said or wording == question else wording


def lines(said: str, question: str) -> tuple[str, ...]:
    """The questions that a model wrote, one a line, each once, none longer than twice what was asked and 200."""
    longest = 2 * len(question) + 200
    found = [" ".join(_BULLET.sub("", each).split()) for each in said.splitlines()]
    return tuple(dict.fromkeys(each for each in found if _WORD.search(each) and len(each) <= longest)) or (question,)


async def _said(app: App, model: ChatModel, meter: Meter, system: str, user: str) -> str:
    async with aclosing(consult.written(app, meter, model, system, user)) as pieces:
        return "".join([piece async for piece in pieces])
