"""Finds what an erasure is about, and what tells it apart from everything that stays.

Of a document, its copies and its earlier versions go too, or a removal would bring them back with the same text.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from ingestion.erasure.mentions import Mentions
from ingestion.erasure.needles import Needles, windows_around, windows_of
from ingestion.erasure.plan import File, Request, Target
from ingestion.fetching.shelf import Shelf
from service.core.app import App
from service.core.residue import StoredText


def targets_of(app: App, request: Request, mentions: Mentions | None) -> list[Target]:
    """Documents and what is held back that the request is about, in the order in which they may be removed."""
    ours = (each for each in app.records.residue.texts() if each.tenant == app.settings.tenant)
    if mentions is not None:
        return _in_order([_mentioning(each, mentions, request.redact) for each in ours if _mentions(each, mentions)])
    every = [_target(each) for each in ours]
    named = {each.id for each in every if _is_named(each, request)}
    wanted = named if request.only else _with_copies(every, named)
    return _in_order([each for each in every if each.id in wanted])


def files_of(app: App, request: Request, targets: Sequence[Target], mentions: Mentions | None) -> list[File]:
    """Files that gave the targets, and those of which only a manifest, an upload or a fetched page is left."""
    whole = {(each.space, each.origin) for each in targets if not each.redacted}
    found = {File(each.space, each.origin, (each.space, each.origin) not in whole) for each in targets}
    for space in app.records.spaces(app.settings.tenant):
        shelf = Shelf(app.settings.data_folder, space.tenant, space.name)
        uploads = app.records.jobs.uploads_of(space.tenant, space.name)
        sources = {
            *app.records.manifest.of(space.tenant, space.name),
            *(each.source for each in uploads),
            *(each.source for each in shelf.kept()),
        }
        if request.kind == "source":
            found |= {File(space.name, each) for each in sources if _is_at(each, request.values)}
        elif mentions is not None:
            found |= {File(space.name, each) for each in sources if mentions.found_in(each)}
    return sorted(found, key=lambda each: (each.space, each.source))


def needles_of(app: App, targets: Sequence[Target], mentions: Mentions | None, key: bytes) -> Needles:
    """Windows of what goes that stand in nothing that stays."""
    by_id = {each.id: each for each in targets}
    windows: set[bytes] = set()
    for each in app.records.residue.texts():
        if (target := by_id.get(each.id)) is not None:
            windows |= _windows(each, mentions if target.redacted else None)
    needles = Needles(key).with_windows(windows)
    shared: set[int] = set()
    for each in app.records.residue.texts():
        if each.id not in by_id:
            shared |= needles.found_in(f"{each.title}\n{each.source}\n{each.text}".encode("utf-8", "replace"))
    return needles.without(shared)


def _is_named(each: Target, request: Request) -> bool:
    if request.kind == "document":
        return each.id in request.values
    return _is_at(each.source, request.values) or _is_at(each.origin, request.values)


def _is_at(source: str, values: Iterable[str]) -> bool:
    """Whether a source is one of those named, or lies below it: a part of a file, or a file of a folder."""
    return any(source == each or source.startswith(f"{each.rstrip('/')}/") for each in values)


def _mentions(each: StoredText, mentions: Mentions) -> bool:
    said = (each.text, each.title, each.source, each.origin, each.meta, each.reason)
    return any(mentions.found_in(text) for text in said)


def _mentioning(each: StoredText, mentions: Mentions, redact: bool) -> Target:
    """A name in the source cannot be blacked out, for the source is what the document is known by."""
    named = mentions.found_in(each.source) or mentions.found_in(each.origin)
    return replace(_target(each), redacted=redact and each.standing != "held" and not named)


def _target(each: StoredText) -> Target:
    return Target(
        each.id,
        each.space,
        each.source,
        each.origin or each.source,
        each.content_hash,
        each.standing,
        each.in_favour_of,
    )


def _with_copies(every: Sequence[Target], named: Set[str]) -> set[str]:
    """The named ones, their copies, what they are copies of, and the versions that they replaced."""
    wanted = set(named)
    while True:
        kept = {each.in_favour_of for each in every if each.id in wanted and each.standing == "alias"}
        behind = {each.id for each in every if each.in_favour_of in wanted}
        same = {each.content_hash for each in every if each.id in wanted}
        copies = {each.id for each in every if each.content_hash in same}
        more = {each.id for each in every if each.id in kept | behind | copies} - wanted
        if not more:
            return wanted
        wanted |= more


def _in_order(targets: Sequence[Target]) -> list[Target]:
    """What stands behind another one first, so that removing that one brings nothing back."""
    by_id = {each.id: each for each in targets}

    def depth(each: Target) -> int:
        seen: set[str] = set()
        while each.in_favour_of in by_id and each.id not in seen:
            seen.add(each.id)
            each = by_id[each.in_favour_of]
        return len(seen)

    return sorted(targets, key=lambda each: (-depth(each), each.space, each.source))


def _windows(each: StoredText, mentions: Mentions | None) -> set[bytes]:
    if mentions is None:
        return windows_of(each.text) | windows_of(each.title)
    return windows_around(each.text, mentions.spans(each.text)) | windows_around(each.title, mentions.spans(each.title))
