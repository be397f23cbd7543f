"""Asks a chat model to judge an answer by a rubric: correctness beside the golden answers, groundedness in its sources.

How much a judge can be trusted is eval.calibration's to say, and service.rag.judge is something else: it judges the
evidence before there is an answer.
"""

import asyncio
import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eval.judgement import Judgement, NoRating, Rating, Rubric, rating
from service.core.chat import ChatModel, Ended
from service.core.errors import (
    InvalidSettings,
    JudgementUnusable,
    ModelBrokeOff,
    ModelProblem,
    ModelTimeout,
    ModelUnavailable,
)
from service.core.settings import Settings
from service.rag.meter import Meter
from service.rag.models import EXTRACTIVE, open_model
from service.rag.prompts import Prompt, parsed
from service.rag.simulated import PREFIX as SIMULATED

PROMPTS: Mapping[Rubric, str] = {"correctness": "judge-correctness-1", "groundedness": "judge-groundedness-1"}
_BESIDE: Mapping[Rubric, str] = {"correctness": "reference", "groundedness": "source"}
_FIRST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Judge:
    """A chat model that judges, how it is set up, and how often it is asked the same."""

    model: ChatModel
    settings: Settings
    repeats: int = 1

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name


@dataclass(frozen=True)
class Submission:
    """An answer to judge. `beside` are the facts that a right one says, or the texts that it cites."""

    question: str
    answer: str
    beside: tuple[str, ...]


def open_judge(name: str, settings: Settings, repeats: int = 1) -> Judge:
    """The judge of this name; connects to nothing yet. Raises UnknownModel, InvalidSettings."""
    own = settings.model_copy(update=_address(name, settings))
    try:
        model = open_model(name, own)
    except InvalidSettings as error:
        raise InvalidSettings(
            f"The judge {name} cannot be used: {type(error.__cause__ or error).__name__}.",
            "Check RAGREADY_JUDGE_API_KEY, or the provider's own variable for it, and RAGREADY_JUDGE_URL.",
        ) from error
    if model is None:
        raise InvalidSettings(f"{EXTRACTIVE!r} writes no judgement.", "Name a chat model, such as openai:gpt-4.1-mini.")
    return Judge(model, own, repeats)


@lru_cache
def rubric_prompt(rubric: Rubric) -> Prompt:
    """The prompt of a rubric, with its id."""
    name = PROMPTS[rubric]
    return parsed(name, (Path(__file__).parent / "prompts" / f"{name}.txt").read_text(encoding="utf-8"))


async def judgement(judge: Judge, rubric: Rubric, submission: Submission) -> Judgement:
    """What the judge says, each time that it is asked; what it cannot say is a rating that failed."""
    asked = [await rated(judge, rubric, submission) for _ in range(judge.repeats)]
    return Judgement(rubric, tuple(each for each, _ in asked), sum(tokens for _, tokens in asked))


async def rated(
    judge: Judge, rubric: Rubric, submission: Submission, *, turned: bool = False
) -> tuple[Rating | NoRating, int]:
    """One rating, and the tokens that it took. `turned` shows the answer first and the rest in reverse order."""
    prompt = rubric_prompt(rubric)
    user = prompt.user.substitute(
        question=html.escape(submission.question, quote=False), pieces=_pieces(rubric, submission, turned)
    )
    meter = Meter(judge.settings)
    try:
        found: Rating | NoRating = rating(await said(judge, prompt.system, user, meter))
    except ModelProblem as error:
        found = NoRating(error.code, error.detail)
    return found, meter.input_tokens + meter.output_tokens


async def said(judge: Judge, system: str, user: str, meter: Meter) -> str:
    """What the judge writes to a prompt, whole. Raises ModelProblem.

    A provider that is busy is asked again, as often as for an answer; what is cut off is no judgement.
    """
    settings = judge.settings
    for attempt in range(settings.model_retries + 1):
        try:
            async with asyncio.timeout(settings.model_timeout_seconds):
                return await _once(judge, system, user, meter)
        except TimeoutError as error:
            raise ModelTimeout(
                f"{judge.name} took longer than {settings.model_timeout_seconds:g} seconds for a judgement.",
                "Raise RAGREADY_MODEL_TIMEOUT_SECONDS.",
            ) from error
        except ModelUnavailable as error:
            if error.again_in_seconds is None or attempt == settings.model_retries:
                raise
            await asyncio.sleep(max(error.again_in_seconds, _FIRST_PAUSE_SECONDS * 2**attempt))
    raise AssertionError  # the last attempt returns or raises


async def _once(judge: Judge, system: str, user: str, meter: Meter) -> str:
    text, ended = "", Ended()
    async for piece in judge.model.stream(system, user):
        if isinstance(piece, Ended):
            ended = piece
        else:
            text += piece
    meter.add(ended, system + user, text)
    if ended.cut:
        raise JudgementUnusable(f"{judge.name} was cut off: {text[-40:]!r}.", "Raise RAGREADY_MODEL_MAX_TOKENS.")
    if not text.strip():
        raise ModelBrokeOff(f"{judge.name} wrote nothing.", "Choose another judge.")
    return text


def _pieces(rubric: Rubric, submission: Submission, turned: bool) -> str:
    """The answer and what stands beside it, escaped so that no text can close its own place or open another."""
    name = _BESIDE[rubric]
    beside = [
        f'<{name} id="{number}">\n{html.escape(each, quote=False)}\n</{name}>'
        for number, each in enumerate(reversed(submission.beside) if turned else submission.beside, 1)
    ]
    answer = f"<answer>\n{html.escape(submission.answer, quote=False)}\n</answer>"
    return "\n".join([answer, *beside] if turned else [*beside, answer])


def _address(name: str, settings: Settings) -> dict[str, object]:
    """Where the judge is reached: its own address and key where one of the two is set, else the answering model's.

    Not the answering model's where that has another provider, which must not be handed its key.
    """
    if settings.judge_url or settings.judge_api_key:
        return {"model_url": settings.judge_url, "model_api_key": settings.judge_api_key}
    answering = settings.model
    if answering == EXTRACTIVE or answering.startswith(SIMULATED) or _provider(answering) == _provider(name):
        return {}
    return {"model_url": None, "model_api_key": None}


def _provider(name: str) -> str:
    return name.partition(":")[0]
