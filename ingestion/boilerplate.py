"""How much of a text is what surrounds pages on the web: menus, breadcrumbs, cookie notices, share rows, footers.

It reads Markdown, so it sees links where the format had them. Tables and code are content; a list of links whose texts
are sentences is too. Single elements of a web page are taken out before, by ingestion.formats.furniture.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.language import words_in

# docs/ingestion-quality.md says what the numbers below were chosen on, and what they hold back.
MENU_LINK_WORDS = 4.0
MENU_LINK_SHARE = 0.6
FRAGMENT_WORDS = 4.5
ROW_FRAGMENTS = 3
NOTICE_WORDS = 8
# Rows of buttons and footers are short; a long line of fragments is a list of something.
LINE_WORDS = 16

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_WORD = re.compile(r"\w+")
_FRAGMENT_END = re.compile(r"[.!?|•·»›>/]+(?:\s+|$)|\s[/>»›|•·]\s")
_BREADCRUMB = re.compile(r"\w\s*(?:/|>|»|›)\s+\w[^.]*\s(?:/|>|»|›)\s+\w")
_FENCE = re.compile(r"^(```|~~~)")
_COPYRIGHT = re.compile(r"^\W*(?:©|\(c\)|copyright)\s", re.IGNORECASE)
# What buttons, notices and footers say.
_ENGLISH = r"""accept all|accept cookies|all rights reserved|allow all|back to (?:top|home)|basket|bookmark|contact us|
cookies?(?: policy| settings)?|copy link|create account|decline|download the app|follow us|forgot(?:ten)? password|
go to (?:top|content)|help cent(?:re|er)|imprint|join now|keep me signed in|legal notice|load more|log ?(?:in|out)|
manage (?:cookies|preferences)|my account|newsletter|next page|our partners|previous page|print this page|
privacy(?: policy| notice)?|read more|register|reject all|save my choice|search|send|share (?:this|on)|show more|
sign (?:in|up|out)|site ?map|skip to (?:main )?(?:content|navigation)|subscribe|terms(?: of (?:use|service))?|
toggle (?:menu|navigation)|tweet|unsubscribe|view all|was this (?:page|article) (?:useful|helpful)|we use cookies|
your cart"""
_OTHERS = r"""alle akzeptieren|alle ablehnen|anmelden|barrierefreiheit|datenschutz|einloggen|impressum|mehr lesen|
nach oben|nutzungsbedingungen|startseite|teilen|warenkorb|weiterlesen|accepter tout|tout accepter|tout refuser|accueil|
connexion|mentions légales|partager|panier|s'abonner|lire la suite|aceptar todo|rechazar todo|aviso legal|carrito|
compartir|iniciar sesión|inicio|leer más|suscr[ií]bete|alles accepteren|alles weigeren|inloggen|lees meer|winkelmand|
voorwaarden|afmelden|accetta tutto|rifiuta tutto|accedi|carrello|condividi|aceitar tudo|rejeitar tudo|carrinho|entrar"""
_PHRASES = re.compile(rf"\b(?:{_ENGLISH}|{_OTHERS})\b".replace("\n", ""), re.IGNORECASE)


@dataclass(frozen=True)
class Shares:
    """Words of a text by what they belong to; headings, tables and code count as content where there is any."""

    furniture: int
    content: int

    @property
    def furniture_share(self) -> float:
        """The share of furniture, 0 of a text without words."""
        words = self.furniture + self.content
        return self.furniture / words if words else 0.0


def shares_of(text: str) -> Shares:
    """The words of each kind. Headings count as nothing: menus have them too."""
    furniture = content = 0
    for line, plain in _lines(text):
        words = words_in(_LINK.sub(r"\1", line))
        if not plain and is_furniture(line):
            furniture += words
        else:
            content += words
    return Shares(furniture, content)


def is_furniture(line: str) -> bool:
    """Whether a line of Markdown is a menu, a row of buttons, a notice or a footer."""
    links = _LINK.findall(line)
    said = _LINK.sub(r"\1", line)
    words = words_in(said)
    if not words:
        return False
    linked = sum(map(words_in, links))
    if links and linked >= MENU_LINK_SHARE * words and linked / len(links) <= MENU_LINK_WORDS:
        return True
    if _COPYRIGHT.match(line):
        return words <= LINE_WORDS
    fragments = sum(bool(_WORD.search(each)) for each in _FRAGMENT_END.split(said))
    short = words <= FRAGMENT_WORDS * fragments
    if short and words <= LINE_WORDS and (_BREADCRUMB.search(said) or fragments >= ROW_FRAGMENTS):
        return True
    return (short or words <= NOTICE_WORDS) and bool(_PHRASES.search(said))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines that say something, without headings, and whether each is part of a table or code."""
    fenced = False
    for line in text.split("\n"):
        stripped = line.strip()
        if _FENCE.match(stripped):
            fenced = not fenced
        elif stripped and not stripped.startswith("#"):
            yield stripped, fenced or stripped.startswith("|")
