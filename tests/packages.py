"""Packages of other programs, made in memory for the tests of ingestion: archives, books, slides, OpenDocument."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from pptx import Presentation

OFFICE_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def archive(members: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def changed(package: bytes, change: Callable[[str, bytes], bytes | None], **added: bytes) -> bytes:
    """A package with its parts changed; a part that becomes None goes, and `added` come."""
    with zipfile.ZipFile(BytesIO(package)) as given:
        kept = {name: new for name in given.namelist() if (new := change(name, given.read(name))) is not None}
    return archive({**kept, **added})


def open_document(kind: str, body: str, styles: str = "", meta: str = "") -> bytes:
    content = (
        f"<office:document-content {OFFICE_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "meta.xml": f"<office:document {OFFICE_NAMES}><office:meta>{meta}</office:meta></office:document>",
        }
    )


def book(chapters: Mapping[str, str], title: str = "The book", description: str = "") -> bytes:
    items = "".join(f'<item id="c{number}" href="{name}"/>' for number, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{title}</dc:title><dc:description>{description}</dc:description></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/book.opf": package,
            **{f"OPS/{name}": page for name, page in chapters.items()},
        }
    )


def slides(*builders: Callable[[Any], None]) -> bytes:
    """A presentation with a slide of title and body for each builder, which fills it."""
    presentation = Presentation()
    for build in builders:
        build(presentation.slides.add_slide(presentation.slide_layouts[1]))
    buffer = BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()
