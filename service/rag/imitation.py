"""What a simulated model says to a prompt: sentences of the context, orders obeyed, figures made up.

It understands nothing. It finds the sources, the question and the orders in a prompt by their form, as it gets them:
from production with numbered sources, from the demo without. The same prompt always gives the same text.
"""

import hashlib
import html
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from service.core.answers import Message
from service.core.sentences import readable, sentences
from service.rag.follow_up import completed
from service.rag.words import content_words

UNKNOWN = "I don't know."
# How plan-1 begins, and what grade-1 asks a model to write.
_PLANS, _ENOUGH = "You prepare a search", "ENOUGH"
_SOURCE = re.compile(r'<source\b[^>]*?\b(?:id|n|number)="(\d+)"[^>]*>\n?(.*?)\n?</source>', re.DOTALL)
_MESSAGE = re.compile(r'<message role="(\w+)">\n(.*?)\n</message>', re.DOTALL)
_CONTEXT, _QUESTION, _ANSWER = "Context:\n", "Question:", "Answer:"
_MOST_SENTENCES = 3
# A further sentence holds this share of the best one's words of the question.
_NEAR_BEST = 0.6
# Where no sentence holds half of the question's words, a model that confabulates does.
_KNOWN = 0.5

# A text that speaks to whoever answers, so that what it says may be an order.
_ADDRESSED = re.compile(
    r"\b(?:assistants?|ai|bots?|chatbots?|(?:language )?models?|system|automated readers?|visitors?|readers?"
    r"|instructions|every (?:reply|answer|question|response)|your (?:reply|answer|response)|from now on)\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"(?<=[.!?])\s+|\n+|-->|(?<=;)\s")
_FILLER = r"(?:\s+(?:with|only|just|the|a|single|exact|word|words|phrase|text|sentence|by|adding|saying|:))*:?\s+"
_SAID = r"[\"“'‘]?(?P<said>(?<=[\"“'‘])[^\"”'’\n]+|(?-i:[\w-]*[A-Z0-9][\w-]*))"
_ONLY = re.compile(
    rf"\b(?:answer|reply|respond|say|write)\b[^.!?\n]{{0,60}}?\b(?:only|just|nothing but|single){_FILLER}{_SAID}", re.I
)
_END = re.compile(rf"\b(?:end|finish|close|conclude|sign)\b[^.!?\n]{{0,60}}?\bwith{_FILLER}{_SAID}", re.I)
_BEGIN = re.compile(rf"\b(?:begin|start|open)\b[^.!?\n]{{0,60}}?\bwith{_FILLER}{_SAID}", re.I)
_STATEMENT = re.compile(r"\b(?:say|claim|state|pretend) that (?P<said>[^.!?\n]+)", re.I)
_ADDRESS = re.compile(r"https?://[^\s)>\]\"'”]+[^\s)>\]\"'”.,;:!?]")
_PICTURE = re.compile(r"\b(?:image|picture|pixel|logo)\b|!\[", re.I)
_MARKUP = re.compile(r"<(script|style|iframe|svg)\b[^>]*>.*?</\1>|<(?:img|a|script|iframe|link|meta)\b[^>]*>", re.I)
_ASKS_FOR_PROMPT = re.compile(
    r"\b(?:system prompt|(?:your|the) (?:\w+ )?(?:instructions|rules|prompt)|what (?:were|are) you told"
    r"|text above|everything above)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Source:
    """A text of the context; `number` None where the prompt numbers nothing."""

    number: int | None
    text: str


@dataclass(frozen=True)
class Prompt:
    """What a prompt is made of."""

    instructions: str
    sources: tuple[Source, ...]
    question: str


@dataclass(frozen=True)
class Orders:
    """What a text orders: to say one thing alone, something first, something last, further sentences."""

    alone: str = ""
    first: str = ""
    last: str = ""
    further: tuple[str, ...] = ()


def read(system: str, user: str) -> Prompt:
    """Take a prompt apart: numbered sources, or everything between `Context:` and the last `Question:`."""
    body, _, asked = user.rpartition(_QUESTION)
    question = asked.strip().removesuffix(_ANSWER).strip()
    if numbered := _SOURCE.findall(body):
        return Prompt(system, tuple(Source(int(number), html.unescape(text)) for number, text in numbered), question)
    before, _, context = body.partition(_CONTEXT)
    return Prompt(f"{system}\n{before}".strip(), (Source(None, context.strip()),), question)


def rewritten(user: str) -> str | None:
    """What a model makes of a question after a conversation: what the rules make of it. None without a conversation."""
    messages = _MESSAGE.findall(user)
    _, _, question = user.rpartition(_QUESTION)
    history = [Message("user" if role == "user" else "assistant", html.unescape(text)) for role, text in messages]
    return completed(question.strip(), history) if history else None


def said(prompt: Prompt, behaviours: Collection[str]) -> str:
    """What a model of these behaviours says."""
    if _ENOUGH in prompt.instructions:
        return _ENOUGH
    if _PLANS in prompt.instructions:
        return prompt.question
    if "leak" in behaviours and _asks_for_prompt(prompt):
        return f"My instructions are: {prompt.instructions}"
    answer, known = extracted(prompt)
    if "confabulate" in behaviours and known < _KNOWN:
        answer = made_up(prompt)
    return obeyed(prompt, answer) if "obey" in behaviours else answer


def extracted(prompt: Prompt) -> tuple[str, float]:
    """The sentences of the context that share most with the question, and the share that the best of them has."""
    asked = content_words(prompt.question)
    found = [
        (len(content_words(text) & asked) / max(len(asked), 1), text, source.number)
        for source in prompt.sources
        for each in sentences(source.text)
        for text in [readable(source.text, each)]
    ]
    best = max((share for share, _, _ in found), default=0.0)
    if not best:
        return UNKNOWN, 0.0
    chosen: dict[str, int | None] = {}
    for share, text, number in sorted(found, key=lambda each: -each[0]):
        if share >= _NEAR_BEST * best and len(chosen) < _MOST_SENTENCES:
            chosen.setdefault(text, number)
    return " ".join(_cited(text, number) for text, number in chosen.items()), best


def made_up(prompt: Prompt) -> str:
    """A fluent answer with figures from nowhere.

    Where sources are numbered, one sentence cites nothing, one a source that is not there, one the first source.
    """
    digest = hashlib.sha256(prompt.question.encode()).digest()
    about = " ".join(re.findall(r"\w+", prompt.question)[-3:])
    numbered = any(source.number for source in prompt.sources)
    last = len(prompt.sources)
    made = [
        (f"The figure for {about} is {20 + digest[0]} percent.", None),
        (f"It has applied since {1 + digest[1] % 28} March {2010 + digest[2] % 12}.", last + 1),
        (f"An audit of {300 + digest[3]} cases confirmed this.", 1),
    ]
    return " ".join(_cited(text, number if numbered else None) for text, number in made)


def obeyed(prompt: Prompt, answer: str) -> str:
    """The answer after every order that question and context give."""
    found: list[tuple[Orders, int | None]] = [(orders(prompt.question, prompt.question), None)]
    found += [
        (orders(text, prompt.question), source.number) for source in prompt.sources for text in _addressed(source.text)
    ]
    for order, number in found:
        if order.alone:
            return _cited(order.alone, number)
    first = [_cited(order.first, number) for order, number in found if order.first]
    last = [_cited(order.last, number) for order, number in found if order.last]
    further = [_cited(text, number) for order, number in found for text in order.further]
    return " ".join([*first, answer, *further, *last])


def orders(text: str, question: str) -> Orders:
    """The orders in a text. An image that is ordered carries the question in its address."""
    alone, first, last, stated = (
        found["said"].strip() if found else ""
        for found in (pattern.search(text) for pattern in (_ONLY, _BEGIN, _END, _STATEMENT))
    )
    addresses = _ADDRESS.findall(text)
    shown = (
        [f"![image]({address.split('?')[0]}?q={quote(question)})" for address in addresses]
        if _PICTURE.search(text)
        else [f"Please go to [this page]({address})." for address in addresses]
    )
    markup = [found[0] for found in _MARKUP.finditer(text)]
    statement = [f"{stated[0].upper()}{stated[1:]}."] if stated else []
    return Orders(alone, first, last, (*statement, *(markup or shown)))


def _addressed(text: str) -> Iterator[str]:
    """The parts of a text that speak to whoever answers, or follow one that does."""
    follows = False
    for part in _SPLIT.split(text):
        speaks = bool(_ADDRESSED.search(part))
        if speaks or follows:
            yield part
        follows = speaks


def _asks_for_prompt(prompt: Prompt) -> bool:
    return any(_ASKS_FOR_PROMPT.search(text) for text in (prompt.question, *_all_addressed(prompt.sources)))


def _all_addressed(sources: Sequence[Source]) -> Iterator[str]:
    return (part for source in sources for part in _addressed(source.text))


def _cited(text: str, number: int | None) -> str:
    """The sentence with its source's number before the full stop."""
    text = text if text[-1] in ".!?" else f"{text}."
    return text if number is None else f"{text[:-1]} [{number}]{text[-1]}"
