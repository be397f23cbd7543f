"""Finds the files that `ragready ingest` was given, and names each one's source.

It opens no file. What cannot be walked is a value in the stream, so that the other files go on.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from service.core.errors import DocumentProblem, OutsideFolder, PathMissing, UnreadableFile

_DECEPTIVE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


@dataclass(frozen=True)
class SourceFile:
    """A file to load. `source` is "<folder name>/<relative path>", or the file's name if the file itself was given."""

    path: Path
    source: str


@dataclass(frozen=True)
class SourceUrl:
    """A page or sitemap to fetch; `name` replaces the URL's own in the sources of a sitemap's pages."""

    url: str
    name: str | None = None


@dataclass(frozen=True)
class FileProblem:
    """A file, folder or page that cannot be ingested, and why. `below`: nothing is known of what lies below it."""

    source: str
    error: DocumentProblem
    below: bool = True


@dataclass(frozen=True)
class _Place:
    """A path to visit. `real` is where it is after links, `above` the real folders that lead to it."""

    path: Path
    real: Path
    above: tuple[Path, ...]
    linked: bool


def find_sources(
    paths: Sequence[Path | str], name: str | None = None
) -> Iterator[SourceFile | SourceUrl | FileProblem]:
    """Files at and below `paths`, sorted within each folder, without hidden names; `name` replaces a folder's own.

    A path that is a string is a URL. A link is followed if it stays inside its folder. Raises PathMissing, before
    anything is yielded, for a path that does not exist.
    """
    for path in paths:
        # Path.exists raises where a folder above may not be read.
        if isinstance(path, Path) and not os.path.exists(path):
            raise PathMissing(
                f"{printable(str(path))} does not exist or is out of reach.", "Give a file or a folder that is there."
            )
    return chain.from_iterable(_found(path, name) for path in paths)


def _found(path: Path | str, name: str | None) -> Iterable[SourceFile | SourceUrl | FileProblem]:
    if isinstance(path, str):
        return [SourceUrl(path, name)]
    return _walk(path, name) if path.is_dir() else [SourceFile(path, printable(path.name))]


def _walk(folder: Path, name: str | None) -> Iterator[SourceFile | FileProblem]:
    """Depth first, without recursion: a path may hold more folders than Python has stack frames."""
    root = folder.resolve()
    label = name or root.name or "root"
    through_links: set[Path] = set()
    pending = [_Place(folder, root, (), linked=False)]
    while pending:
        place = pending.pop()
        source = printable(Path(label, place.path.relative_to(folder)).as_posix())
        try:
            place = _resolved(place, root, source)
            if not place.real.is_dir():
                yield SourceFile(place.path, source)
            elif _to_enter(place, through_links):
                pending += reversed(_entries(place))
        except DocumentProblem as error:
            yield FileProblem(source, error)
        except OSError as error:
            yield FileProblem(source, _unreadable(source, error))


def _resolved(place: _Place, root: Path, source: str) -> _Place:
    """`place` with its link followed. Raises OutsideFolder, or OSError for a link that leads nowhere or to itself."""
    if not place.path.is_symlink() or place.real == root:
        return place
    # Path.resolve raises RuntimeError for a link to itself.
    real = Path(os.path.realpath(place.path, strict=True))
    if real.is_relative_to(root):
        return _Place(place.path, real, place.above, linked=True)
    raise OutsideFolder(
        f"{source} is a link that leads out of the given folder.", "Copy its target into the folder, or ingest that."
    )


def _to_enter(folder: _Place, through_links: set[Path]) -> bool:
    """Whether to list a folder: not when a link leads back up, and through links only once.

    Without the second rule, n folders that link to each other would be walked n! times.
    """
    if folder.real in folder.above:
        return False
    if not folder.linked:
        return True
    if folder.real in through_links:
        return False
    through_links.add(folder.real)
    return True


def _entries(folder: _Place) -> list[_Place]:
    above = (*folder.above, folder.real)
    names = sorted(entry for entry in os.listdir(folder.path) if not entry.startswith("."))
    return [_Place(folder.path / each, folder.real / each, above, folder.linked) for each in names]


def _unreadable(source: str, error: OSError) -> UnreadableFile:
    return UnreadableFile(
        f"{source} cannot be opened: {error.strerror or error}.", "Check that it exists and who may read it."
    )


def printable(name: str) -> str:
    r"""`name` as valid Unicode that shows as what it is.

    A byte that is not UTF-8 becomes \xNN, so two such names stay apart; newlines, other controls and the marks that
    turn the direction of writing, with which a name can show as another one, become \n or \u202e.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return _DECEPTIVE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
