"""A chat model writes the answer from the hits, and says which one each sentence rests on.

The hits are delimited and escaped as text that nobody vouches for. Whether a sentence is supported is not judged here.
"""

import asyncio
import html
import re
from collections.abc import Sequence

from service.core.answers import Claim, Hit
from service.core.chat import ChatModel
from service.core.errors import ModelBrokeOff, ModelTimeout
from service.core.sentences import sentences
from service.core.telemetry import chat_answered
from service.rag import prompts, support

# What answer-1 asks a model to write when the sources do not answer.
NO_ANSWER = "NO ANSWER"
# [1], [1, 2]; a bracket before a parenthesis is a link and no citation
_MARK = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\](?!\()"
_CITED = re.compile(rf"\s*{_MARK}")
_BEHIND_ITS_SENTENCE = re.compile(rf"([.!?])((?:\s*{_MARK})+)")
_BOLD = re.compile(r"\*\*|__")


async def generated(model: ChatModel, question: str, hits: Sequence[Hit], timeout_seconds: float) -> list[Claim]:
    """The sentences of a model's answer, each with the hit that it cites; none when the model declines.

    Raises ModelProblem; half an answer is none.
    """
    prompt = prompts.prompt(prompts.ANSWER)
    user = prompt.user.substitute(sources=delimited(hits), question=question)
    try:
        async with asyncio.timeout(timeout_seconds):
            text = "".join([piece async for piece in model.stream(prompt.system, user)])
    except TimeoutError as error:
        raise ModelTimeout(
            f"{model.name} took longer than {timeout_seconds:g} seconds.",
            "Ask again, or raise RAGREADY_MODEL_TIMEOUT_SECONDS.",
        ) from error
    if not text.strip():
        raise ModelBrokeOff(f"{model.name} wrote nothing.", "Ask again, or choose another RAGREADY_MODEL.")
    chat_answered(model.name)
    return claims(text, hits)


def delimited(hits: Sequence[Hit]) -> str:
    """The hits as numbered sources, escaped so that no text can close its own source or open another."""
    return "\n".join(
        f'<source id="{number}" title="{html.escape(hit.stored.title)}">\n{html.escape(hit.stored.text)}\n</source>'
        for number, hit in enumerate(hits, 1)
    )


def claims(text: str, hits: Sequence[Hit]) -> list[Claim]:
    """The sentences of a model's text, each with the span that supports it best among the hits that it cites.

    `[n]` is the n-th hit, counted from 1. A sentence without a number, or with one that is not there, rests on no hit.
    """
    if text.strip().strip(".") == NO_ANSWER:
        return []
    # a citation behind the full stop belongs to the sentence before it
    text = _BEHIND_ITS_SENTENCE.sub(r"\2\1", text)
    return [_claim(span, hits) for span in _spans(text) if _shown(span)]


def _spans(text: str) -> list[str]:
    """The sentences of a model's text as it wrote them; the mark of an image is not taken for the end of one."""
    places: list[tuple[int, int]] = []
    for each in sentences(text):
        if places and places[-1][1] == each.start and text[each.start - 1 : each.start + 1] == "![":
            places[-1] = (places[-1][0], each.end)
        else:
            places.append((each.start, each.end))
    return [text[start:end] for start, end in places]


def _claim(span: str, hits: Sequence[Hit]) -> Claim:
    shown = _shown(span)
    numbers = [int(number) for mark in _CITED.findall(span) for number in re.findall(r"\d+", mark)]
    cited = [hits[number - 1] for number in numbers if 1 <= number <= len(hits)]
    best = max((support.best_span(shown, hit) for hit in cited), key=lambda each: each.share, default=None)
    return Claim(shown, best.hit, best.start, best.end) if best else Claim(shown, None)


def _shown(span: str) -> str:
    return " ".join(_BOLD.sub("", _CITED.sub("", span)).split())
