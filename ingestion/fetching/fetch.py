"""Fetches what the files to ingest only name: URLs, lists of URLs (*.urls) and sitemaps, as ordinary files.

A page that cannot be fetched is a stated problem, and the others go on. Links in pages are not followed.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import httpx

from ingestion.fetching.addresses import Reach, checked_url, shown
from ingestion.fetching.page import LIST_ENDING, ending_of, in_utf8, name_of, source_of
from ingestion.fetching.shelf import Shelf
from ingestion.fetching.sitemap import Listing, is_sitemap, read_list, read_sitemap
from ingestion.fetching.transfer import Answer
from ingestion.fetching.visit import Visitor
from ingestion.sources import FileProblem, SourceFile, SourceUrl
from service.core.errors import DamagedFile, DocumentProblem, FetchFailed, FileTooLarge, PageGone, UnreadableFile
from service.core.settings import Settings

# Called with the source that is asked for.
Tell: TypeAlias = Callable[[str], object]

MAX_SITEMAPS = 100
_NOT_MODIFIED, _GONE = 304, {404, 410}


def fetched(
    settings: Settings,
    shelf: Shelf,
    given: Iterable[SourceFile | SourceUrl | FileProblem],
    tell: Tell = str,
    reach: Reach | None = None,
) -> Iterator[SourceFile | FileProblem]:
    """`given` with each URL, list and sitemap replaced by the pages that it names; other files pass as they are.

    A page that is gone is a FileProblem with PageGone. `tell` hears of each page before it is asked for. `reach` is for
    tests: how far the fetching may reach. Raises StorageFull.
    """
    fetching = _Fetching(settings, shelf, Visitor(settings, reach), tell)
    for each in given:
        if isinstance(each, SourceUrl):
            yield from fetching.address(each.url, source_of(each))
        elif isinstance(each, SourceFile) and each.path.suffix.lower() == LIST_ENDING:
            yield from fetching.listed(each)
        else:
            yield each


class _Fetching:
    """One run: its limits, the place for pages, the visits so far, and how many pages it may still fetch."""

    def __init__(self, settings: Settings, shelf: Shelf, visitor: Visitor, tell: Tell) -> None:
        self._max_urls = self._left = settings.fetch_max_urls
        self._fresh_seconds = settings.fetch_fresh_seconds
        self._max_bytes = settings.max_file_mebibytes * 2**20
        self._shelf = shelf
        self._visitor = visitor
        self._tell = tell
        self._sitemaps: set[str] = set()

    def address(self, text: str, source: str) -> Iterator[SourceFile | FileProblem]:
        """What one URL gives: a page, or the pages of a sitemap."""
        try:
            url = checked_url(text)
        except DocumentProblem as error:
            yield FileProblem(source, error, below=False)
            return
        if is_sitemap(url.path):
            yield from self._tidied(source, self._sitemap(url, source))
        elif self._left <= 0:
            yield FileProblem(source, self._too_many(source), below=False)
        else:
            self._left -= 1
            yield self._page(url, source)

    def listed(self, file: SourceFile) -> Iterator[SourceFile | FileProblem]:
        """The pages that a list names."""
        try:
            listing = read_list(_read(file, self._max_bytes), file.source, self._left)
        except DocumentProblem as error:
            yield FileProblem(file.source, error)
            return
        yield from self._tidied(file.source, self._named(file.source, listing))

    def _named(self, label: str, listing: Listing) -> Iterator[SourceFile | FileProblem]:
        """What the URLs of a list or sitemap give, each source once: a URL may be written in several ways."""
        done: set[str] = set()
        for text in listing.urls:
            try:
                source = f"{label}/{name_of(checked_url(text))}"
            except DocumentProblem as error:
                yield FileProblem(f"{label}/{shown(text)}", error, below=False)
                continue
            if source not in done:
                done.add(source)
                yield from self.address(text, source)
        if listing.cut:
            yield FileProblem(label, self._too_many(label))

    def _sitemap(self, url: httpx.URL, label: str) -> Iterator[SourceFile | FileProblem]:
        """The pages of a sitemap, or of all sitemaps that an index names; an index in an index is a problem."""
        try:
            top = self._read_sitemap(url, label)
        except DocumentProblem as error:
            yield FileProblem(label, error)
            return
        if not top.sitemaps:
            yield from self._named(label, top)
            return
        for text in top.urls[:MAX_SITEMAPS]:
            try:
                part = self._read_sitemap(checked_url(text), f"{label}/{name_of(checked_url(text))}")
                if part.sitemaps:
                    raise DamagedFile(f"{shown(text)}, in a sitemap index, is an index.", "Give its URL by itself.")
            except DocumentProblem as error:
                yield FileProblem(label, error)
                continue
            yield from self._named(label, part)
        if len(top.urls) > MAX_SITEMAPS:
            yield FileProblem(label, FetchFailed(f"{label} names more than {MAX_SITEMAPS} sitemaps.", "Give some."))

    def _read_sitemap(self, url: httpx.URL, source: str) -> Listing:
        self._sitemaps.add(source)
        data = self._file(url, source, _sitemap_ending).read_bytes()
        return read_sitemap(data, shown(str(url)), max(self._left, MAX_SITEMAPS + 1), self._max_bytes)

    def _page(self, url: httpx.URL, source: str) -> SourceFile | FileProblem:
        try:
            return SourceFile(self._file(url, source, _page_ending), source)
        except DocumentProblem as error:
            return FileProblem(source, error, below=False)

    def _file(self, url: httpx.URL, source: str, ending: Callable[[Answer], str]) -> Path:
        """The file of what is at a URL, as far as it is known well enough, else asked for. Raises DocumentProblem."""
        kept = self._shelf.find(source, str(url))
        if kept and time.time() - kept.at < self._fresh_seconds:
            if kept.problem:
                raise kept.problem
            return self._shelf.path(kept)
        self._tell(source)
        try:
            answer = self._visitor.page(url, kept.conditions if kept else {}, ending)
            if answer.status == _NOT_MODIFIED and kept and kept.file:
                return self._shelf.confirm(kept)
            _check_status(answer)
        except DocumentProblem as problem:
            self._shelf.note_problem(source, str(url), problem)
            raise
        body = in_utf8(answer.body, answer.headers)
        return self._shelf.put(source, str(url), ending(answer), body, answer.headers)

    def _tidied(self, label: str, found: Iterator[SourceFile | FileProblem]) -> Iterator[SourceFile | FileProblem]:
        """`found`, after which pages that its list does not name any more are not kept."""
        sources, complete = set(), True
        for each in found:
            sources.add(each.source)
            complete = complete and not (isinstance(each, FileProblem) and each.below)
            yield each
        if complete:
            self._shelf.forget_others(label, sources | self._sitemaps)

    def _too_many(self, source: str) -> FetchFailed:
        return FetchFailed(
            f"{source} would make more than {self._max_urls} pages in one run; the rest was not asked for.",
            "Split the list, or raise RAGREADY_FETCH_MAX_URLS.",
        )


def _check_status(answer: Answer) -> None:
    """Raise PageGone or FetchFailed unless the page is there."""
    where = shown(str(answer.url))
    if answer.status in _GONE:
        raise PageGone(f"{where} is not there any more (status {answer.status}).", "Take it out of the list.")
    if answer.status != 200:
        raise FetchFailed(
            f"{where} answered with status {answer.status}.", "The next run tries it again; what was ingested stays."
        )


def _page_ending(answer: Answer) -> str:
    return ending_of(answer.url, answer.headers)


def _sitemap_ending(answer: Answer) -> str:  # noqa: ARG001  # servers call sitemaps by many media types
    return ".xml"


def _read(file: SourceFile, max_bytes: int) -> bytes:
    try:
        with file.path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(
            f"{file.source} cannot be opened: {error.strerror or error}.", "Check that it exists and who may read it."
        ) from error
    if len(data) > max_bytes:
        raise FileTooLarge(f"{file.source} is longer than RAGREADY_MAX_FILE_MEBIBYTES allows.", "Split it.")
    return data
