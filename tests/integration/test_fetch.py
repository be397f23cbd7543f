"""Fetching from real web servers on loopback: what comes, and what is refused."""

import gzip
import ssl
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ingestion.fetching import transfer
from ingestion.fetching.addresses import Reach, resolved
from ingestion.fetching.fetch import fetched
from ingestion.fetching.shelf import Shelf
from ingestion.sources import FileProblem, SourceFile, SourceUrl
from service.core.errors import (
    AddressNotAllowed,
    DamagedFile,
    DocumentProblem,
    EmptyDocument,
    FetchFailed,
    FileTooLarge,
    PageGone,
    RobotsDisallow,
    UnreadableFile,
    UnsupportedFormat,
)
from service.core.settings import Settings
from tests.web import Page, Site, html, redirect, web_site, write_certificate

MEBIBYTE = 2**20


@pytest.fixture
def site() -> Iterator[Site]:
    """A site on 127.0.0.1."""
    with web_site() as made:
        yield made


class Fetch:
    """Fetches into a folder of the test, with what the site's tests need switched on."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder, "default", "web")
        self.settings = Settings(
            data_folder=folder,
            fetch_private_addresses=True,
            fetch_interval_seconds=0,
            fetch_fresh_seconds=0,
            fetch_timeout_seconds=3,
            max_file_mebibytes=1,
            _env_file=None,
        )

    def set(self, **changes: object) -> None:
        self.settings = self.settings.model_copy(update=changes)

    def __call__(self, *given: str | SourceFile, reach: Reach | None = None) -> list[SourceFile | FileProblem]:
        sources = [SourceUrl(each) if isinstance(each, str) else each for each in given]
        return list(fetched(self.settings, self.shelf, sources, reach=reach))

    def text(self, *given: str, reach: Reach | None = None) -> list[str]:
        """The files that came, as text; fails on a problem."""
        found = self(*given, reach=reach)
        return [each.path.read_text() for each in found if isinstance(each, SourceFile) or pytest.fail(str(each))]

    def problem(self, *given: str | SourceFile, reach: Reach | None = None) -> DocumentProblem:
        """The one problem that came of it."""
        [found] = [each for each in self(*given, reach=reach) if isinstance(each, FileProblem)]
        return found.error


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    return Fetch(tmp_path / "data")


@pytest.fixture
def listing(tmp_path: Path) -> Callable[..., SourceFile]:
    """Writes a list of URLs."""

    def write(*urls: str) -> SourceFile:
        (tmp_path / "pages.urls").write_text("\n".join(urls))
        return SourceFile(tmp_path / "pages.urls", "docs/pages.urls")

    return write


def names(found: Sequence[SourceFile | FileProblem], site: Site) -> list[str]:
    """Sources without the site's own host and port."""
    return [each.source.replace(site.url.removeprefix("http://"), "SITE") for each in found]


# What comes


def test_a_page(fetch: Fetch, site: Site) -> None:
    """A page becomes a file of its kind below the data folder, with the URL as its source's name."""
    site.pages["/guides/pumps"] = html("The pump holds 7 bar.")
    [found] = fetch(f"{site.url}/guides/pumps")
    assert isinstance(found, SourceFile)
    assert names([found], site) == ["SITE/guides/pumps"]
    assert found.path.suffix == ".html"
    assert found.path.is_relative_to(fetch.settings.data_folder / "fetched" / "default" / "web")
    assert "7 bar" in found.path.read_text()


def test_what_the_server_is_told(fetch: Fetch, site: Site) -> None:
    """Every request says who asks, names the host, and carries neither cookie nor credentials."""
    site.pages["/a"] = html("a")
    fetch(f"{site.url}/a")
    for _, headers in site.requests:
        assert headers["user-agent"].startswith("Ragready/")
        assert headers["host"] == site.url.removeprefix("http://")
        assert not {"cookie", "authorization", "referer"} & set(headers)


