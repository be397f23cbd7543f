"""Removes one document from every store and brings back what stood behind it.

Proving that nothing is left is erasure's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from ingestion.copies import standing
from ingestion.fetching.shelf import Shelf
from service.core.app import App
from service.core.cache import forget_naming
from service.core.errors import CacheUnavailable, UnknownDocument
from service.core.job import Upload
from service.core.names import document_id
from service.core.types import Space

_log = structlog.get_logger("ragready.remove")


@dataclass(frozen=True)
class Removed:
    """What was removed."""

    source: str
    space: str
    chunks: int


def remove(app: App, document: str) -> Removed:
    """Remove a document from records, lexical, vectors and kept answers. Raises UnknownDocument.

    Its file is looked at again by the next ingestion, if it is still there.
    """
    found = app.records.document(app.settings.tenant, document)
    if found is None:
        raise UnknownDocument(f"There is no document {document!r}.", "`ragready documents list` lists them.")
    space = next(each for each in app.records.spaces(found.tenant) if each.name == found.space)
    if set(app.records.origins(space.tenant, space.name, found.origin)) <= {found.source}:
        kept = app.records.jobs.uploads_of(space.tenant, space.name, found.origin)
        forget_uploads(app, [each for each in kept if each.done])
        Shelf(app.settings.data_folder, space.tenant, space.name).forget(found.origin)
    with app.records.alone(found.tenant):
        chunks = remove_from(app, space, found.source)
        app.records.manifest.forget(space.tenant, space.name, found.origin)
    try:
        forget_naming(app.cache, found.id)
    except CacheUnavailable as error:
        # the space's version rose, so nothing that is kept is served any more; it goes when its time is over
        _log.warning("answers that name a removed document stay in the cache", reason=error.reason)
    return Removed(found.source, found.space, chunks)


def forget_uploads(app: App, uploads: Sequence[Upload]) -> None:
    """Remove uploaded files from their store, then what is known of them. Raises UploadsUnavailable."""
    for each in uploads:
        app.uploads.remove(each.key)
    app.records.jobs.forget_uploads(uploads)


def remove_from(app: App, space: Space, source: str) -> int:
    """Remove a space's document of this source and return how many chunks went. Called under the tenant's lock."""
    from ingestion.write import give_standing  # noqa: PLC0415  # write removes what a file no longer gives

    identity = document_id(space.tenant, space.name, source)
    found = app.records.document(space.tenant, identity)
    gone = app.records.remove_document(space.index, identity)
    app.vectors.remove(space.index, gone)
    for change in standing.successors(app, found) if found else ():
        give_standing(app, change)
    return len(gone)
