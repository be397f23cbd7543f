"""Asks a chat model: some tries before its first token, a limit for that token and one for the whole, tokens counted.

When whoever reads stops, or is cancelled, the model's stream is closed. What is asked and what becomes of the text is
decided elsewhere.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeAlias

from service.core.app import App
from service.core.chat import ChatModel, Ended
from service.core.errors import ModelBrokeOff, ModelProblem, ModelTimeout, ModelUnavailable
from service.core.telemetry import ModelOutcome
from service.rag.meter import CHARACTERS_A_TOKEN, Meter

_FIRST_PAUSE_SECONDS = 0.5
Stream: TypeAlias = AsyncGenerator[str | Ended, None]


async def written(app: App, meter: Meter, model: ChatModel, system: str, user: str) -> AsyncGenerator[str, None]:
    """What a model writes, in pieces that are not empty; at most RAGREADY_MODEL_MAX_TOKENS of it.

    Raises ModelProblem: before the first piece when the model cannot be had, after it when it breaks off.
    """
    now = asyncio.get_running_loop().time
    settings = app.settings
    whole_by = now() + settings.model_timeout_seconds
    first_by = min(whole_by, now() + settings.model_first_token_seconds)
    said, ended = "", Ended()
    outcome: ModelOutcome = "abandoned"
    try:
        stream, first = await _begun(app, model, (system, user), first_by)
        async with aclosing(stream):
            piece: str | Ended | None = first
            while piece is not None:
                if isinstance(piece, Ended):
                    ended = piece
                else:
                    said += piece
                    yield piece
                if len(said) > settings.model_max_tokens * CHARACTERS_A_TOKEN:
                    ended = Ended(cut=True)
                    break
                piece = await _next(model, stream, whole_by, "RAGREADY_MODEL_TIMEOUT_SECONDS")
        outcome = "answered"
    except ModelProblem:
        outcome = "failed"
        raise
    finally:
        # a stream that was left early tells no count, and its tokens cost all the same
        usage = meter.add(ended, system + user, said) if said else None
        app.telemetry.model_asked(model.name, outcome, usage)


async def _begun(app: App, model: ChatModel, prompt: tuple[str, str], first_by: float) -> tuple[Stream, str]:
    """A stream with its first piece. Tries again while the provider says that it is busy and there is time."""
    now = asyncio.get_running_loop().time
    for attempt in range(app.settings.model_retries + 1):
        stream = model.stream(*prompt)
        try:
            piece = await _next(model, stream, first_by, "RAGREADY_MODEL_FIRST_TOKEN_SECONDS")
        except ModelUnavailable as error:
            pause = _pause_seconds(attempt, error.again_in_seconds)
            if pause is None or attempt == app.settings.model_retries or now() + pause >= first_by:
                raise
            app.telemetry.model_requests.labels(outcome="retried").inc()
            await asyncio.sleep(pause)
            continue
        if not isinstance(piece, str):
            raise ModelBrokeOff(f"{model.name} wrote nothing.", "Ask again, or choose another RAGREADY_MODEL.")
        return stream, piece
    raise AssertionError  # the last attempt returns or raises


async def _next(model: ChatModel, stream: Stream, by: float, setting: str) -> str | Ended | None:
    """The next piece that says something; None at the end. A stream that is late is closed."""
    try:
        async with asyncio.timeout_at(by):
            async for piece in stream:
                _go_on()
                if piece:
                    return piece
            return None
    except TimeoutError as error:
        await stream.aclose()
        raise ModelTimeout(f"{model.name} took too long.", f"Ask again, or raise {setting}.") from error


def _go_on() -> None:
    """Raise what a provider's client swallowed: asyncio.wait_for of Python 3.11 loses a cancellation now and then."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def _pause_seconds(attempt: int, at_least: float | None) -> float | None:
    """How long to wait before the next try: doubling, with jitter; None when another try is of no use."""
    if at_least is None:
        return None
    doubling = _FIRST_PAUSE_SECONDS * 2**attempt
    return max(at_least, random.uniform(doubling / 2, doubling))  # noqa: S311  # spreads load, guards nothing
