"""Reading lists of URLs, sitemaps and robots.txt, and keeping pages."""

import gzip
from pathlib import Path

import httpx
import pytest

from ingestion.fetching.robots import Robots
from ingestion.fetching.shelf import Shelf
from ingestion.fetching.sitemap import read_list, read_sitemap
from ingestion.fetching.transfer import Answer
from service.core.errors import DamagedFile, DocumentProblem, EmptyDocument, FetchFailed, RobotsDisallow

MEBIBYTE = 2**20
PAGE = httpx.URL("https://example.com/docs/a")


def sitemap(*urls: str, kind: str = "url") -> bytes:
    named = {"url": "urlset", "sitemap": "sitemapindex"}[kind]
    entries = "".join(f"<{kind}><loc>\n {url} </loc><lastmod>2026-01-01</lastmod></{kind}>" for url in urls)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{named} xmlns="{space}">{entries}</{named}>'.encode()


def test_list() -> None:
    """A list holds one URL a line; comments and empty lines do not count, a fragment is no comment."""
    text = "\ufeff# Pages\n\nhttps://a.example/x\r\n  https://b.example/#part # why\n#https://c.example/\nhttps://a.example/x\n"
    listing = read_list(text.encode(), "pages.urls", 10)
    assert (listing.urls, listing.cut) == (("https://a.example/x", "https://b.example/#part"), False)


def test_a_long_list_is_cut() -> None:
    """Of a list that is longer than allowed the beginning is read, and it is said that there is more."""
    listing = read_list(b"\n".join(b"https://a.example/%d" % number for number in range(9)), "pages.urls", 3)
    assert (len(listing.urls), listing.cut) == (3, True)
    assert not read_list(b"https://a.example/1\nhttps://a.example/1", "pages.urls", 1).cut


@pytest.mark.parametrize("data", [b"", b"# nothing\n\n"])
def test_an_empty_list(data: bytes) -> None:
    """A list that names nothing is a problem: it would take all its documents away."""
    with pytest.raises(EmptyDocument):
        read_list(data, "pages.urls", 10)


def test_a_list_that_is_no_text() -> None:
    """Bytes that are no UTF-8 are no list."""
    with pytest.raises(DamagedFile):
        read_list(b"\xff\xfe\x00", "pages.urls", 10)


def test_sitemap() -> None:
    """A sitemap names pages, an index sitemaps; addresses of images beside them are left out."""
    image = b'<image:image xmlns:image="urn:i"><image:loc>https://a.example/i.png</image:loc></image:image></url>'
    data = sitemap("https://a.example/1", "https://a.example/2?b&amp;c").replace(b"</url>", image, 1)
    listing = read_sitemap(data, "s", 10, MEBIBYTE)
    assert (listing.urls, listing.sitemaps) == (("https://a.example/1", "https://a.example/2?b&c"), False)
    assert read_sitemap(sitemap("https://a.example/s.xml", kind="sitemap"), "s", 10, MEBIBYTE).sitemaps
    assert read_sitemap(gzip.compress(data), "s", 10, MEBIBYTE).urls == listing.urls


def test_a_long_sitemap_is_cut() -> None:
    """Parsing ends at the limit, before whatever comes after it."""
    data = sitemap(*(f"https://a.example/{number}" for number in range(50)))
    assert read_sitemap(data[:-300], "s", 5, MEBIBYTE).cut


BOMB = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
OUTSIDE = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>'


@pytest.mark.parametrize(
    "data",
    [
        *(BOMB, OUTSIDE, b"<html><p>Not found<br></html>", b"", sitemap("https://a.example/")[:-20]),
        gzip.compress(sitemap("https://a.example/"))[:-9],
        gzip.compress(sitemap("https://a.example/") + b" " * 2 * MEBIBYTE),
        b"\x1f\x8bnothing",
    ],
    ids=["entities", "outside", "html", "empty", "cut off", "packed, cut off", "unpacks to 2 MiB", "no gzip"],
)
def test_harmful_and_broken_sitemaps(data: bytes) -> None:
    """What is no whole sitemap, brings entities, or unpacks to more than allowed is refused."""
    with pytest.raises(DamagedFile):
        read_sitemap(data, "s", 10, MEBIBYTE)


def test_a_sitemap_of_nothing() -> None:
    """A sitemap without pages is a problem, not a reason to remove everything."""
    with pytest.raises(EmptyDocument):
        read_sitemap(sitemap(), "s", 10, MEBIBYTE)


class Host:
    """A host whose robots.txt is what it says; counts how often it is read."""

    def __init__(self, status: int, body: str = "", problem: DocumentProblem | None = None) -> None:
        self.status, self.body, self.problem = status, body, problem
        self.read: list[str] = []

    def __call__(self, url: httpx.URL) -> Answer:
        self.read.append(str(url))
        if self.problem:
            raise self.problem
        return Answer(url, self.status, {}, self.body.encode())


