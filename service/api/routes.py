"""The routes: each a signature that says what it takes and a line that calls the function behind it."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from fastapi.security import HTTPBearer

from service.api.deps import Asker, Parts
from service.api.schemas import (
    AnswerBody,
    AskBody,
    DocumentBody,
    DocumentsBody,
    ProblemBody,
    SpacesBody,
    answer_body,
    document_body,
    space_body,
    summary_body,
)
from service.core.errors import UnknownDocument
from service.core.types import Question
from service.rag import pipeline
from service.rag.access import chosen_spaces, readable
from service.rag.threads import in_thread

_PROBLEM = {"model": ProblemBody, "content": {"application/problem+json": {}}}
# RequireKey does the checking; this only tells the OpenAPI document, and so the page at /docs, how to send the key.
_KEY = [Security(HTTPBearer(auto_error=False))]
router = APIRouter(prefix="/v1", dependencies=_KEY, responses=dict.fromkeys((401, 404, 413, 422, 503), _PROBLEM))


@router.post("/ask", summary="Answer a question from documents, with citations")
async def ask(body: AskBody, parts: Parts, caller: Asker) -> AnswerBody:
    """Every sentence of the answer is tied to a span of a document. Without enough evidence the answer abstains."""
    spaces = None if body.spaces is None else tuple(body.spaces)
    return answer_body(await pipeline.answer(parts, Question(body.question, caller, spaces, body.strategy)))


@router.get("/spaces", summary="List the spaces that you may read")
async def spaces(parts: Parts, caller: Asker) -> SpacesBody:
    """Spaces by name, with what they hold."""
    sizes = await in_thread(parts.records.space_sizes, caller.tenant)
    return SpacesBody(spaces=[space_body(each) for each in sizes if caller.may_read(each.space)])


@router.get("/documents", summary="List documents")
async def documents(
    parts: Parts, caller: Asker, space: Annotated[list[str] | None, Query(description="only these spaces")] = None
) -> DocumentsBody:
    """Documents by space and source, without their text."""
    mine = readable(caller, await in_thread(parts.records.spaces, caller.tenant))
    names = [each.name for each in chosen_spaces(space, mine)]
    found = await in_thread(parts.records.documents, caller.tenant, names)
    return DocumentsBody(documents=[summary_body(each) for each in found])


@router.get("/documents/{document}", summary="Read one document")
async def document(document: str, parts: Parts, caller: Asker) -> DocumentBody:
    """The stored text, in which citations' offsets count characters."""
    found = await in_thread(parts.records.document, caller.tenant, document)
    mine = {each.name for each in readable(caller, await in_thread(parts.records.spaces, caller.tenant))}
    if found is None or found.space not in mine:
        raise UnknownDocument(f"There is no document {document!r}.", "GET /v1/documents lists them.")
    return document_body(found)
