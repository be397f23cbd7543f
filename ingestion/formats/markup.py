"""XML parts of packages, read without entities, network or unlimited depth, and addressed by local names.

Office writes one of two namespaces for the same elements; local names are the same in both.
"""

from collections.abc import Iterator
from zipfile import ZipFile

from lxml import etree

from ingestion.formats import Hidden

_EXTERNAL_LINK = ("hyperlink",)
_PROPERTIES = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml")
_TELLING = {"title", "subject", "description", "keywords", "category", "lpwstr", "comments"}


def parsed(data: bytes) -> etree._Element:
    """The root of an XML document. Raises lxml's XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute by its name without namespace."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), None)


def within(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Descendants of these names in document order."""
    for each in element.iter(etree.Element):
        if local(each) in names:
            yield each


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of this name."""
    return None if element is None else next((each for each in element if local(each) == name), None)


def text_of(element: etree._Element) -> str:
    """All text in an element, on one line."""
    return " ".join("".join(element.itertext()).split())


def properties(archive: ZipFile) -> list[Hidden]:
    """What an Office package says about itself where no reader looks."""
    names = set(archive.namelist())
    return [
        Hidden("metadata", text)
        for part in _PROPERTIES
        if part in names
        for element in parsed(archive.read(part)).iter(etree.Element)
        if local(element) in _TELLING and (text := (element.text or "").strip())
    ]


def external_targets(archive: ZipFile) -> list[tuple[str, str]]:
    """Kind and address of what an Office package would load from elsewhere when it is opened; links are not loaded."""
    found = []
    for part in archive.namelist():
        if not part.endswith(".rels"):
            continue
        for relation in within(parsed(archive.read(part)), "Relationship"):
            kind = (relation.get("Type") or "").rpartition("/")[2]
            if relation.get("TargetMode") == "External" and kind not in _EXTERNAL_LINK:
                found.append((kind, relation.get("Target") or ""))
    return found


def active_content(archive: ZipFile) -> tuple[dict[str, str], list[Hidden]]:
    """Macros and what would be loaded from elsewhere, as `meta` and as hidden text. Neither is run or fetched."""
    meta = {}
    if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
        meta["macros"] = "not run"
    targets = external_targets(archive)
    if targets:
        meta["external"] = ", ".join(sorted({kind for kind, _ in targets})) + ": not fetched"
    return meta, [Hidden("metadata", target) for _, target in targets if target]
