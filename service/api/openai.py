"""The OpenAI-compatible API: the strategies as models, for clients that speak to OpenAI.

The same question goes the same way as on /v1/ask. A caller's system message rules nothing here: the service has its own
rules, and says that it ignored the message.
"""

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.api.deps import FAILURES, KEY, Asker, Parts, needs
from service.api.errors import response
from service.api.limits import Limited
from service.api.openai_bodies import (
    PREFIX,
    ChatBody,
    Choice,
    ChunkBody,
    ChunkChoice,
    CitationsBody,
    CompletionBody,
    CompletionMessage,
    CompletionUsage,
    Delta,
    ExtensionBody,
    ModelBody,
    ModelsBody,
    strategy_of,
)
from service.api.openai_errors import error_body
from service.api.released import EVENT_STREAM, Released, released, streamed, whole
from service.api.schemas import answer_body, sentence_body
from service.core.answers import Answer, Caller, Message, Question
from service.core.app import App
from service.core.errors import RagreadyError, UnknownModel
from service.rag.meter import estimated
from service.rag.strategies import STRATEGIES

router = APIRouter(prefix="/v1", dependencies=[KEY, needs("read")], responses=FAILURES, tags=["OpenAI"])


@dataclass(frozen=True)
class _Completion:
    """What the pieces of one completion share, and what of its request is ignored."""

    id: str
    created: int
    model: str
    caller: Caller
    ignored: list[str]
    conversation: tuple[Message, ...]
    tells_usage: bool


@router.get("/models", summary="List the strategies as models")
async def models(parts: Parts) -> ModelsBody:
    """Each strategy is a model; all of them answer with what RAGREADY_MODEL names."""
    return ModelsBody(data=[_model(parts, each) for each in STRATEGIES])


@router.get("/models/{model}", response_model=ModelBody, summary="Read one model")
async def model(model: str, parts: Parts, request: Request) -> ModelBody | Response:
    """The model of this name."""
    try:
        return _model(parts, strategy_of(model))
    except UnknownModel as error:
        return response(error, request.url.path, 404)


@router.post(
    "/chat/completions",
    dependencies=[Limited],
    response_model=CompletionBody,
    responses={200: {"content": {EVENT_STREAM: {"schema": ChunkBody.model_json_schema()}}}},
    summary="Answer the last question of a conversation",
)
async def complete(body: ChatBody, parts: Parts, caller: Asker, request: Request) -> CompletionBody | Response:
    """The user's last message is answered from documents, in the light of those before it."""
    strategy, conversation = body.strategy(), body.conversation()
    spaces = None if body.ragready.spaces is None else tuple(body.ragready.spaces)
    question = Question(conversation[-1].text, caller, spaces, strategy, conversation[:-1])
    completion = _Completion(
        id=f"chatcmpl-{secrets.token_hex(12)}",
        created=int(time.time()),
        model=_label(parts, body.model),
        caller=caller,
        ignored=body.ignored(),
        conversation=conversation,
        tells_usage=bool(body.stream_options and body.stream_options.include_usage),
    )
    if body.stream:

        def chunks(everything: AsyncIterator[Released]) -> AsyncGenerator[str, None]:
            return _chunks(everything, completion)

        return await streamed(released(parts, question, request), chunks, _failed)
    answer = await whole(parts, question, request)
    return _whole(answer, completion) if isinstance(answer, Answer) else answer


def _model(parts: App, strategy: str) -> ModelBody:
    name = parts.model.name if parts.model else parts.settings.model
    return ModelBody(id=f"{PREFIX}{strategy}", model=name, simulated=_simulated(parts))


def _label(parts: App, model: str) -> str:
    """The model's name, with a word where the answer is only a simulation."""
    return f"{model} (simulated)" if _simulated(parts) else model


def _simulated(parts: App) -> bool:
    return parts.model is not None and parts.model.simulated


def _whole(answer: Answer, completion: _Completion) -> CompletionBody:
    return CompletionBody(
        id=completion.id,
        created=completion.created,
        model=completion.model,
        choices=[Choice(message=CompletionMessage(content=answer.text), finish_reason=_finish(answer))],
        usage=_usage(answer, completion),
        ragready=_extension(answer, completion),
    )


async def _chunks(everything: AsyncIterator[Released], completion: _Completion) -> AsyncGenerator[str, None]:
    number = 0
    yield _chunk(completion, Delta(role="assistant", content=""))
    async for each in everything:
        if not isinstance(each, Answer):
            number += 1
            body = sentence_body(each, number)
            yield _chunk(completion, Delta(content=body.text), CitationsBody(citations=[body.citation]))
            continue
        if not number:  # it declines, in words of its own
            yield _chunk(completion, Delta(content=each.text))
        yield _chunk(completion, Delta(), _extension(each, completion), _finish(each))
        if completion.tells_usage:
            yield _data(_piece(completion, [], usage=_usage(each, completion)))
    yield "data: [DONE]\n\n"


def _chunk(
    completion: _Completion,
    delta: Delta,
    ragready: CitationsBody | ExtensionBody | None = None,
    finish: Literal["stop", "length"] | None = None,
) -> str:
    return _data(_piece(completion, [ChunkChoice(delta=delta, finish_reason=finish)], ragready))


def _piece(
    completion: _Completion,
    choices: list[ChunkChoice],
    ragready: CitationsBody | ExtensionBody | None = None,
    usage: CompletionUsage | None = None,
) -> ChunkBody:
    return ChunkBody(
        id=completion.id,
        created=completion.created,
        model=completion.model,
        choices=choices,
        usage=usage,
        ragready=ragready,
    )


def _data(body: BaseModel) -> str:
    return f"data: {body.model_dump_json()}\n\n"


def _failed(error: RagreadyError) -> str:
    return _data(error_body(error))


def _finish(answer: Answer) -> Literal["stop", "length"]:
    return "length" if "length" in answer.degraded else "stop"


def _usage(answer: Answer, completion: _Completion) -> CompletionUsage:
    """The model's tokens; where none was asked, about those of the conversation and of the answer."""
    if answer.usage:
        read, wrote = answer.usage.input_tokens, answer.usage.output_tokens
    else:
        read, wrote = sum(estimated(each.text) for each in completion.conversation), estimated(answer.text)
    return CompletionUsage(prompt_tokens=read, completion_tokens=wrote, total_tokens=read + wrote)


def _extension(answer: Answer, completion: _Completion) -> ExtensionBody:
    return ExtensionBody(**answer_body(answer, completion.caller).model_dump(), ignored=completion.ignored)
