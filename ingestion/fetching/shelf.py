"""Keeps fetched pages as files, so that the loaders read them like any other and unchanged ones are not sent again.

Beside each file stands a card, a JSON file with what its server said of it or why there is none. One folder a space,
below the data folder.
"""

import errno
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from service.core.errors import (
    DocumentProblem,
    FetchFailed,
    FileTooLarge,
    PageGone,
    RobotsDisallow,
    StorageFull,
    UnsupportedFormat,
)

FOLDER = "fetched"
_CARD = ".page"
# What may be remembered of a page instead of its file; whatever the settings decide alone is found out anew.
_REMEMBERED = {each.code: each for each in (FetchFailed, FileTooLarge, PageGone, RobotsDisallow, UnsupportedFormat)}


@dataclass(frozen=True)
class Kept:
    """What is known of a page since the time `at`, in seconds.

    `file` is its file's name, `wrong` what was wrong the last time: an error's code, detail and remedy.
    """

    source: str
    url: str
    file: str = ""
    etag: str = ""
    last_modified: str = ""
    wrong: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)

    @property
    def conditions(self) -> dict[str, str]:
        """The request headers that ask for the page only if it is another one by now."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value and self.file}

    @property
    def problem(self) -> DocumentProblem | None:
        """What was wrong the last time."""
        return _REMEMBERED[self.wrong[0]](*self.wrong[1:]) if self.wrong else None


class Shelf:
    """The pages kept for one space."""

    def __init__(self, data_folder: Path, tenant: str, space: str) -> None:
        self.folder = data_folder / FOLDER / tenant / space

    def find(self, source: str, url: str) -> Kept | None:
        """What is known of a source, if it came from this URL; a file that is lost is not known."""
        kept = _card(self._card_path(source))
        if kept is None or kept.url != url:
            return None
        return kept if self.path(kept).is_file() or kept.wrong else None

    def path(self, kept: Kept) -> Path:
        """The file of a page."""
        return self.folder / kept.file

    def put(self, source: str, url: str, ending: str, body: bytes, headers: Mapping[str, str]) -> Path:
        """Keep a page in place of the one before, and return its file. Raises StorageFull.

        The file comes first: after a kill between the two the card is of the page before, which is sent again.
        """
        name = self._card_path(source).stem + ending
        kept = Kept(source, url, name, headers.get("etag", ""), headers.get("last-modified", ""))
        before = _card(self._card_path(source))
        if before and before.file not in {"", name}:
            self.path(before).unlink(missing_ok=True)
        self._write(self.path(kept), body)
        self._note(kept)
        return self.path(kept)

    def confirm(self, kept: Kept) -> Path:
        """Note that a page is as it was, and return its file."""
        self._note(replace(kept, wrong=(), at=time.time()))
        return self.path(kept)

    def note_problem(self, source: str, url: str, problem: DocumentProblem) -> None:
        """Note why a page did not come, if that is a thing to remember. A page that is gone is not kept any longer."""
        if problem.code not in _REMEMBERED:
            return
        if isinstance(problem, PageGone):
            self.forget(source)
        known = self.find(source, url) or Kept(source, url)
        self._note(replace(known, wrong=(problem.code, problem.detail, problem.remedy), at=time.time()))

    def forget(self, source: str) -> None:
        """Remove what is kept of a source."""
        card = self._card_path(source)
        kept = _card(card)
        if kept and kept.file:
            self.path(kept).unlink(missing_ok=True)
        card.unlink(missing_ok=True)

    def forget_others(self, label: str, sources: Set[str]) -> None:
        """Remove what is kept below `label` and is of none of these sources."""
        for kept in list(self.kept()):
            if kept.source.startswith(f"{label}/") and kept.source not in sources:
                self.forget(kept.source)

    def kept(self) -> Iterator[Kept]:
        """What is known of every page."""
        if self.folder.is_dir():
            yield from filter(None, map(_card, sorted(self.folder.glob(f"*{_CARD}"))))

    def _card_path(self, source: str) -> Path:
        return self.folder / (hashlib.sha256(source.encode()).hexdigest()[:32] + _CARD)

    def _note(self, kept: Kept) -> None:
        self._write(self._card_path(kept.source), json.dumps(asdict(kept)).encode())

    def _write(self, path: Path, data: bytes) -> None:
        """A whole file or none."""
        partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise StorageFull(f"There is no room left in {self.folder}.", "Make room, then run it again.") from error


def _card(path: Path) -> Kept | None:
    """The card at `path`; None where there is none, or none that can be read: then the page is asked for anew."""
    try:
        values = json.loads(path.read_bytes())
        kept = Kept(**{**values, "wrong": tuple(values["wrong"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    return kept if not kept.wrong or kept.wrong[0] in _REMEMBERED else None