def test_a_page_that_did_not_change_is_not_sent_again(fetch: Fetch, site: Site) -> None:
    """The second run asks with what the server said the first time, and takes the file that it has."""
    site.pages["/a"] = html("one", ETag='"1"')
    [first] = fetch(f"{site.url}/a")
    [second] = fetch(f"{site.url}/a")
    assert first == second
    assert site.requests[-1][1]["if-none-match"] == '"1"'
    site.pages["/a"] = html("two", ETag='"2"')
    assert "two" in fetch.text(f"{site.url}/a")[0]


def test_a_lost_file_is_fetched_anew(fetch: Fetch, site: Site) -> None:
    """Where the file is gone the page is asked for without condition."""
    site.pages["/a"] = html("one", ETag='"1"')
    [first] = fetch(f"{site.url}/a")
    assert isinstance(first, SourceFile)
    first.path.unlink()
    assert "one" in fetch.text(f"{site.url}/a")[0]


def test_a_packed_page(fetch: Fetch, site: Site) -> None:
    """A page that comes packed with gzip is unpacked, also in several parts."""
    packed = gzip.compress(b"The pump ") + gzip.compress(b"holds 7 bar.")
    site.pages["/a"] = Page(packed, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    assert fetch.text(f"{site.url}/a") == ["The pump holds 7 bar."]


def test_a_page_in_pieces(fetch: Fetch, site: Site) -> None:
    """A page of unknown length comes whole."""

    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (b"The pump ", b"holds 7 bar."):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    site.pages["/a"] = chunked
    assert fetch.text(f"{site.url}/a") == ["The pump holds 7 bar."]


def test_a_redirect_is_followed_under_the_name_that_was_given(fetch: Fetch, site: Site) -> None:
    """A page that moved keeps the name under which it is listed, so that it stays one document."""
    site.pages |= {"/old": redirect("/new?x=1", 301), "/new?x=1": html("moved here")}
    [found] = fetch(f"{site.url}/old")
    assert names([found], site) == ["SITE/old"]
    assert isinstance(found, SourceFile)
    assert "moved here" in found.path.read_text()


def test_a_list(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """A list gives its pages under its own name, each once; what fails is stated and the others come."""
    site.pages |= {"/a": html("a"), "/b": html("b")}
    found = fetch(
        listing("# ours", f"{site.url}/a", f"{site.url}/gone", "ftp://x.example/", f"{site.url}/b", f"{site.url}/a#2")
    )
    assert names(found, site) == [
        *("docs/pages.urls/SITE/a", "docs/pages.urls/SITE/gone", "docs/pages.urls/ftp://x.example/"),
        "docs/pages.urls/SITE/b",
    ]
    assert [type(each.error) for each in found if isinstance(each, FileProblem)] == [PageGone, AddressNotAllowed]


def test_other_files_pass(fetch: Fetch, tmp_path: Path) -> None:
    """What is no list and no URL is handed on as it is."""
    given = SourceFile(tmp_path / "a.md", "docs/a.md")
    assert fetch(given) == [given]


def sitemap(*urls: str, kind: str = "url") -> Page:
    root = {"url": "urlset", "sitemap": "sitemapindex"}[kind]
    entries = "".join(f"<{kind}><loc>{url}</loc></{kind}>" for url in urls)
    return Page(f"<{root}>{entries}</{root}>", {"Content-Type": "application/xml"})


def test_a_sitemap(fetch: Fetch, site: Site) -> None:
    """A sitemap gives the pages that it names under its own name."""
    site.pages |= {"/sitemap.xml": sitemap(f"{site.url}/a", f"{site.url}/b"), "/a": html("a"), "/b": html("b")}
    found = fetch(f"{site.url}/sitemap.xml")
    assert names(found, site) == ["SITE/sitemap.xml/SITE/a", "SITE/sitemap.xml/SITE/b"]
    assert all(isinstance(each, SourceFile) for each in found)


def test_a_sitemap_index(fetch: Fetch, site: Site) -> None:
    """An index gives the pages of its sitemaps, packed ones too; one that fails or is an index is stated."""
    packed = Page(gzip.compress(sitemap(f"{site.url}/b").body.encode()), {"Content-Type": "application/gzip"})  # type: ignore[union-attr]
    site.pages |= {
        "/sitemap.xml": sitemap(
            *(f"{site.url}/{each}" for each in ("1.xml", "2.xml.gz", "3.xml", "sitemap.xml")), kind="sitemap"
        ),
        "/1.xml": sitemap(f"{site.url}/a"),
        "/2.xml.gz": packed,
        "/a": html("a"),
        "/b": html("b"),
    }
    found = fetch(f"{site.url}/sitemap.xml")
    assert names(found, site) == [
        *("SITE/sitemap.xml/SITE/a", "SITE/sitemap.xml/SITE/b", "SITE/sitemap.xml", "SITE/sitemap.xml")
    ]
    problems = [each for each in found if isinstance(each, FileProblem)]
    assert [type(each.error) for each in problems] == [PageGone, DamagedFile]
    assert all(each.below for each in problems)


def test_pages_that_left_their_list_are_not_kept(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """The file of a page goes when its list does not name it any more, or its server has it no more."""
    site.pages |= {"/a": html("a"), "/b": html("b"), "/c": html("c")}
    fetch(listing(f"{site.url}/a", f"{site.url}/b", f"{site.url}/c"), f"{site.url}/a")
    del site.pages["/b"]
    fetch(listing(f"{site.url}/a", f"{site.url}/b"))
    kept = [each.source.replace(site.url.removeprefix("http://"), "SITE") for each in fetch.shelf.kept() if each.file]
    assert sorted(kept) == ["SITE/a", "docs/pages.urls/SITE/a"]


def test_pages_stay_while_their_list_cannot_be_read(
    fetch: Fetch, site: Site, listing: Callable[..., SourceFile]
) -> None:
    """A list that is empty, is lost or cannot be read removes nothing."""
    site.pages["/a"] = html("a")
    fetch(listing(f"{site.url}/a"))
    assert isinstance(fetch.problem(listing("# empty")), EmptyDocument)
    listing().path.unlink()
    assert isinstance(fetch.problem(SourceFile(listing().path.with_name("no.urls"), "docs/pages.urls")), UnreadableFile)
    assert len(list(fetch.shelf.kept())) == 1


def test_pages_stay_while_a_part_of_their_sitemap_fails(fetch: Fetch, site: Site) -> None:
    """Pages of a sitemap that cannot be read at the moment stay, while those of the others are fetched."""
    parts = (f"{site.url}/1.xml", f"{site.url}/2.xml")
    site.pages |= {
        "/sitemap.xml": sitemap(*parts, kind="sitemap"),
        "/1.xml": sitemap(f"{site.url}/a"),
        "/2.xml": sitemap(f"{site.url}/b"),
        "/a": html("a"),
        "/b": html("b"),
    }
    fetch(f"{site.url}/sitemap.xml")
    site.pages["/2.xml"] = Page(status=500)
    fetch(f"{site.url}/sitemap.xml")
    assert sum(each.source.endswith("/b") for each in fetch.shelf.kept()) == 1


# Limits


def test_a_list_that_is_too_long(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """One run fetches no more pages than allowed, and says that there are more."""
    fetch.set(fetch_max_urls=2)
    site.pages |= {f"/{number}": html("x") for number in range(5)}
    found = fetch(listing(*(f"{site.url}/{number}" for number in range(5))), f"{site.url}/4")
    assert [isinstance(each, SourceFile) for each in found] == [True, True, False, False]
    assert all("RAGREADY_FETCH_MAX_URLS" in each.error.remedy for each in found if isinstance(each, FileProblem))
    assert {path for path, _ in site.requests} == {"/robots.txt", "/0", "/1"}


def test_a_page_that_says_it_is_too_large(fetch: Fetch, site: Site) -> None:
    """A page whose announced length is over the limit is not read."""
    site.pages["/a"] = Page(b"x", {"Content-Type": "text/plain", "Content-Length": str(MEBIBYTE + 1)})
    assert isinstance(fetch.problem(f"{site.url}/a"), FileTooLarge)


def endless(handler: BaseHTTPRequestHandler, *, headers: str = "", piece: bytes = b"x" * 65_536) -> None:
    """Write pieces until the client has enough."""
    handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{headers}\r\n".encode())
    while True:
        handler.wfile.write(piece)


def test_a_page_without_end(fetch: Fetch, site: Site) -> None:
    """A body of unknown length is read up to the limit and no further."""
    site.pages["/a"] = endless
    assert isinstance(fetch.problem(f"{site.url}/a"), FileTooLarge)


def test_a_packed_page_that_unpacks_to_too_much(fetch: Fetch, site: Site) -> None:
    """A small packed page that unpacks to more than the limit is given up at the limit."""
    bomb = gzip.compress(b"\0" * 200 * MEBIBYTE)
    assert len(bomb) < MEBIBYTE
    site.pages["/a"] = Page(bomb, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
    tracemalloc.start()
    assert isinstance(fetch.problem(f"{site.url}/a"), FileTooLarge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MEBIBYTE


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("gzip", gzip.compress(b"x" * 1_000)[:-9]), ("gzip", b"plain"), ("br", b"\x0b\x02\x80"), ("gzip, gzip", b"")],
)
def test_a_page_packed_in_another_way(fetch: Fetch, site: Site, encoding: str, body: bytes) -> None:
    """What breaks off, or is packed as nobody asked, is a failure and not a page."""
    site.pages["/a"] = Page(body, {"Content-Type": "text/plain", "Content-Encoding": encoding})
    assert isinstance(fetch.problem(f"{site.url}/a"), FetchFailed)


def trickling(handler: BaseHTTPRequestHandler, start: bytes) -> None:
    handler.wfile.write(start)
    for _ in range(300):
        handler.wfile.write(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_a_byte_at_a_time(fetch: Fetch, site: Site, start: bytes) -> None:
    """A server that goes on sending, one byte at a time, is left when the time is over."""
    fetch.set(fetch_timeout_seconds=0.7)
    site.pages["/a"] = lambda handler: trickling(handler, start)
    began = time.monotonic()
    problem = fetch.problem(f"{site.url}/a")
    assert isinstance(problem, FetchFailed)
    assert 0.6 < time.monotonic() - began < 15  # half of what the server would take


def test_redirects_without_end(fetch: Fetch, site: Site) -> None:
    """After so many redirects a page counts as failed; the time is for all of them together."""
    site.pages |= {"/a": redirect("/b"), "/b": redirect("/a")}
    problem = fetch.problem(f"{site.url}/a")
    assert isinstance(problem, FetchFailed)
    assert site.asked("/a") + site.asked("/b") == fetch.settings.fetch_redirects + 1


def test_slow_redirects(fetch: Fetch, site: Site) -> None:
    """The time is for all redirects of a page together."""

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        handler.send_response(302)
        handler.send_header("Location", f"/{int(handler.path[1:]) + 1}")
        handler.end_headers()

    fetch.set(fetch_timeout_seconds=0.7)
    site.pages |= {f"/{number}": slowly for number in range(9)}
    assert "within" in fetch.problem(f"{site.url}/0").detail
    assert site.asked("/3") == 0


def test_a_kind_that_nobody_reads_is_not_downloaded(fetch: Fetch, site: Site) -> None:
    """The headers are enough to leave a picture alone."""
    site.pages["/a"] = lambda handler: endless(handler, headers="Content-Type: image/png\r\n")
    assert isinstance(fetch.problem(f"{site.url}/a"), UnsupportedFormat)


# Refusals


def test_private_addresses_are_refused(fetch: Fetch, site: Site) -> None:
    """Without the setting nothing is sent to a loopback address, however it is spelt."""
    fetch.set(fetch_private_addresses=False)
    site.pages["/a"] = html("a")
    port = site.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
        assert isinstance(fetch.problem(f"http://{host}:{port}/a"), AddressNotAllowed), host
    assert site.requests == []


TO_OTHERS = [
    *(
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
        "gopher://x.example/",
    ),
    *("http://user:word@127.0.0.1:8080/", "http://127.0.0.1:22/", "http://[::ffff:169.254.169.254]/", "//0.0.0.0/"),
]


@pytest.mark.parametrize("target", TO_OTHERS)
def test_a_redirect_to_where_nobody_may(fetch: Fetch, site: Site, target: str) -> None:
    """Each redirect is checked like an address from a list."""
    site.pages["/a"] = redirect(target)
    assert isinstance(fetch.problem(f"{site.url}/a"), AddressNotAllowed)


class PublicReach(Reach):
    """Lets one host pass, so that a redirect from a public place can be tried without a network."""

    def addresses(self, host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host == "public.example" else super().addresses(host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "[::ffff:7f00:1]"])
def test_a_redirect_from_a_public_to_a_private_address(fetch: Fetch, site: Site, host: str) -> None:
    """A public page that redirects to a private address is refused, and the private one is not asked."""
    port = site.url.rpartition(":")[2]
    site.pages |= {"/a": redirect(f"http://{host}:{port}/secret"), "/secret": html("secret")}
    problem = fetch.problem(f"http://public.example:{port}/a", reach=PublicReach(False, resolved))
    assert isinstance(problem, AddressNotAllowed)
    assert [path for path, _ in site.requests] == ["/robots.txt", "/a"]


def test_a_name_that_changes_its_address(fetch: Fetch, site: Site) -> None:
    """The address that was checked is the one that is connected to; each connection looks up and checks once."""
    answers: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:  # noqa: ARG001  # the signature of Resolve
        answers.append(host)
        return ["127.0.0.9"] if len(answers) == 1 else ["127.0.0.1"]

    site.pages["/a"] = html("secret")
    problem = fetch.problem(f"http://rebind.example:{site.url.rpartition(':')[2]}/a", reach=Reach(True, rebinding))
    assert isinstance(problem, FetchFailed)
    assert (site.requests, len(answers)) == ([], 1)


def test_host_and_address(fetch: Fetch, site: Site) -> None:
    """The server is told the name that was asked for, whatever the address; one that does not answer is passed over."""
    port = site.url.rpartition(":")[2]
    site.pages["/a"] = html("hello")
    reach = Reach(True, lambda host, port: ["::1", "127.0.0.1"])  # noqa: ARG005  # the signature of Resolve
    assert "hello" in fetch.text(f"http://wiki.example:{port}/a", reach=reach)[0]
    assert site.requests[-1][1]["host"] == f"wiki.example:{port}"


def test_an_address_as_host(fetch: Fetch, site: Site) -> None:
    """An IPv6 address stands in brackets in what the server is told."""
    site.pages["/a"] = html("hello")
    port = site.url.rpartition(":")[2]
    reach = Reach(True, lambda host, port: ["127.0.0.1"])  # noqa: ARG005  # the signature of Resolve
    assert fetch.text(f"http://[fd00::1]:{port}/a", reach=reach)
    assert site.requests[-1][1]["host"] == f"[fd00::1]:{port}"


def test_proxies_of_the_environment_are_not_used(fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look names up by itself: it is left out."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.pages["/a"] = html("direct")
    assert "direct" in fetch.text(f"{site.url}/a")[0]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's certificate for wiki.example, trusted for the length of a test."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    write_certificate("wiki.example", key, certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transfer._trusted.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    yield context
    transfer._trusted.cache_clear()


@pytest.mark.parametrize(("host", "trusted"), [("wiki.example", True), ("other.example", False)])
def test_certificates(fetch: Fetch, certified: ssl.SSLContext, host: str, trusted: bool) -> None:
    """Over TLS the server must prove the name that was asked for, though the connection goes to an address."""
    asked: list[str | None] = []
    certified.sni_callback = lambda connection, name, context: asked.append(name)  # noqa: ARG005  # the library's
    with web_site(tls=certified) as site:
        site.pages["/a"] = html("hello")
        here = Reach(True, lambda host, port: ["127.0.0.1"])  # noqa: ARG005  # the signature of Resolve
        url = f"https://{host}:{site.url.rpartition(':')[2]}/a"
        if trusted:
            assert "hello" in fetch.text(url, reach=here)[0]
        else:
            assert "certificate" in fetch.problem(url, reach=here).detail
            assert site.requests == []
    assert set(asked) == {host}


def test_from_https_to_http(fetch: Fetch, certified: ssl.SSLContext, site: Site) -> None:
    """A page that was to come over TLS is not taken from where anybody could have changed it."""
    site.pages["/a"] = html("changed")
    with web_site(tls=certified) as safe:
        safe.pages["/a"] = redirect(f"{site.url}/a")
        here = Reach(True, lambda host, port: ["127.0.0.1"])  # noqa: ARG005  # the signature of Resolve
        problem = fetch.problem(f"https://wiki.example:{safe.url.rpartition(':')[2]}/a", reach=here)
    assert isinstance(problem, AddressNotAllowed)
    assert site.requests == []


# Manners


def test_a_page_is_fresh_for_a_while(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """Within the time of the settings neither pages nor sitemaps are asked for again, nor what went wrong."""
    fetch.set(fetch_fresh_seconds=60)
    site.pages |= {
        "/sitemap.xml": sitemap(f"{site.url}/a", f"{site.url}/gone"),
        "/a": html("a"),
        "/b": Page(status=500),
    }
    given = listing(f"{site.url}/sitemap.xml", f"{site.url}/b", f"{site.url}/c")
    first = fetch(given)
    asked = len(site.requests)
    second = fetch(given)
    assert (names(second, site), len(site.requests)) == (names(first, site), asked)
    kinds = [type(each.error) for each in second if isinstance(each, FileProblem)]
    assert kinds == [type(each.error) for each in first if isinstance(each, FileProblem)]
    assert kinds == [PageGone, FetchFailed, PageGone]
    fetch.set(fetch_fresh_seconds=0)
    site.pages |= {"/gone": html("back"), "/b": html("back"), "/c": html("back")}
    assert all(isinstance(each, SourceFile) for each in fetch(given))


def test_what_the_settings_refuse_is_not_remembered(fetch: Fetch, site: Site) -> None:
    """An address that the settings forbid is fetched as soon as they allow it."""
    fetch.set(fetch_fresh_seconds=60, fetch_private_addresses=False)
    site.pages["/a"] = html("a")
    assert isinstance(fetch.problem(f"{site.url}/a"), AddressNotAllowed)
    fetch.set(fetch_private_addresses=True)
    assert fetch.text(f"{site.url}/a")


def test_a_page_that_fails_for_a_while(fetch: Fetch, site: Site) -> None:
    """A failure keeps what was fetched before, and the next answer is asked for with its condition."""
    site.pages["/a"] = html("one", ETag='"1"')
    [first] = fetch(f"{site.url}/a")
    site.pages["/a"] = Page(status=500)
    assert isinstance(fetch.problem(f"{site.url}/a"), FetchFailed)
    site.pages["/a"] = html("one", ETag='"1"')
    assert fetch(f"{site.url}/a") == [first]
    assert site.requests[-1][1]["if-none-match"] == '"1"'


def test_robots(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """What robots.txt forbids is not asked for, and the others are; the file is read once a run."""
    site.pages |= {
        "/robots.txt": Page("User-agent: *\nDisallow: /private\n", {"Content-Type": "text/plain"}),
        "/private/a": html("no"),
        "/a": html("yes"),
        "/moved": redirect("/private/a"),
    }
    found = fetch(listing(f"{site.url}/private/a", f"{site.url}/moved", f"{site.url}/a"))
    assert [isinstance(each, SourceFile) for each in found] == [False, False, True]
    assert all(isinstance(each.error, RobotsDisallow) for each in found if isinstance(each, FileProblem))
    assert (site.asked("/robots.txt"), site.asked("/private/a")) == (1, 0)


@pytest.mark.parametrize("status", [500, 503])
def test_robots_that_cannot_be_read(fetch: Fetch, site: Site, status: int) -> None:
    """A host whose robots.txt fails is left alone."""
    site.pages |= {"/robots.txt": Page(status=status), "/a": html("a")}
    assert isinstance(fetch.problem(f"{site.url}/a"), RobotsDisallow)
    assert site.asked("/a") == 0


def test_long_robots(fetch: Fetch, site: Site) -> None:
    """Of a robots.txt without end the beginning counts."""
    rules = b"User-agent: *\nDisallow: /private\n" + b"# filler\n" * 10
    site.pages |= {
        "/robots.txt": lambda handler: endless(handler, piece=rules * 100),
        "/a": html("a"),
        "/private": html("b"),
    }
    assert isinstance(fetch.problem(f"{site.url}/private"), RobotsDisallow)
    assert fetch.text(f"{site.url}/a")


def test_pauses(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """Two requests to one host stand apart by the interval of the settings, robots.txt and redirects among them."""
    fetch.set(fetch_interval_seconds=0.2)
    site.pages |= {"/a": redirect("/b"), "/b": html("b")}
    started = time.monotonic()
    fetch(listing(f"{site.url}/a"))
    assert time.monotonic() - started > 0.4


def test_a_host_that_fails_again_and_again(fetch: Fetch, site: Site, listing: Callable[..., SourceFile]) -> None:
    """After three failures in a row a host is left alone for the rest of the run, which is said of every page."""
    site.pages |= {f"/{number}": Page(status=500) for number in range(6)}
    found = fetch(listing(*(f"{site.url}/{number}" for number in range(6))))
    assert all(isinstance(each, FileProblem) and isinstance(each.error, FetchFailed) for each in found)
    assert len(site.requests) == 1 + 3
    assert "3 times in a row" in str(found[-1])


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_peace(fetch: Fetch, site: Site, listing: Callable[..., SourceFile], status: int) -> None:
    """A host that says it is asked too often is asked no more in this run."""
    site.pages |= {"/1": Page(status=status), "/2": html("2")}
    fetch(listing(f"{site.url}/1", f"{site.url}/2"))
    assert site.asked("/2") == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, PageGone), (410, PageGone), (401, FetchFailed), (403, FetchFailed), (500, FetchFailed), (204, FetchFailed)],
)
def test_statuses(fetch: Fetch, site: Site, status: int, kind: type[DocumentProblem]) -> None:
    """Only 404 and 410 mean that a page is gone; every other refusal may pass."""
    site.pages["/a"] = Page(status=status)
    assert type(fetch.problem(f"{site.url}/a")) is kind


def test_unchanged_without_a_page(fetch: Fetch, site: Site) -> None:
    """A server that says "not modified" to who has nothing gives no page."""
    site.pages["/a"] = Page(status=304)
    assert isinstance(fetch.problem(f"{site.url}/a"), FetchFailed)


def test_a_server_that_does_not_speak_http(fetch: Fetch, site: Site) -> None:
    """An answer in another language is a failure."""
    site.pages["/a"] = lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n") and None
    assert isinstance(fetch.problem(f"{site.url}/a"), FetchFailed)


def test_nobody_listens(fetch: Fetch, site: Site) -> None:
    """A refused connection is a failure that names the URL."""
    with web_site() as closed:
        address = closed.url
    problem = fetch.problem(f"{address}/a")
    assert isinstance(problem, FetchFailed)
    assert site.requests == []
