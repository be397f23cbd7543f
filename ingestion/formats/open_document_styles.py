"""What the styles of an OpenDocument say that matters to its text: what they hide, number, stress or make a heading."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from lxml import etree

from ingestion.formats.markup import attribute, local, within

_TINY_POINTS = 1.5
_HEADINGS = {"Title": 1, "Subtitle": 2}


@dataclass(frozen=True)
class Styles:
    """Names of styles by what they do. `parents` leads from an automatic style to the one that its author chose."""

    unseen: Set[str]
    white: Set[str]
    coloured: Set[str]
    hidden_tables: Set[str]
    hidden_pages: Set[str]
    bold: Set[str]
    italic: Set[str]
    struck: Set[str]
    numbered: Mapping[str, Set[int]]
    parents: Mapping[str, str]

    def heading_level(self, style: str) -> int:
        """1 for a title, 2 for a subtitle, else 0: other headings are elements of their own."""
        return _HEADINGS.get(style) or _HEADINGS.get(self.parents.get(style, ""), 0)

    def is_numbered(self, style: str, level: int) -> bool:
        """Whether a list of this style is numbered at this level, the outermost being 1."""
        return level in self.numbered.get(style, ())

    def emphasised(self, style: str, inner: str) -> str:
        """HTML in the tags that the style stands for."""
        for tag, names in (("b", self.bold), ("i", self.italic), ("s", self.struck)):
            if style in names and inner.strip():
                inner = f"<{tag}>{inner}</{tag}>"
        return inner


def styles_of(*roots: etree._Element | None) -> Styles:
    """The styles of some parts of a package."""
    given = [style for root in roots if root is not None for style in within(root, "style")]
    parents = {_name(style): attribute(style, "parent-style-name") or "" for style in given}
    return Styles(
        unseen=frozenset(_name(style) for style in given if _hides(style)),
        white=_having(given, "text-properties", "color", "#ffffff"),
        coloured=frozenset(_name(style) for style in given if _is_coloured(style)),
        hidden_tables=_having(given, "table-properties", "display", "false"),
        hidden_pages=_having(given, "drawing-page-properties", "visibility", "hidden"),
        bold=_having(given, "text-properties", "font-weight", "bold"),
        italic=_having(given, "text-properties", "font-style", "italic"),
        struck=_having(given, "text-properties", "text-line-through-style", "solid"),
        numbered=_numbered([root for root in roots if root is not None]),
        parents=parents,
    )


def _name(style: etree._Element) -> str:
    return attribute(style, "name") or ""


def _having(styles: list[etree._Element], group: str, name: str, value: str) -> Set[str]:
    return frozenset(
        _name(style) for style in styles for each in within(style, group) if attribute(each, name) == value
    )


def _hides(style: etree._Element) -> bool:
    for looks in within(style, "text-properties"):
        size = (attribute(looks, "font-size") or "").removesuffix("pt")
        tiny = size.replace(".", "", 1).isdigit() and float(size) <= _TINY_POINTS
        if attribute(looks, "display") == "none" or tiny:
            return True
    return False


def _is_coloured(style: etree._Element) -> bool:
    grounds = (attribute(each, "background-color") for each in style.iter(etree.Element))
    return any(ground not in {None, "transparent", "#ffffff"} for ground in grounds)


def _numbered(roots: list[etree._Element]) -> dict[str, Set[int]]:
    found: dict[str, Set[int]] = {}
    for root in roots:
        for style in within(root, "list-style"):
            levels = (int(attribute(each, "level") or 1) for each in style if local(each) == "list-level-style-number")
            found[_name(style)] = frozenset(levels)
    return found
