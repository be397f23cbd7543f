"""Answers a question while its client listens: sentences as they are released, and the end of all work when it leaves.

Nobody else notices that a client left: a JSON response is only written at the end, and a model may think for long.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeAlias

import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.responses import Response

from service.api import errors
from service.api.schemas import answer_body, sentence_body
from service.core.answers import Answer, Caller, Citation, Question
from service.core.app import App
from service.core.errors import RagreadyError
from service.rag import pipeline

EVENT_STREAM = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# What nginx logs for a client that closed the request; nobody reads it.
_CLIENT_LEFT = 499
Released: TypeAlias = Citation | Answer
_log = structlog.get_logger("ragready.api")


class _Left(Exception):
    """The client closed the connection."""


async def released(parts: App, question: Question, request: Request) -> AsyncGenerator[Released, None]:
    """Each cited sentence once it is checked, then the answer. Raises RagreadyError, and _Left when the client left.

    Whatever ends it, the question is not worked on afterwards.
    """
    waiting: asyncio.Queue[Released | BaseException] = asyncio.Queue()

    async def answer() -> None:
        try:
            waiting.put_nowait(await pipeline.answer(parts, question, waiting.put_nowait))
        # handed to whoever listens, and raised there
        except Exception as error:  # noqa: BLE001
            waiting.put_nowait(error)

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        waiting.put_nowait(_Left())

    tasks = [asyncio.create_task(answer()), asyncio.create_task(watch())]
    try:
        while True:
            found = await waiting.get()
            if isinstance(found, BaseException):
                raise found
            yield found
            if isinstance(found, Answer):
                return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def whole(parts: App, question: Question, request: Request) -> Answer | Response:
    """The answer alone; a response that nobody gets when the client left."""
    try:
        async with aclosing(released(parts, question, request)) as events:
            async for each in events:
                if isinstance(each, Answer):
                    return each
    except _Left:
        return Response(status_code=_CLIENT_LEFT)
    raise AssertionError  # the answer comes last


async def streamed(
    events: AsyncGenerator[Released, None],
    written: Callable[[AsyncIterator[Released]], AsyncGenerator[str, None]],
    failed: Callable[[RagreadyError], str],
) -> Response:
    """A response of server-sent events, which `written` makes of what is released.

    It begins with the first of them: what fails before that is raised, and so has its own status. What fails later is
    the last event, as `failed` writes it.
    """
    try:
        first = await anext(events)
    except _Left:
        return Response(status_code=_CLIENT_LEFT)

    async def every() -> AsyncGenerator[Released, None]:
        yield first
        async for each in events:
            yield each

    async def lines() -> AsyncGenerator[str, None]:
        async with aclosing(events), aclosing(written(every())) as texts:
            try:
                async for each in texts:
                    yield each
            except _Left:
                return
            except RagreadyError as error:
                _log.error("stream failed", code=error.code, detail=error.detail)
                yield failed(error)
            # the status is sent already, so this is the one way to say that the answer is not whole
            except Exception as error:  # noqa: BLE001
                _log.error("stream failed unexpectedly", kind=type(error).__name__, exc_info=error)
                yield failed(RagreadyError("The answer could not be finished.", "The log names the cause; try again."))

    return StreamingResponse(lines(), media_type=EVENT_STREAM, headers=_HEADERS)


def event(name: str, body: BaseModel) -> str:
    """A server-sent event with a JSON body on one line."""
    return f"event: {name}\ndata: {body.model_dump_json()}\n\n"


async def as_events(everything: AsyncIterator[Released], caller: Caller) -> AsyncGenerator[str, None]:
    """The events `sentence`, each with its citation, and `answer` with the whole of it as its caller may see it."""
    number = 0
    async for each in everything:
        if isinstance(each, Answer):
            yield event("answer", answer_body(each, caller))
        else:
            number += 1
            yield event("sentence", sentence_body(each, number))


def as_error(error: RagreadyError) -> str:
    """The event `error`."""
    return event("error", errors.problem(error))
