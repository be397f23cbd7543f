"""What a host's robots.txt lets us fetch (RFC 9309), read once a run. How pages are fetched is not known here.

A host without the file (status 4xx) allows everything; one whose file cannot be read (5xx, no answer) allows nothing.
"""

from collections.abc import Callable

import httpx
from protego import Protego

from ingestion.fetching.addresses import shown
from ingestion.fetching.transfer import Answer
from service.core.errors import DocumentProblem, RobotsDisallow

# The RFC asks for 500 KiB at least; what stands after this is not read.
MAX_BYTES = 512 * 1024
# The name that rules for us are written under.
PRODUCT = "Ragready"
# A longer pause that a host asks for is not kept to: a list of a thousand pages would take days.
MAX_DELAY_SECONDS = 10.0
_TOO_MANY_REQUESTS = 429


class Robots:
    """The rules of every host that was asked in a run."""

    def __init__(self, read: Callable[[httpx.URL], Answer]) -> None:
        """`read` fetches a robots.txt, cut off after MAX_BYTES, without asking for rules again."""
        self._read = read
        self._known: dict[tuple[str, str, int | None], Protego | DocumentProblem] = {}

    def check(self, url: httpx.URL) -> None:
        """Raise RobotsDisallow unless `url` may be fetched, or what made its host's rules unreadable."""
        rules = self._rules(url)
        if isinstance(rules, DocumentProblem):
            raise type(rules)(rules.detail, rules.remedy)
        if not rules.can_fetch(str(url), PRODUCT):
            raise RobotsDisallow(
                f"robots.txt of {url.host} forbids to fetch {shown(str(url))}.",
                f"Take it out of the list, or ask the host to allow it to {PRODUCT}.",
            )

    def delay_seconds(self, url: httpx.URL) -> float:
        """The pause between two requests that the host asks for, as far as its rules were read: 0 if it does not."""
        rules = self._known.get(_origin(url))
        asked = rules.crawl_delay(PRODUCT) if isinstance(rules, Protego) else None
        return min(asked or 0.0, MAX_DELAY_SECONDS)

    def _rules(self, url: httpx.URL) -> Protego | DocumentProblem:
        origin = _origin(url)
        if origin not in self._known:
            try:
                self._known[origin] = self._parsed(url)
            except DocumentProblem as problem:
                self._known[origin] = problem
        return self._known[origin]

    def _parsed(self, url: httpx.URL) -> Protego:
        place = url.copy_with(raw_path=b"/robots.txt")
        answer = self._read(place)
        if answer.status == 200:
            return Protego.parse(answer.body.decode("utf-8-sig", "replace"))
        if 400 <= answer.status < 500 and answer.status != _TOO_MANY_REQUESTS:
            return Protego.parse("")
        raise RobotsDisallow(
            f"{shown(str(place))} cannot be read (status {answer.status}), so nothing of the host is fetched.",
            "The next run tries it again.",
        )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
