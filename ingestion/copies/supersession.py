"""Reads which document supersedes which: from front matter, else by a rule about names and dates.

    supersedes: leave-policy-2025.md      # a source, a path from the document's folder, or a file name of its space
    superseded_by: policies/leave.md
    authoritative: true                   # kept rather than its copies
    date: 2026-01-01                      # or updated, modified, published, valid_from: the latest of them counts

The rule: of two files in one folder whose names differ in a date at the end of the one, that one is superseded if the
other's front matter has a later date and either their titles are the same but for dates or their texts are near copies.
Two dated files, such as the reports of two years, are two documents. What a text says of itself is not read.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from service.core.signatures import Peer
from service.core.types import Document

# Documents by source or by the name of their file.
Named: TypeAlias = Callable[[Collection[str]], list[Peer]]

_DATE_KEYS = ("date", "updated", "modified", "published", "valid_from")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATED_STEM = re.compile(r"[-_ .]*\(?((?:19|20)\d{2})(?:[-_.]?\d{2}){0,2}\)?$")
_IN_TITLE = re.compile(r"\(?\b(?:19|20)\d{2}(?:[-./]\d{1,2}){0,2}\b\)?|[^\w]+")


@dataclass(frozen=True)
class Succession:
    """One document supersedes another one of those that are there."""

    old: Peer
    new: Peer


@dataclass(frozen=True)
class Unresolved:
    """A name in a document's front matter that names no document, or several."""

    peer: Peer
    name: str
    found: int


def file_of(source: str) -> str:
    """The file's name alone."""
    return posixpath.basename(source)


def series_of(source: str) -> str:
    """The same for all editions of a page by their names: its path without ending and without a date before it."""
    folder, file = posixpath.split(source)
    stem = posixpath.splitext(file)[0]
    return posixpath.join(folder, _DATED_STEM.sub("", stem) or stem).casefold()


def year_of(source: str) -> int | None:
    """The year of the date at the end of a file's name."""
    found = _DATED_STEM.search(posixpath.splitext(file_of(source))[0])
    return int(found[1]) if found else None


def dated(meta: Mapping[str, str]) -> date | None:
    """The latest date that front matter gives; None when it gives none that can be read."""
    return max(filter(None, (_date(meta.get(key, "")) for key in _DATE_KEYS)), default=None)


def is_authoritative(meta: Mapping[str, str]) -> bool:
    """Whether a document says that it is the one to keep."""
    return meta.get("authoritative", "").casefold() in {"true", "yes", "1"}


def targets_of(document: Document) -> frozenset[str]:
    """Every name under which a document that this one names may be found."""
    names = (*_names(document.meta, "supersedes"), *_names(document.meta, "superseded_by"))
    return frozenset(spelling for name in names for spelling in _spellings(document.source, name))


def names_of(peer: Peer) -> tuple[str, str]:
    """The names by which others may name a document."""
    return peer.source, file_of(peer.source)


def claims(named: Named, peer: Peer) -> Iterator[Succession | Unresolved]:
    """What a document's front matter says about others. `named` finds documents by source or name of their file."""
    for name in _names(peer.meta, "supersedes"):
        found = _resolved(named, peer, name)
        yield Succession(found[0], peer) if len(found) == 1 else Unresolved(peer, name, len(found))
    for name in _names(peer.meta, "superseded_by"):
        found = _resolved(named, peer, name)
        yield Succession(peer, found[0]) if len(found) == 1 else Unresolved(peer, name, len(found))


def older_edition(old: Peer, new: Peer) -> bool:
    """Whether names and dates say that `old` is an outdated edition of `new`; titles and texts are not looked at."""
    if (old.space, old.series) != (new.space, new.series) or year_of(new.source) is not None:
        return False
    year, since, before = year_of(old.source), dated(new.meta), dated(old.meta)
    if year is None or since is None or is_authoritative(old.meta):
        return False
    return since > before if before else since.year > year


def same_title(ours: Peer, theirs: Peer) -> bool:
    """Whether two titles differ in dates at most."""
    return _plain(ours.title) == _plain(theirs.title)


def without_circles(found: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], set[str]]:
    """Of pairs of an old document and its successor those that lead to an end, and the ids of documents in a circle."""
    after: dict[str, set[str]] = {}
    for old, new in found:
        after.setdefault(old, set()).add(new)
    kept = [(old, new) for old in after for new in after[old] if old not in _reached(after, new)]
    return sorted(kept), {old for old in after if old in _reached(after, old)}


def _reached(after: Mapping[str, Collection[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for following in after.get(waiting.pop(), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


def _resolved(named: Named, peer: Peer, name: str) -> list[Peer]:
    """The documents that a name means: of this path from the document's folder, this source, else this file's name."""
    spellings = _spellings(peer.source, name)
    found = [each for each in named(spellings) if each.id != peer.id]
    for spelling in spellings:
        if exact := [each for each in found if each.source == spelling]:
            return sorted(exact, key=lambda each: (each.space != peer.space, each.rank))[:1]
    return [each for each in found if each.space == peer.space and file_of(each.source) == name]


def _spellings(source: str, name: str) -> tuple[str, str]:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), name)), posixpath.normpath(name)


def _names(meta: Mapping[str, str], key: str) -> list[str]:
    said = (each.strip().strip("\"'").replace("\\", "/").lstrip("/") for each in meta.get(key, "").split(","))
    return list(dict.fromkeys(filter(None, said)))


def _date(written: str) -> date | None:
    found = _DATE.match(written.strip())
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:  # no such day: the same as none
        return None


def _plain(title: str) -> str:
    return " ".join(_IN_TITLE.sub(" ", title).casefold().split())
