"""The quarantine over HTTP: what is held back in the spaces that the caller may read, and what is decided about it.

Deciding changes the records alone. What is released comes into the index with its space's next ingestion.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from service.api.deps import FAILURES, KEY, Asker, Parts, needs
from service.api.held_bodies import DeletedBody, HeldBody, HeldListBody, HeldTextBody, held_body, held_text_body
from service.rag import access, intake

_DECIDES = needs("decide on the quarantine")
router = APIRouter(
    prefix="/v1/quarantine", tags=["documents"], dependencies=[KEY, needs("read"), _DECIDES], responses=FAILURES
)


@router.get("", summary="List what is held back")
async def held(
    parts: Parts, caller: Asker, space: Annotated[list[str] | None, Query(description="only these spaces")] = None
) -> HeldListBody:
    """Documents that a gate or a policy held back, and those that somebody released, without their text."""
    return HeldListBody(quarantine=[held_body(each) for each in await access.held_for(parts, caller, space)])


@router.get("/{held_id}", summary="Read what is held back")
async def read(held_id: str, parts: Parts, caller: Asker) -> HeldTextBody:
    """A document with its text, its reason and what was found in it."""
    return held_text_body(await access.held_back(parts, caller, held_id))


@router.post("/{held_id}/release", status_code=202, summary="Let a document pass")
async def release(held_id: str, parts: Parts, caller: Asker) -> HeldBody:
    """The decision is kept for this content. The space's next ingestion, by the worker or a command, brings it in."""
    return held_body(await intake.released(parts, caller, held_id))


@router.delete("/{held_id}", summary="Forget what is held back")
async def delete(held_id: str, parts: Parts, caller: Asker) -> DeletedBody:
    """Its text is kept no longer, and its file is not looked at again until it changes."""
    found = await intake.forgotten(parts, caller, held_id)
    return DeletedBody(deleted=held_id, source=found.source, space=found.space)
