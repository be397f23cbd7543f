"""The bodies of responses about spaces and their documents; `ragready --json` prints the same ones."""

from datetime import datetime

from pydantic import BaseModel, Field

from service.api.fields import fields_of
from service.core.types import Document, DocumentSummary, SpaceSize


class SpaceBody(BaseModel):
    """A space and what it holds."""

    name: str
    version: int
    generation: int
    readers: list[str] = Field(description="groups that may read it; `everyone` is the whole tenant")
    documents: int
    chunks: int


class SummaryBody(BaseModel):
    """A document without its text."""

    document: str
    title: str
    source: str
    space: str
    media_type: str
    characters: int
    chunks: int
    ingested_at: datetime
    standing: str = Field(description="current, alias (a copy) or superseded; only current documents are searched")
    in_favour_of: str | None = Field(description="id of the document that it is a copy of, or that superseded it")


class DocumentsBody(BaseModel):
    """Documents by space and source."""

    documents: list[SummaryBody]


class SpacesBody(BaseModel):
    """Spaces by name."""

    spaces: list[SpaceBody]


class DocumentBody(BaseModel):
    """A document with the text that citations' offsets count in."""

    document: str
    title: str
    source: str
    space: str
    media_type: str
    text: str
    standing: str = Field(description="current, alias (a copy) or superseded; only current documents are searched")
    in_favour_of: str | None = Field(description="id of the document that it is a copy of, or that superseded it")


def space_body(size: SpaceSize) -> SpaceBody:
    """A space as it leaves the process."""
    fields = {**fields_of(size.space, SpaceBody), "readers": sorted(size.space.readers)}
    return SpaceBody(documents=size.documents, chunks=size.chunks, **fields)


def summary_body(summary: DocumentSummary) -> SummaryBody:
    """A document's summary as it leaves the process."""
    return SummaryBody(document=summary.id, **fields_of(summary, SummaryBody))


def document_body(document: Document) -> DocumentBody:
    """A document as it leaves the process."""
    return DocumentBody(document=document.id, **fields_of(document, DocumentBody))
