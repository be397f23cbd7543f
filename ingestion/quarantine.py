"""Decides on documents that were held back: brings the released ones into the index, forgets the deleted ones.

A released document goes through the steps after loading again, with no gate in its way: its space's policy on personal
data and on instructions still holds. Which documents are held back, is decided by the steps themselves.
"""

from collections.abc import Sequence
from itertools import pairwise

from ingestion.copies.duplicates import signature_of
from ingestion.draft import PAGE_BREAK, Draft, document_of
from ingestion.prepare import STEPS, Prepared, chunks_of
from ingestion.report import Problem, Report
from ingestion.write import Written, commit_document, embedded
from service.core.app import App
from service.core.errors import CouldNotCheck, DocumentProblem, NothingToRelease, UnknownHeld
from service.core.names import document_id
from service.core.types import Quarantined, Space


def release(app: App, identity: str, by: str) -> Written:
    """Let a person's decision pass a document, and bring it in now from the text that was kept.

    Raises UnknownHeld, NothingToRelease, EmptyDocument, and CouldNotCheck when a control cannot run: then it stays
    released, and the next ingestion tries again.
    """
    held = held_back(app, identity)
    if not held.text:
        raise NothingToRelease(*nothing_to_release(held))
    app.records.quarantine.mark_released(app.settings.tenant, identity, by)
    return _brought_in(app, _space_of(app, held), held)


def delete(app: App, identity: str) -> Quarantined:
    """Forget a document that was held back or released. Raises UnknownHeld.

    Its file counts as looked at until it changes; a released document stays in the index.
    """
    held = held_back(app, identity)
    app.records.quarantine.forget(app.settings.tenant, held.space, held.source)
    return held


def held_back(app: App, identity: str) -> Quarantined:
    """What has this id, with its text. Raises UnknownHeld."""
    found = app.records.quarantine.get(app.settings.tenant, identity)
    if found is None:
        raise UnknownHeld(f"Nothing is held back under {identity!r}.", "`ragready quarantine list` lists what is.")
    return found


def nothing_to_release(held: Quarantined) -> tuple[str, str]:
    """Why a document without text cannot be released, and what to do."""
    if held.state == "released":
        return f"{held.source} is released and in the index already.", "Nothing is left to do."
    return f"{held.source} gave no text: {held.reason}", "Mend the file; the next ingestion reads it again."


def settle(app: App, space: Space, report: Report) -> None:
    """Bring in what people released since the last run, and count what is still held from runs before."""
    found = app.records.quarantine.of(space.tenant, [space.name])
    for each in found:
        if each.state == "released" and each.characters:
            _settle(app, space, held_back(app, each.id), report)
    report.held_earlier = sum(each.state == "held" for each in found) - report.documents.quarantined


def _settle(app: App, space: Space, held: Quarantined, report: Report) -> None:
    there = app.records.document(space.tenant, document_id(space.tenant, space.name, held.source))
    if there is not None and held.decided_at and there.ingested_at and there.ingested_at >= held.decided_at:
        # The file itself came in since, as it was or in a newer version.
        app.records.quarantine.mark_indexed(space.tenant, held.id)
        return
    try:
        written = _brought_in(app, space, held)
    except (DocumentProblem, CouldNotCheck) as error:
        report.problems.append(Problem.of(held.source, error))
        return
    report.wrote(written.document, updates=there is not None)
    report.chunks += written.chunks
    report.embedded += written.embedded


def _brought_in(app: App, space: Space, held: Quarantined) -> Written:
    ours = app.made_with(space.recipe)
    draft = _draft_of(held)
    for step in STEPS:
        draft = step(ours, space, draft)
    document = document_of(draft, space)
    prepared = Prepared(document, chunks_of(ours, document), signature_of(document))
    fresh = embedded(ours, [prepared])
    with app.records.alone(space.tenant):
        written = commit_document(ours, _space_of(app, held), prepared, fresh)
        app.records.quarantine.mark_indexed(space.tenant, held.id)
    return written


def _draft_of(held: Quarantined) -> Draft:
    return Draft(
        source=held.source,
        origin=held.origin,
        title=held.title,
        pages=tuple(_pages(held.text, held.pages)),
        paged=bool(held.pages),
        media_type=held.media_type,
        content_hash=held.content_hash,
        meta=held.meta,
        language=held.language,
        findings=held.findings,
        released=True,
    )


def _pages(text: str, starts: Sequence[int]) -> list[str]:
    """The text page by page, as document_of joined it."""
    ends = [*(starts or (0,)), len(text) + len(PAGE_BREAK)]
    return [text[start : max(start, end - len(PAGE_BREAK))] for start, end in pairwise(ends)]


def _space_of(app: App, held: Quarantined) -> Space:
    return next(each for each in app.records.spaces(app.settings.tenant) if each.name == held.space)
