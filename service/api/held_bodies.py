"""The bodies of responses about the quarantine; `ragready quarantine --json` prints the same ones."""

from datetime import datetime

from pydantic import BaseModel, Field

from service.api.fields import fields_of
from service.core.types import Quarantined, QuarantineState


class HeldBody(BaseModel):
    """A document that was held back, without its text."""

    id: str
    space: str
    source: str
    origin: str = Field(description="the file that the document is, or is part of")
    code: str = Field(description="why it is held back, one of the error codes")
    reason: str = Field(description="the same in words, without content of the document")
    title: str
    media_type: str
    language: str = Field(description="code of ISO 639-1, empty where undecided")
    characters: int = Field(description="length of the text that is kept; 0 for a file that gave none")
    findings: dict[str, dict[str, int]] = Field(description="counts of what was found in it, by kind")
    state: QuarantineState = Field(description="`released`: a person let this content pass")
    waits: bool = Field(description="whether it is released and the next ingestion brings it in")
    decided_by: str | None
    decided_at: datetime | None
    at: datetime | None


class HeldTextBody(HeldBody):
    """The same with the text."""

    text: str


class HeldListBody(BaseModel):
    """What is held back or was released, by space and source."""

    quarantine: list[HeldBody]


class DeletedBody(BaseModel):
    """What was forgotten."""

    deleted: str
    source: str
    space: str


def held_body(held: Quarantined) -> HeldBody:
    """A document in quarantine as it leaves the process."""
    return HeldBody(**_fields(held))


def held_text_body(held: Quarantined) -> HeldTextBody:
    """The same with its text."""
    return HeldTextBody(**_fields(held), text=held.text)


def _fields(held: Quarantined) -> dict[str, object]:
    return {**fields_of(held, HeldBody), "waits": held.state == "released" and held.characters > 0}
