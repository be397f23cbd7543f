"""Builds every space's index anew from the records, as its next generation, and swaps when it is complete.

The old generation answers until the swap; a kill before it leaves the old one in place.
"""

from ingestion.pipeline import Progress, quiet
from ingestion.prepare import Prepared, chunks_of
from ingestion.write import embedded, put
from service.core.app import App
from service.core.types import Index, Space


def reindex(app: App, progress: Progress = quiet) -> dict[str, int]:
    """Split and embed every document of the tenant anew; returns the chunks written by space."""
    return {space.name: _reindex_space(app, space, progress) for space in app.records.spaces(app.settings.tenant)}


def _reindex_space(app: App, space: Space, progress: Progress) -> int:
    with app.records.alone(space.tenant):
        return _next_generation(app, space, progress)


def _next_generation(app: App, space: Space, progress: Progress) -> int:
    index = Index(space.tenant, space.name, space.generation + 1)
    app.vectors.drop(index)
    app.records.start_generation(index, str(app.encoder.fingerprint))
    chunks = 0
    summaries = app.records.documents(space.tenant, [space.name])
    for done, summary in enumerate(summaries, 1):
        document = app.records.document(space.tenant, summary.id)
        if document is not None and document.standing == "current":
            prepared = Prepared(document, chunks_of(app, document))
            put(app, index, prepared, embedded(app, [prepared]))
            chunks += len(prepared.chunks)
        progress(done, len(summaries), summary.source)
    app.records.switch_generation(index)
    app.vectors.drop(space.index)
    return chunks