RULES = (
    "User-agent: *\nDisallow: /\n\nUser-agent: ragready\nDisallow: /private/\nAllow: /private/open\nCrawl-delay: 2\n"
)


@pytest.mark.parametrize(("path", "allowed"), [("/a", True), ("/private/a", False), ("/private/open", True)])
def test_robots(path: str, allowed: bool) -> None:
    """The group with our name counts, and in it the longest rule that fits."""
    robots = Robots(Host(200, RULES))
    url = PAGE.copy_with(path=path)
    if allowed:
        robots.check(url)
    else:
        with pytest.raises(RobotsDisallow, match="/private/a"):
            robots.check(url)


def test_robots_are_read_once_for_a_host() -> None:
    """One run reads a host's rules once, from the top of the site and without the page's query."""
    host = Host(200, RULES)
    robots = Robots(host)
    for path in ("/a?b=c", "/b", "/d"):
        robots.check(PAGE.join(path))
    robots.check(httpx.URL("https://example.com:8443/a"))
    assert host.read == ["https://example.com/robots.txt", "https://example.com:8443/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_host_without_robots(status: int) -> None:
    """A host that has no robots.txt, or shows none, allows everything (RFC 9309, 2.3.1.3)."""
    Robots(Host(status)).check(PAGE)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_whose_robots_cannot_be_read(status: int) -> None:
    """A host whose robots.txt cannot be read allows nothing (RFC 9309, 2.3.1.4)."""
    with pytest.raises(RobotsDisallow, match=str(status)):
        Robots(Host(status)).check(PAGE)


def test_a_host_that_does_not_answer() -> None:
    """A host that does not answer is asked once a run; each of its pages has the problem."""
    host = Host(0, problem=FetchFailed("example.com does not answer.", "Wait."))
    robots = Robots(host)
    for _ in range(3):
        with pytest.raises(FetchFailed, match="does not answer"):
            robots.check(PAGE)
    assert len(host.read) == 1


def test_the_pause_that_a_host_asks_for() -> None:
    """A host's Crawl-delay is kept to, up to a limit."""
    robots, slow = Robots(Host(200, RULES)), Robots(Host(200, RULES.replace("2", "900")))
    assert robots.delay_seconds(PAGE) == 0
    for each in (robots, slow):
        each.check(PAGE)
    assert (robots.delay_seconds(PAGE), slow.delay_seconds(PAGE)) == (2, 10)


def test_hostile_robots() -> None:
    """Rules with many wildcards, bytes that are no text and a web page in their place cost no time and no crash."""
    rules = "User-agent: *\n" + "Disallow: /" + "*a" * 5_000 + "*b\n"
    Robots(Host(200, rules)).check(PAGE.copy_with(path="/" + "a" * 1_900))
    Robots(Host(200, "<html><body>Welcome</body></html>\x00\ufffd")).check(PAGE)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "default", "web")


def test_shelf(shelf: Shelf) -> None:
    """A page is kept with what its server said; another kind of page in its place leaves nothing of the first."""
    assert shelf.find("a.example/x", "https://a.example/x") is None
    shelf.put("a.example/x", "https://a.example/x", ".html", b"one", {"etag": '"1"', "last-modified": "Mon"})
    kept = shelf.find("a.example/x", "https://a.example/x")
    assert kept is not None
    assert kept.conditions == {"If-None-Match": '"1"', "If-Modified-Since": "Mon"}
    assert shelf.path(kept).read_bytes() == b"one"
    path = shelf.put("a.example/x", "https://a.example/x", ".pdf", b"two", {})
    assert (path.suffix, path.read_bytes(), path.is_relative_to(shelf.folder)) == (".pdf", b"two", True)
    assert not shelf.path(kept).exists()
    assert shelf.find("a.example/x", "https://b.example/x") is None


def test_a_page_whose_file_is_lost(shelf: Shelf) -> None:
    """Without its file, or with a card that cannot be read, a page counts as not kept."""
    shelf.put("a", "https://a.example/", ".html", b"one", {"etag": '"1"'}).unlink()
    assert shelf.find("a", "https://a.example/") is None
    shelf.put("b", "https://b.example/", ".html", b"one", {})
    for card in shelf.folder.glob("*.page"):
        card.write_text("{")
    assert shelf.find("b", "https://b.example/") is None


def test_forgetting(shelf: Shelf) -> None:
    """What a list does not name any more is not kept; other lists keep theirs."""
    for source in ("a.urls/x", "a.urls/y", "a.urlsx/z", "b.urls/x"):
        shelf.put(source, f"https://{source}", ".html", source.encode(), {})
    shelf.forget_others("a.urls", {"a.urls/y"})
    assert sorted(each.source for each in shelf.kept()) == ["a.urls/y", "a.urlsx/z", "b.urls/x"]
    for kept in list(shelf.kept()):
        shelf.forget(kept.source)
    assert list(shelf.folder.iterdir()) == []
