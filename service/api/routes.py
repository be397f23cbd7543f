"""The routes: each a signature that says what it takes and a line that calls the function behind it."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from service.api.deps import FAILURES, KEY, Asker, Parts, needs
from service.api.document_bodies import (
    DocumentBody,
    DocumentsBody,
    SpacesBody,
    document_body,
    space_body,
    summary_body,
)
from service.api.key_bodies import CreatedKeyBody, KeyBody, KeysBody, NewKeyBody, created_body, key_body
from service.api.limits import Limited
from service.api.released import EVENT_STREAM, as_error, as_events, released, streamed, whole
from service.api.schemas import AnswerBody, AskBody, answer_body
from service.api.traces import TraceBody, trace_body
from service.api.why import WhyBody, why_body
from service.core.answers import Answer, Question
from service.rag import access
from service.rag.threads import in_thread
from service.rag.why import explained

router = APIRouter(prefix="/v1", dependencies=[KEY, needs("read")], responses=FAILURES)
_KEYS = [needs("manage keys")]
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENT_STREAM: {"schema": {"type": "string", "description": "events sentence, answer, error"}}}}
}


@router.post(
    "/ask",
    dependencies=[Limited],
    response_model=AnswerBody,
    responses=_EVENTS,
    summary="Answer a question from documents, with citations",
)
async def ask(body: AskBody, parts: Parts, caller: Asker, request: Request) -> AnswerBody | Response:
    """Every sentence of the answer is tied to a span of a document. Without enough evidence the answer abstains.

    With `stream` each sentence comes as an event `sentence` once it is checked, then the whole as the event `answer`.
    """
    spaces = None if body.spaces is None else tuple(body.spaces)
    question = Question(body.question, caller, spaces, body.strategy, body.messages())
    if body.stream:
        return await streamed(released(parts, question, request), partial(as_events, caller=caller), as_error)
    answer = await whole(parts, question, request)
    return answer_body(answer, caller) if isinstance(answer, Answer) else answer


@router.get("/answers/{answer}/why", dependencies=[Limited], summary="Read why an answer says what it says")
async def why(answer: str, parts: Parts, caller: Asker) -> WhyBody:
    """Which of its sources the answer needs: it is made again without each of them. Yours, or as an operator any."""
    return why_body(await explained(parts, caller, answer), caller)


@router.get("/spaces", summary="List the spaces that you may read")
async def spaces(parts: Parts, caller: Asker) -> SpacesBody:
    """Spaces by name, with what they hold."""
    return SpacesBody(spaces=[space_body(each) for each in await access.sizes_for(parts, caller)])


@router.get("/documents", summary="List documents")
async def documents(
    parts: Parts, caller: Asker, space: Annotated[list[str] | None, Query(description="only these spaces")] = None
) -> DocumentsBody:
    """Documents by space and source, without their text."""
    found = await access.documents_for(parts, caller, space)
    return DocumentsBody(documents=[summary_body(each) for each in found])


@router.get("/documents/{document}", summary="Read one document")
async def document(document: str, parts: Parts, caller: Asker) -> DocumentBody:
    """The stored text, in which citations' offsets count characters."""
    return document_body(await access.document_for(parts, caller, document))


@router.get("/traces/{trace_id}", summary="Read how an answer came about")
async def trace(trace_id: str, parts: Parts, caller: Asker) -> TraceBody:
    """The spans of your own questions under this id; an operator sees every asker's of the tenant, without text."""
    return trace_body(parts.telemetry.traces.seen_by(caller, trace_id))


@router.post("/keys", status_code=201, dependencies=_KEYS, summary="Make a key", tags=["keys"])
async def create_key(body: NewKeyBody, parts: Parts, caller: Asker) -> CreatedKeyBody:
    """The key of a caller of your tenant. It is in this response and nowhere else."""
    keys = parts.records.keys
    return created_body(await in_thread(keys.create, caller.tenant, body.name, body.role, frozenset(body.groups)))


@router.get("/keys", dependencies=_KEYS, summary="List keys", tags=["keys"])
async def keys(parts: Parts, caller: Asker) -> KeysBody:
    """Every key of your tenant but that of the settings, without the keys themselves."""
    return KeysBody(keys=[key_body(each) for each in await in_thread(parts.records.keys.all, caller.tenant)])


@router.delete("/keys/{key_id}", dependencies=_KEYS, summary="Revoke a key", tags=["keys"])
async def revoke_key(key_id: str, parts: Parts, caller: Asker) -> KeyBody:
    """Takes effect with the next request, and on the page with the next question."""
    return key_body(await in_thread(parts.records.keys.revoke, caller.tenant, key_id))
