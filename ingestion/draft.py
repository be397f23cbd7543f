"""A document on its way into the index: what the steps from cleaning to the scan hand to each other.

A step returns a changed draft, or raises a DocumentProblem, which holds the document back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ingestion.formats import Hidden
from ingestion.load import LoadedDocument
from service.core.errors import CouldNotCheck, DocumentHeld, DocumentProblem
from service.core.names import document_id
from service.core.types import Document, Findings, Policy, Quarantined, Space

PAGE_BREAK = "\n\n"


@dataclass(frozen=True)
class Draft:
    """A document's text page by page, one page where the format has none, and what the steps found so far.

    `released` means that a person let this content pass: no step holds it back.
    """

    source: str
    origin: str
    title: str
    pages: tuple[str, ...]
    paged: bool
    media_type: str
    content_hash: str
    hidden: tuple[Hidden, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    findings: Findings = field(default_factory=dict)
    released: bool = False

    @property
    def text(self) -> str:
        """The pages as one text."""
        return PAGE_BREAK.join(self.pages)

    def with_pages(self, change: Callable[[str], str]) -> "Draft":
        """The draft with each page changed."""
        return replace(self, pages=tuple(change(page) for page in self.pages))

    def with_findings(self, kind: str, counts: Mapping[str, int]) -> "Draft":
        """The draft with counts added to those of this kind."""
        if not counts:
            return self
        before = self.findings.get(kind, {})
        total = {name: before.get(name, 0) + counts.get(name, 0) for name in {**before, **counts}}
        return replace(self, findings={**self.findings, kind: total})


def draft_of(loaded: LoadedDocument, origin: str) -> Draft:
    """The draft that a loaded document starts as."""
    return Draft(
        source=loaded.source,
        origin=origin,
        title=loaded.title,
        pages=loaded.pages or (loaded.text,),
        paged=bool(loaded.pages),
        media_type=loaded.media_type,
        content_hash=loaded.content_hash,
        hidden=loaded.hidden,
        meta=loaded.meta,
    )


def document_of(draft: Draft, space: Space) -> Document:
    """The document that a finished draft is. An empty page counts, and starts where the next one does."""
    starts, end = [], 0
    for page in draft.pages:
        starts.append(end)
        end += len(page) + len(PAGE_BREAK) if page else 0
    return Document(
        id=document_id(space.tenant, space.name, draft.source),
        tenant=space.tenant,
        space=space.name,
        source=draft.source,
        title=draft.title,
        text=PAGE_BREAK.join(filter(None, draft.pages)),
        media_type=draft.media_type,
        content_hash=draft.content_hash,
        origin=draft.origin,
        language=draft.language,
        pages=tuple(starts) if draft.paged else (),
        meta=draft.meta,
        findings=draft.findings,
    )


def held_of(draft: Draft, space: Space, error: DocumentProblem | CouldNotCheck) -> Quarantined:
    """What the quarantine keeps of a draft that is held back; nothing of what it says where that was not checked."""
    if isinstance(error, DocumentHeld):
        draft = replace(draft, findings={**draft.findings, **error.findings})
    if isinstance(error, CouldNotCheck):
        draft = replace(draft, title="", pages=("",), meta={})
    return held_document(document_of(draft, space), error)


def held_document(document: Document, error: DocumentProblem | CouldNotCheck) -> Quarantined:
    """What the quarantine keeps of a document, and why it is held back."""
    shared = ("space", "source", "content_hash", "origin", "title", "text", "media_type", "language", "pages", "meta")
    kept = {name: getattr(document, name) for name in (*shared, "findings")}
    return Quarantined(code=error.code, reason=error.detail, **kept)


def recipe_of(policy: Policy) -> str:
    """A policy as a part of a recipe."""
    return f"{policy.personal}.{policy.instructions}.{'+'.join(policy.languages)}.{'+'.join(policy.allowed)}"
