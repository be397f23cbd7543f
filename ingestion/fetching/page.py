"""What a fetched page is called and which kind of file it is. Nothing is fetched here."""

import codecs
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx

from ingestion.fetching.addresses import checked_url, shown
from ingestion.fetching.kinds import EXTENSIONS, KINDS
from ingestion.fetching.sitemap import is_sitemap
from ingestion.sources import SourceUrl, printable
from service.core.errors import AddressNotAllowed, UnsupportedFormat

# Kinds by media type, the first ending of each; and what servers call them besides.
ENDINGS = {kind.media_type: ending for ending, kind in reversed(KINDS.items())} | {
    "application/xhtml+xml": ".xhtml",
    "text/x-markdown": ".md",
    "text/rtf": ".rtf",
    "application/x-zip-compressed": ".zip",
    "application/x-ndjson": ".jsonl",
}
# Said of anything by servers that do not know better; then the URL's own ending counts, if it is one of ours.
_VAGUE = {"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/force-download"}

LIST_ENDING = ".urls"
"""What a file with a list of URLs is called."""

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def name_of(url: httpx.URL) -> str:
    """A URL as the name of a source, such as "example.com/guides/pumps?page=2": one name a URL, the same every time.

    The port is left out for https on 443 only, so http and https stay apart. Letters and digits are shown unescaped.
    """
    host = f"[{url.host}]" if ":" in url.host else url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    place = host if (url.scheme, port) == ("https", 443) else f"{host}:{port}"
    return place + _ENCODED.sub(_readable, url.raw_path.decode("ascii"))


def source_of(given: SourceUrl) -> str:
    """The source of a URL that was given by itself: its name, or the name that a sitemap's pages are to stand under."""
    if given.name and names_sitemap(given.url):
        return given.name
    try:
        return name_of(checked_url(given.url))
    except AddressNotAllowed:
        return printable(shown(given.url))


def names_sitemap(text: str) -> bool:
    """Whether a URL that may be fetched is that of a sitemap."""
    try:
        return is_sitemap(checked_url(text).path)
    except AddressNotAllowed:
        return False


def ending_of(url: httpx.URL, headers: Mapping[str, str]) -> str:
    """The ending of the file that a page is kept as. Raises UnsupportedFormat for a kind that no loader reads."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    own = PurePosixPath(url.path).suffix.lower()
    ending = own if media_type in _VAGUE and own in EXTENSIONS else ENDINGS.get(media_type)
    if ending not in EXTENSIONS:
        raise UnsupportedFormat(
            f"{shown(str(url))} is {media_type[:80] or 'of no stated type'}, which no loader reads.",
            f"Leave it out, or serve it as one of {' '.join(EXTENSIONS)}.",
        )
    return ending


def in_utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """A text in UTF-8 with its mark if the server says that it is in another encoding, else the bytes as they are.

    The file's reader does not know what the server said.
    """
    content_type = headers.get("content-type", "")
    found = _CHARSET.search(content_type)
    if not found or not content_type.lower().startswith("text/"):
        return body
    try:
        codec = codecs.lookup(found[1]).name
        # Codecs such as rot13 or zlib are none of text.
        return body if codec == "utf-8" else codecs.BOM_UTF8 + body.decode(codec).encode("utf-8")
    except (LookupError, UnicodeError):
        return body


def _readable(escapes: re.Match[str]) -> str:
    """Escaped letters and digits as themselves; whatever could mean something else stays escaped."""
    text = unquote(escapes[0], errors="strict") if _is_utf8(escapes[0]) else ""
    return text if text and all(map(str.isalnum, text)) else escapes[0].upper()


def _is_utf8(escapes: str) -> bool:
    try:
        bytes.fromhex(escapes.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
