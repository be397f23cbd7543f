"""Removes one document from every store. Proving that nothing is left is not done here."""

from dataclasses import dataclass

from service.core.app import App
from service.core.errors import UnknownDocument
from service.core.types import Index


@dataclass(frozen=True)
class Removed:
    """What was removed."""

    source: str
    space: str
    chunks: int


def remove(app: App, document: str) -> Removed:
    """Remove a document from records, lexical and vectors. Raises UnknownDocument."""
    found = app.records.document(app.settings.tenant, document)
    if found is None:
        raise UnknownDocument(f"There is no document {document!r}.", "`ragready documents list` lists them.")
    index = next(each.index for each in app.records.spaces(found.tenant) if each.name == found.space)
    return Removed(found.source, found.space, remove_from(app, index, found.id))


def remove_from(app: App, index: Index, document: str) -> int:
    """Remove a document of an index and return how many chunks went."""
    gone = app.records.remove_document(index, document)
    app.vectors.remove(index, gone)
    return len(gone)
