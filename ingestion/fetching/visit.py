"""Visits hosts as their owners want it: rules of robots.txt, pauses, redirects that are checked anew, limits.

It says what a server answered. What becomes of the answer is decided in ingestion.fetching.fetch.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata

import httpx

from ingestion.fetching.addresses import Reach, checked_url, resolved, shown
from ingestion.fetching.robots import MAX_BYTES, PRODUCT, Robots
from ingestion.fetching.transfer import Answer, Ask, get
from service.core.errors import AddressNotAllowed, FetchFailed
from service.core.settings import Settings

_REDIRECTS = {301, 302, 303, 307, 308}
# A host that failed so often in a row is left alone for the rest of the run.
MAX_FAILURES = 3
# It asks to be left alone itself.
_TOO_BUSY = {429, 503}

Expect = Callable[[Answer], object]


class Visitor:
    """One run's visits: what hosts allow, when they were last asked, and which ones do not answer."""

    def __init__(self, settings: Settings, reach: Reach | None = None) -> None:
        """`reach` is how far it goes; default what the settings say and the system's name service."""
        self._settings = settings
        self._reach = reach or Reach(settings.fetch_private_addresses, resolved)
        self._max_bytes = settings.max_file_mebibytes * 2**20
        self._robots = Robots(lambda url: self._follow(url, {}, _anything, of_robots=True))
        self._next: defaultdict[str, float] = defaultdict(float)
        self._failures: Counter[str] = Counter()

    def page(self, url: httpx.URL, headers: Mapping[str, str], expect: Expect) -> Answer:
        """The answer at the end of the redirects. Raises DocumentProblem.

        `expect` sees the headers of a page that is there before its body is read, and may raise.
        """
        if self._failures[url.host] >= MAX_FAILURES:
            raise FetchFailed(
                f"{shown(str(url))} was not asked for: {url.host} failed {MAX_FAILURES} times in a row.",
                "The next run tries it again.",
            )
        try:
            answer = self._follow(url, headers, expect)
        except FetchFailed:
            self._failures[url.host] += 1
            raise
        if answer.status in _TOO_BUSY:
            self._failures[url.host] = MAX_FAILURES
        else:
            self._failures[url.host] = self._failures[url.host] + 1 if answer.status >= 500 else 0
        return answer

    def _follow(self, url: httpx.URL, headers: Mapping[str, str], expect: Expect, *, of_robots: bool = False) -> Answer:
        left = self._settings.fetch_timeout_seconds
        max_bytes = MAX_BYTES if of_robots else self._max_bytes
        asked_for = url
        for _ in range(self._settings.fetch_redirects + 1):
            if not of_robots:
                self._robots.check(url)
            self._wait(url)
            started = time.monotonic()
            answer = get(Ask(url, _said(headers), max_bytes, expect, cut=of_robots), self._reach, left)
            left -= time.monotonic() - started
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = _redirected(url, answer.headers["location"])
        raise FetchFailed(
            f"{shown(str(asked_for))} redirects more than {self._settings.fetch_redirects} times.",
            "Give the address that it leads to, or raise RAGREADY_FETCH_REDIRECTS.",
        )

    def _wait(self, url: httpx.URL) -> None:
        pause = max(self._settings.fetch_interval_seconds, self._robots.delay_seconds(url))
        now = time.monotonic()
        if (due := self._next[url.host]) > now:
            time.sleep(due - now)
        self._next[url.host] = max(due, now) + pause


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads, checked like an address from a list."""
    try:
        target = str(url.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed(f"{shown(str(url))} redirects to no URL: {error}.", "Tell whoever runs it.") from error
    checked = checked_url(target)
    if url.scheme == "https" and checked.scheme == "http":
        raise AddressNotAllowed(
            f"{shown(str(url))} leads from https to {shown(target)}.", "Give the address itself, if that is meant."
        )
    return checked


def _said(headers: Mapping[str, str]) -> dict[str, str]:
    return {"User-Agent": user_agent(), "Accept": "text/html, text/markdown, text/plain, */*;q=0.5", **headers}


@cache
def user_agent() -> str:
    """What we call ourselves."""
    return f"{PRODUCT}/{metadata.version('ragready')}"


def _anything(answer: Answer) -> None:
    """Expect nothing of an answer."""
