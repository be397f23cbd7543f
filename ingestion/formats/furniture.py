"""Takes out of a web page what stands around its content: menus, the site's header and footer, search, cookie notices.

Only what a page itself says to be that, by element, role or the name of a notice, and never the larger part of its
words: a page whose content lies in such an element keeps all. How much of what is left is such text, a gate judges.
"""

import re

from bs4 import BeautifulSoup, Tag

_ROLES = {"navigation", "banner", "contentinfo", "search", "menu", "menubar", "toolbar"}
# Within these a header or a footer belongs to the content, as a quotation's source does.
_CONTENT = {"main", "article", "section", "blockquote", "figure", "dialog"}
_NOTICE = re.compile(
    r"\b(?:cookie|consent|gdpr)s?[-_]?(?:bar|banner|notice|popup|modal|dialog|overlay|consent|box|wrapper)\b", re.I
)
_KEPT_IN_HEADERS = ["h1", "article", "main"]
MAX_SHARE_OF_WORDS = 0.8
# Of a page with fewer words left, nothing can be told.
MIN_WORDS_LEFT = 10


def take_out_furniture(soup: BeautifulSoup) -> int:
    """Remove it, and return how many elements that were; 0 where it would have taken the content along."""
    body = soup.body or soup
    found = [element for element in body.find_all(True) if _is_furniture(element)]
    known = {id(element) for element in found}
    outer = [element for element in found if not any(id(above) in known for above in element.parents)]
    if not outer:
        return 0
    words, lost = _words(body), sum(map(_words, outer))
    if lost > MAX_SHARE_OF_WORDS * words or words - lost < MIN_WORDS_LEFT:
        return 0
    for element in outer:
        element.decompose()
    return len(outer)


def _is_furniture(element: Tag) -> bool:
    if element.name == "nav" or str(element.get("role") or "").lower() in _ROLES:
        return element.find(_KEPT_IN_HEADERS) is None
    if element.name in {"header", "footer"}:
        inside = any(above.name in _CONTENT for above in element.parents)
        return not inside and element.find(_KEPT_IN_HEADERS) is None
    names = " ".join(filter(None, [*element.get_attribute_list("class"), *element.get_attribute_list("id")]))
    return bool(_NOTICE.search(names)) and element.find(_KEPT_IN_HEADERS) is None


def _words(element: Tag) -> int:
    return len(element.get_text(" ").split())
