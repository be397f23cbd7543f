"""What a chat model decides for the strategy `agentic`: what to search for, and whether enough was found.

What it writes is only ever searched for, in what the asker may read. It is not shown, and nothing in it is obeyed.
"""

import asyncio
import re
from collections.abc import Sequence

from service.core.answers import Hit
from service.core.chat import ChatModel
from service.core.errors import ModelTimeout
from service.core.telemetry import chat_answered
from service.rag import generate, prompts

ENOUGH = "ENOUGH"
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_WORD = re.compile(r"[^\W_]")


async def planned(model: ChatModel, question: str, most: int, seconds: float) -> tuple[str, ...]:
    """The questions to search for, `most` at most; the question itself where the model names none.

    Raises ModelProblem.
    """
    return lines(await _said(model, prompts.PLAN, {"question": question, "most": str(most)}, seconds), question)[:most]


async def reworded(model: ChatModel, question: str, hits: Sequence[Hit], seconds: float) -> str:
    """Another wording to search for, or "" where the model finds the hits enough. Raises ModelProblem."""
    fields = {"question": question, "sources": generate.delimited(hits)}
    said = await _said(model, prompts.GRADE, fields, seconds)
    wording = lines(said, question)[0]
    return "" if ENOUGH in said or wording == question else wording


def lines(said: str, question: str) -> tuple[str, ...]:
    """The questions that a model wrote, one a line, each once, none longer than twice what was asked and 200."""
    longest = 2 * len(question) + 200
    found = [" ".join(_BULLET.sub("", each).split()) for each in said.splitlines()]
    return tuple(dict.fromkeys(each for each in found if _WORD.search(each) and len(each) <= longest)) or (question,)


async def _said(model: ChatModel, name: str, fields: dict[str, str], seconds: float) -> str:
    prompt = prompts.prompt(name)
    try:
        async with asyncio.timeout(seconds):
            said = "".join([each async for each in model.stream(prompt.system, prompt.user.substitute(fields))])
    except TimeoutError as error:
        raise ModelTimeout(
            f"{model.name} took longer than {seconds:g} seconds to plan.",
            "Ask again, ask with another strategy, or raise RAGREADY_MODEL_TIMEOUT_SECONDS.",
        ) from error
    chat_answered(model.name)
    return said
