"""What a fetched page is called, and which kind of file it is."""

import pytest

from ingestion.fetching.addresses import checked_url
from ingestion.fetching.page import ending_of, in_utf8, name_of, source_of
from ingestion.sources import SourceUrl
from service.core.errors import UnsupportedFormat


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/guides/pumps", "example.com/guides/pumps"),
        ("https://EXAMPLE.com:443/guides/pumps#top", "example.com/guides/pumps"),
        ("https://example.com", "example.com/"),
        ("https://example.com/a/", "example.com/a/"),
        ("https://example.com/a?page=2&b", "example.com/a?page=2&b"),
        ("http://example.com/a", "example.com:80/a"),
        ("https://example.com:8443/a", "example.com:8443/a"),
        ("https://example.com/caf%c3%a9/%E6%9D%B1", "example.com/café/東"),
        ("https://example.com/café", "example.com/café"),
        ("https://example.com/a%2fb%20c", "example.com/a%2Fb%20c"),
        ("https://example.com/%E2%80%AEgnp.exe%ff", "example.com/%E2%80%AEgnp.exe%FF"),
        ("https://bücher.example/a", "xn--bcher-kva.example/a"),
        ("http://[2606:2800::1]:8080/a", "[2606:2800::1]:8080/a"),
    ],
)
def test_names(url: str, name: str) -> None:
    """A URL's name is readable, and what could deceive a reader stays escaped."""
    assert name_of(checked_url(url)) == name


def test_different_pages_have_different_names() -> None:
    """Scheme, port, path, slash and query tell pages apart; none of them shares a name."""
    urls = [
        f"{start}{end}"
        for start in (
            "https://example.com",
            "http://example.com",
            "https://example.com:8443",
            "https://www.example.com",
        )
        for end in ("/a", "/a/", "/a?b", "/a%3Fb", "/a%2Fb", "/a/b", "/a%20b", "/A")
    ]
    assert len({name_of(checked_url(url)) for url in urls}) == len(urls)


def test_names_of_what_was_given() -> None:
    """A name that was given replaces a sitemap's own, and a page's not; a URL with a password is named without it."""
    assert source_of(SourceUrl("https://example.com/sitemap.xml", "docs")) == "docs"
    assert source_of(SourceUrl("https://example.com/sitemap.xml")) == "example.com/sitemap.xml"
    assert source_of(SourceUrl("https://example.com/a", "docs")) == "example.com/a"
    assert source_of(SourceUrl("https://u:p@example.com/a")) == "https://example.com/a"


@pytest.mark.parametrize(
    ("content_type", "path", "ending"),
    [
        ("text/html; charset=utf-8", "/a", ".html"),
        ("TEXT/HTML", "/a.php", ".html"),
        ("text/html", "/report.pdf", ".html"),
        ("application/pdf", "/download?id=3", ".pdf"),
        ("text/plain", "/README.md", ".md"),
        ("text/plain", "/LICENSE", ".txt"),
        ("text/plain; charset=us-ascii", "/prices.csv", ".csv"),
        ("application/octet-stream", "/manual.docx", ".docx"),
        ("", "/manual.pdf", ".pdf"),
        ("text/csv", "/x", ".csv"),
        ("application/json", "/x", ".json"),
        ("text/markdown", "/x", ".md"),
    ],
)
def test_endings(content_type: str, path: str, ending: str) -> None:
    """What the server says decides; where it says nothing of use, the URL's own ending does."""
    assert ending_of(checked_url(f"https://example.com{path}"), {"content-type": content_type}) == ending


@pytest.mark.parametrize(
    ("content_type", "path"),
    [("image/png", "/a.md"), ("application/octet-stream", "/a"), ("", "/a"), ("video/mp4", "/b")],
)
def test_kinds_that_nobody_reads(content_type: str, path: str) -> None:
    """A kind without a loader is refused before its body is fetched."""
    with pytest.raises(UnsupportedFormat):
        ending_of(checked_url(f"https://example.com{path}"), {"content-type": content_type})


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/html; charset=windows-1251", "Привет".encode("cp1251"), "Привет"),
        ('text/plain; charset="iso-8859-2"', "zażółć".encode("iso-8859-2"), "zażółć"),
        ("text/html; charset=utf-8", "Größe".encode(), "Größe"),
        ("text/html", "Größe".encode(), "Größe"),
    ],
)
def test_the_encoding_that_the_server_names(content_type: str, body: bytes, text: str) -> None:
    """A text in an encoding that only the server's header names is kept as UTF-8."""
    assert in_utf8(body, {"content-type": content_type}).decode("utf-8-sig") == text


@pytest.mark.parametrize("charset", ["no-such", "rot13", "zlib", "utf-16"])
def test_an_encoding_that_does_not_fit(charset: str) -> None:
    """A header that names what the text is not in changes nothing."""
    assert in_utf8(b"plain", {"content-type": f"text/plain; charset={charset}"}) == b"plain"
