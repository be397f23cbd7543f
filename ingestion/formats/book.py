"""EPUB to Markdown: the chapters in reading order, each through the HTML converter. Cover and pictures go."""

import posixpath
from io import BytesIO
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from ingestion.formats import Converted, Hidden
from ingestion.formats.html import convert_page
from ingestion.formats.markup import attribute, parsed, text_of, within
from ingestion.formats.text import decoded
from service.core.errors import DamagedFile

_CONTAINER = "META-INF/container.xml"
_TOLD = ("description", "subject", "creator", "publisher")


def convert(data: bytes, source: str) -> Converted:
    """A book's text, titled as its metadata says. Raises DamagedFile without a table of its parts."""
    with ZipFile(BytesIO(data)) as archive:
        root = next(within(parsed(archive.read(_CONTAINER)), "rootfile"), None)
        package = attribute(root, "full-path") if root is not None else None
        if not package:
            raise DamagedFile(f"{source} names no package document.", "Export the book again.")
        described = parsed(archive.read(package))
        names = [name for name in _spine(described, posixpath.dirname(package)) if name in archive.NameToInfo]
        chapters = [convert_page(decoded(archive.read(name), f"{source}/{name}")) for name in names]
    hidden = [Hidden("metadata", text) for text in map(text_of, within(described, *_TOLD)) if text]
    hidden += [each for chapter in chapters for each in chapter.hidden]
    title = next(map(text_of, within(described, "title")), None)
    return Converted("\n\n".join(chapter.text.strip() for chapter in chapters), title or None, hidden=tuple(hidden))


def _spine(package: etree._Element, folder: str) -> list[str]:
    """Names of the chapters' files in reading order."""
    files = {attribute(item, "id"): attribute(item, "href") or "" for item in within(package, "item")}
    order = (files.get(attribute(item, "idref")) for item in within(package, "itemref"))
    return [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in order if href]
