"""Takes out of a text what a client that renders it as HTML or Markdown would run, fetch or follow.

The page shows text and needs none of this; clients of the API may not be as careful. Words stay: of a tag, an image or
a link only the text is left. What merely looks like markup, such as <Enter> or x < 5, stays as it is.
"""

import re
from collections.abc import Collection

from service.core.injection import INVISIBLE

REMOVED_LINK = "(link removed)"
# Their content is not text, and goes with them.
_ELEMENT = re.compile(
    r"<(script|style|iframe|object|embed|svg|math|template|noscript|textarea|title|head)\b[^<>]*>.*?</\1\s*>|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)([^<>]*)>")
# A bracket that may become a tag with what follows: any before a letter, but for a plain <Word> and <a@mail.example>.
_OPENING = re.compile(r"<(?=[A-Za-z/!?])(?![A-Za-z][\w -]{0,30}>|[\w.+-]+@[\w.-]+>)")
# What a browser or a Markdown renderer would run or fetch; a link needs a click.
_ACTS = re.compile(
    r"<(?:script|style|iframe|object|embed|svg|math|link|meta|base|form)\b|<[A-Za-z/!?][^<>]*=|!\[", re.IGNORECASE
)
_HARMLESS_BRACKET = "‹"
# Tags nested deeper than this are no accident.
_PASSES = 8
# Names of HTML's tags, old ones too; the first line's stand on lines of their own.
_NAMES = (
    "br p div li ul ol dl dt dd tr td th table h1 h2 h3 h4 h5 h6 hr pre blockquote section",
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink body",
    "button canvas caption center cite code col colgroup data datalist del details dfn dialog dir em embed",
    "fieldset figcaption figure font footer form frame frameset head header hgroup html i iframe image img",
    "input ins isindex kbd keygen label legend link listing main map mark marquee math menu menuitem meta",
    "meter nav nobr noembed noframes noscript object optgroup option output param picture plaintext portal",
    "progress q rp rt ruby s samp script search select slot small source span strike strong style sub summary",
    "sup svg tbody template textarea tfoot thead time title track tt u var video wbr xmp",
)
_BLOCKS = frozenset(_NAMES[0].split())
_TAGS = frozenset(name for line in _NAMES for name in line.split())
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto|data|javascript|vbscript):[^<>\s]*)>", re.IGNORECASE)
_TARGET = r"\(\s*(?:[^()\n]|\([^()\n]*\))*\)"
_IMAGE_OR_LINK = re.compile(rf"!?\[([^\[\]]*)\](?:{_TARGET}|\[[^\[\]]*\])")
_DEFINITION = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*\S*[/:]\S*.*$", re.MULTILINE)
_RUNS = re.compile(r"\b(?:(?:java|vb)script\s*:\S+|data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*,\S*)", re.IGNORECASE)
_URL = re.compile(r"(?:\b(?:https?|ftp|wss?)://|(?<![\w:])//(?=[\w-]+\.)|\bwww\.)[^\s<>\"'`|]+", re.IGNORECASE)
_BEHIND = ".,;:!?)]}*_"


def harmless(text: str, known_urls: Collection[str] = ()) -> str:
    """The text without markup that acts, in one line; of its bare URLs those in `known_urls` stay."""
    text = INVISIBLE.sub("", text)
    for _ in range(_PASSES):  # what is left when a tag goes may be a tag
        before, text = text, _once(text)
    if text != before:
        text = text.replace("<", _HARMLESS_BRACKET)
    text = _OPENING.sub(_HARMLESS_BRACKET, _RUNS.sub(REMOVED_LINK, text))
    text = _URL.sub(lambda found: _kept_url(found.group(), known_urls), text)
    return " ".join(text.split())


def urls(text: str) -> frozenset[str]:
    """The bare URLs of a text, without the punctuation behind them."""
    return frozenset(each.rstrip(_BEHIND) for each in _URL.findall(text))


def acts(text: str) -> bool:
    """Whether a client that renders this text would run or fetch something; a link, which needs a click, does not."""
    return bool(_ACTS.search(text) or _RUNS.search(text))


def _once(text: str) -> str:
    text = _AUTOLINK.sub(r"\1", _ELEMENT.sub(" ", text))
    text = _TAG.sub(_without_tag, text)
    return _IMAGE_OR_LINK.sub(r"\1", _DEFINITION.sub("", text))


def _without_tag(found: re.Match[str]) -> str:
    """Nothing for a tag of HTML, or of anything with an attribute; the rest stays, disarmed where it must be."""
    name, rest = found.group(2).lower(), found.group(3).strip(" /")
    if "=" in rest or (name in _TAGS and not rest):
        return " " if name in _BLOCKS else ""
    return _HARMLESS_BRACKET + found.group()[1:] if name in _TAGS else found.group()


def _kept_url(found: str, known: Collection[str]) -> str:
    url = found.rstrip(_BEHIND)
    return found if url in known else REMOVED_LINK + found[len(url) :]
