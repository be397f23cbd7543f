"""Blacks a person's mentions out of a document that otherwise stays: its text, title and what its file says of itself.

The file itself is as it was: when it changes, or is ingested into another space, the mentions come back.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingestion.erasure.mentions import Mentions
from ingestion.erasure.plan import Target
from ingestion.prepare import Prepared, chunks_of
from ingestion.write import commit_document
from service.core.app import App
from service.core.types import Document, Space


def redact(app: App, space: Space, target: Target, mentions: Mentions) -> None:
    """Write the document anew without the mentions. Called under the tenant's lock."""
    found = app.records.document(space.tenant, target.id)
    if found is not None:
        document = _masked(found, mentions)
        ours = app.made_with(space.recipe)
        commit_document(ours, space, Prepared(document, chunks_of(ours, document)), {})


def chunks_that_go(app: App, targets: Sequence[Target], mentions: Mentions | None) -> list[str]:
    """Ids of the chunks of documents that go, and of those that a redaction changes, in every generation."""
    going = app.records.residue.chunks([each.id for each in targets if not each.redacted])
    spaces = {each.name: each for each in app.records.spaces(app.settings.tenant)}
    for target in targets:
        found = app.records.document(app.settings.tenant, target.id) if target.redacted else None
        if found is not None and mentions is not None:
            kept = chunks_of(app.made_with(spaces[target.space].recipe), _masked(found, mentions))
            going += sorted(set(app.records.residue.chunks([target.id])) - {each.id for each in kept})
    return going


def _masked(document: Document, mentions: Mentions) -> Document:
    meta = {name: mentions.masked(value) for name, value in document.meta.items()}
    return replace(document, text=mentions.masked(document.text), title=mentions.masked(document.title), meta=meta)
