"""Takes out of a web page what its reader does not see, and keeps it as hidden text.

Styles are read from attributes and from the page's own plain rules; rules for print or for a state such as :hover, and
style sheets elsewhere, are not.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import PreformattedString
from soupsieve import SelectorSyntaxError

from ingestion.formats import Hidden
from ingestion.formats.styles import WHITE, colour, conceals, declarations, indistinct

# A page's frame is hidden until a script shows it: that hides nothing from anyone.
_FRAME = {"html", "body", "[document]"}
_META_NAMES = re.compile(r"description|keywords|title|subject|abstract|summary|author", re.I)
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_NESTED_RULES = re.compile(r"@[\w-]+[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_TELLING = re.compile(r"display|visibility|opacity|font-size|text-indent|transform|clip|color|background|position")
# Rules times elements: matching one with the other takes 4 to 5 microseconds.
_MAX_MATCHES = 500_000
_STYLE_ATTRIBUTE = re.compile(r"style\s*=\s*(\"[^\"]*\"|'[^']*')", re.I)
_HIDDEN_ATTRIBUTE = re.compile(r"\shidden(?:[\s=>]|$)", re.I)

Styles = dict[int, dict[str, str]]


def take_out_unseen(soup: BeautifulSoup) -> list[Hidden]:
    """Remove comments, templates and elements out of sight; returns their text, alt text and the page's metadata."""
    hidden = [Hidden("metadata", text) for text in _metadata(soup)]
    # What is neither text nor element: comments, declarations, instructions to a processor.
    for string in soup.find_all(string=lambda each: isinstance(each, PreformattedString)):
        if isinstance(string, Comment):
            hidden.append(Hidden("comment", BeautifulSoup(string, "html.parser").get_text(" ")))
        string.extract()
    styles = _styles(soup)
    for element in soup.find_all(True):
        # Not through `element.decomposed`, which searches the whole element for a tag of that name.
        gone = "_decomposed" in vars(element)
        if not gone and element.name not in _FRAME and _out_of_sight(element, styles):
            hidden.append(Hidden("invisible", element.get_text(" ", strip=True)))
            element.decompose()
    hidden += [Hidden("alt-text", text) for text in _descriptions(soup)]
    return [each for each in hidden if each.text.strip()]


def hidden_by_attributes(attributes: str) -> bool:
    """Whether an element with these attributes, as written in a tag, is out of sight."""
    style = _STYLE_ATTRIBUTE.search(attributes)
    said = declarations(style[1][1:-1]) if style else {}
    same = indistinct(colour(said.get("color", "")) or (0, 0, 0), colour(_background(said)) or WHITE)
    return bool(_HIDDEN_ATTRIBUTE.search(attributes)) or conceals(said) or same


def _metadata(soup: BeautifulSoup) -> Iterator[str]:
    for meta in soup.find_all("meta"):
        name = str(meta.get("name") or meta.get("property") or "")
        if _META_NAMES.search(name):
            yield str(meta.get("content") or "")


def _descriptions(soup: BeautifulSoup) -> Iterator[str]:
    for element in soup.find_all(True):
        for name in ("alt", "title", "aria-label"):
            if element.get(name):
                yield str(element[name])


def _styles(soup: BeautifulSoup) -> Styles:
    """Declarations by the id of the element that they hold for: the page's rules in their order, then its own."""
    styles: Styles = {}
    affordable = _MAX_MATCHES // max(1, len(soup.find_all(True)))
    for selector, said in _rules(soup)[:affordable]:
        try:
            found = soup.select(selector)
        except (SelectorSyntaxError, NotImplementedError, ValueError):
            continue  # a rule that a browser skips too, or one for a state of the page
        for element in found:
            styles.setdefault(id(element), {}).update(said)
    for element in soup.find_all(style=True):
        styles.setdefault(id(element), {}).update(declarations(str(element["style"])))
    return styles


def _rules(soup: BeautifulSoup) -> list[tuple[str, dict[str, str]]]:
    rules = []
    for sheet in soup.find_all("style"):
        text = _NESTED_RULES.sub("", _CSS_COMMENT.sub("", sheet.get_text()))
        for selector, body in _RULE.findall(text):
            if ":" not in selector and _TELLING.search(body.lower()):
                rules.append((selector.strip(), declarations(body)))
    return rules


def _out_of_sight(element: Tag, styles: Styles) -> bool:
    if element.name == "template" or element.has_attr("hidden"):
        return True
    said = styles.get(id(element), {})
    if element.name == "font" and element.get("color"):
        said = {"color": str(element["color"]).lower(), **said}
    if conceals(said):
        return True
    ink = colour(said.get("color", ""))
    return ink is not None and indistinct(ink, _paper(element, styles))


def _paper(element: Tag, styles: Styles) -> tuple[int, int, int]:
    """The colour behind an element: its own or the nearest above it; white where nothing says."""
    for each in (element, *element.parents):
        said = styles.get(id(each), {})
        if paper := colour(_background(said) or str(each.get("bgcolor") or "").lower()):
            return paper
        if "url(" in _background(said) or "gradient" in _background(said):
            return (128, 128, 128)  # a picture: no text colour can be told from here to be hidden on it
    return WHITE


def _background(said: dict[str, str]) -> str:
    return said.get("background-color") or said.get("background") or ""
