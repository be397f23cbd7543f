"""Proposes questions from a document with the configured chat model. What its document does not bear out is refused."""

import html
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eval.proposals import Page, Proposal
from eval.suite import plain
from service.core.chat import ChatModel
from service.rag.prompts import Prompt, parsed

PROMPT = "propose-1"
# The beginning of a longer document; a model of a small context reads no more.
_CHARACTERS = 6_000


@dataclass(frozen=True)
class FromModel:
    """What a model proposed of one document, and how many of its lines were refused."""

    proposals: tuple[Proposal, ...]
    refused: int


@lru_cache(maxsize=1)
def propose_prompt() -> Prompt:
    """The prompt, with its id."""
    text = (Path(__file__).parent / "prompts" / f"{PROMPT}.txt").read_text(encoding="utf-8")
    return parsed(PROMPT, text)


async def from_model(model: ChatModel, page: Page, count: int) -> FromModel:
    """At most `count` questions of a model about one document. Raises ModelProblem."""
    prompt = propose_prompt()
    shown = f'<document title="{html.escape(page.title)}">\n{html.escape(page.text[:_CHARACTERS])}\n</document>'
    user = prompt.user.substitute(document=shown, count=count)
    text = "".join([piece async for piece in model.stream(prompt.system, user) if isinstance(piece, str)])
    lines = [line for line in text.splitlines() if line.strip().strip("`")]
    found = [each for line in lines if (each := _proposal(line, page)) is not None]
    return FromModel(tuple(found[:count]), len(lines) - len(found))


def _proposal(line: str, page: Page) -> Proposal | None:
    """A line as a proposal; None for what is no JSON, or quotes what does not stand there, or does not answer."""
    try:
        raw = json.loads(line)
        question, answerable = raw["question"].strip(), raw["answerable"]
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    if not question or not isinstance(answerable, bool):
        return None
    if not answerable:
        return Proposal(question, "model", answerable=False, space=page.space, near=page.document)
    answer, quote = raw.get("answer"), raw.get("quote")
    if not isinstance(answer, str) or not isinstance(quote, str) or not any(map(str.isalnum, answer)):
        return None
    # the model read the escaped text and may quote it as it read it
    quote = html.unescape(quote).strip()
    if not quote or plain(quote) not in plain(page.text) or plain(answer) not in plain(quote):
        return None
    return Proposal(question, "model", True, page.space, page.document, quote, (answer.strip(),))
