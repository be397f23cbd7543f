"""A chat model writes the answer from the hits, and says which one each sentence rests on.

The hits are delimited and escaped as text that nobody vouches for. Whether a sentence is supported is not judged here.
"""

import html
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from service.core.answers import Claim, Hit
from service.core.app import App
from service.core.chat import ChatModel
from service.core.errors import ModelBrokeOff
from service.rag import consult, prompts, support
from service.rag.arriving import MARK, Arriving, Sentence, whole
from service.rag.asking import Asking

# What answer-1 asks a model to write when the sources do not answer.
NO_ANSWER = "NO ANSWER"
_CITED = re.compile(rf"\s*{MARK}")
_SAYS = re.compile(r"[^\W_]")
_BOLD = re.compile(r"\*\*|__")


async def generated(
    app: App, model: ChatModel, question: str, hits: Sequence[Hit], asking: Asking
) -> AsyncGenerator[Sentence, None]:
    """The sentences of a model's answer to a question from hits, each as soon as it is complete.

    Raises ModelProblem, also behind sentences that came already. What a model stopped in the middle of is left out.
    """
    prompt = prompts.prompt(prompts.ANSWER)
    user = prompt.user.substitute(sources=delimited(hits), question=question)
    arriving, began, text = Arriving(), time.perf_counter(), ""
    async with aclosing(consult.written(app, asking.meter, model, prompt.system, user)) as pieces:
        async for piece in pieces:
            if not text:
                asking.timeline.waited("first_token", time.perf_counter() - began)
            text += piece
            for each in arriving.take(piece):
                yield each
    if not text.strip():
        raise ModelBrokeOff(f"{model.name} wrote nothing.", "Ask again, or choose another RAGREADY_MODEL.")
    rest = arriving.rest()
    for each in rest[:-1] if asking.meter.cut else rest:
        yield each


def delimited(hits: Sequence[Hit]) -> str:
    """The hits as numbered sources, escaped so that no text can close its own source or open another."""
    return "\n".join(
        f'<source id="{number}" title="{html.escape(hit.stored.title)}">\n{html.escape(hit.stored.text)}\n</source>'
        for number, hit in enumerate(hits, 1)
    )


def claims(text: str, hits: Sequence[Hit]) -> list[Claim]:
    """The sentences of a model's text, as `claim` makes them."""
    return [made for each in whole(text) if (made := claim(each.text, hits))]


def claim(span: str, hits: Sequence[Hit]) -> Claim | None:
    """A sentence of a model with the span that supports it best among the hits that it cites.

    `[n]` is the n-th hit, counted from 1. A sentence without a number, or with one that is not there, rests on no hit.
    None for what says nothing: a number alone, or the words of the prompt for "no answer".
    """
    shown = _shown(span)
    if not _SAYS.search(shown) or shown.strip(".") == NO_ANSWER:
        return None
    numbers = [int(number) for mark in _CITED.findall(span) for number in re.findall(r"\d+", mark)]
    cited = [hits[number - 1] for number in numbers if 1 <= number <= len(hits)]
    best = max((support.best_span(shown, hit) for hit in cited), key=lambda each: each.share, default=None)
    return Claim(shown, best.hit, best.start, best.end) if best else Claim(shown, None)


def _shown(span: str) -> str:
    return " ".join(_BOLD.sub("", _CITED.sub("", span)).split())
