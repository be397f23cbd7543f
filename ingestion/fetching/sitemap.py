"""Reads a sitemap (sitemaps.org) and a list of URLs: which addresses they name. Nothing is fetched here."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingestion.fetching.transfer import gunzipped
from service.core.errors import DamagedFile, EmptyDocument

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Listing:
    """The addresses that a sitemap or list names, each once, in order. `sitemaps`: they are sitemaps in their turn.

    `cut` says that there are more than were wanted.
    """

    urls: tuple[str, ...]
    sitemaps: bool = False
    cut: bool = False


def is_sitemap(path: str) -> bool:
    """Whether a URL's path is that of a sitemap."""
    return path.lower().endswith((".xml", ".xml.gz"))


def read_sitemap(data: bytes, name: str, max_urls: int, max_bytes: int) -> Listing:
    """What a sitemap or sitemap index names. Raises DamagedFile, EmptyDocument.

    Entities are not expanded and no other file is opened; parsing stops at the limit.
    """
    try:
        unpacked = b"".join(gunzipped([data], max_bytes)) if data.startswith(_GZIP) else data
        if len(unpacked) > max_bytes:
            raise ValueError(f"it unpacks to more than {max_bytes} bytes")
        return _first(_locations(unpacked), name, max_urls, sitemaps=b"<sitemapindex" in unpacked[:10_000])
    except (ParseError, DefusedXmlException, EOFError, zlib.error, ValueError) as error:
        raise DamagedFile(f"{name} is no sitemap: {error!r}.", "Give the URL of a sitemap, or of a page.") from error


def read_list(data: bytes, name: str, max_urls: int) -> Listing:
    """The URLs of a text with one a line; what follows a # at the line's start or after a space is a comment.

    Raises DamagedFile, EmptyDocument.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{name} is not a text in UTF-8: {error}.", "Write one URL a line.") from error
    urls = (line.split(" #")[0].split("\t#")[0].strip() for line in lines)
    return _first((url for url in urls if url and not url.startswith("#")), name, max_urls, sitemaps=False)


def _locations(data: bytes) -> Iterable[str]:
    """The text of every <loc>, whatever the namespace; the elements read are let go."""
    parents = []
    for event, element in iterparse(BytesIO(data), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            parents.append(element)
            continue
        parents.pop()
        tag = element.tag.rpartition("}")[2]
        above = parents[-1].tag.rpartition("}")[2] if parents else ""
        if tag == "loc" and above in {"url", "sitemap"} and element.text:
            yield element.text.strip()
        if parents and tag in {"url", "sitemap"}:
            parents[-1].clear()


def _first(urls: Iterable[str], name: str, max_urls: int, *, sitemaps: bool) -> Listing:
    found: dict[str, None] = {}
    for url in urls:
        if len(found) == max_urls and url not in found:
            return Listing(tuple(found), sitemaps, cut=True)
        found[url] = None
    if not found:
        raise EmptyDocument(f"{name} names no URL; documents that came from it are kept.", "Add URLs, or remove it.")
    return Listing(tuple(found), sitemaps)
