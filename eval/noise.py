"""Makes pages that are no use to a reader, out of pages that are: what the quality gates are measured with.

Each kind of noise is a function of a page and a random generator. Nothing here judges a text.
"""

import base64
import random
import string
from collections.abc import Callable, Mapping
from typing import TypeAlias

Noise: TypeAlias = Callable[[str, random.Random], str]

# What optical recognition takes one character for, beside what it invents.
_MISREAD = {"o": "0", "l": "1", "i": "!", "e": "c", "m": "rn", "d": "cl", "w": "vv", "s": "5", "a": "@", "b": "6"}
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOREM = (
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna "
    "aliqua ut enim ad minim veniam quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat"
)


def mojibake(text: str, draw: random.Random) -> str:  # noqa: ARG001  # every kind has the same signature
    """Accents and quotes put in, then read twice in the wrong encoding."""
    for plain, accented in (("e", "é"), ("a", "ä"), ("o", "ö"), ("'", "’"), ("-", "–"), ('"', "“")):
        text = text.replace(plain, accented)
    for _ in range(2):
        text = text.encode("utf-8").decode("latin-1")
    return text


def scan(text: str, draw: random.Random) -> str:
    """A bad scan: letters misread, words torn apart, marks between them."""
    out = []
    for word in text.split():
        said = "".join(_MISREAD.get(each, each) if draw.random() < 0.3 else each for each in word)
        if len(said) > 3 and draw.random() < 0.4:
            cut = draw.randrange(1, len(said))
            said = f"{said[:cut]} {said[cut:]}"
        out.append(said)
        if draw.random() < 0.15:
            out.append(draw.choice(("~~", "|", ". .", "l l", "~ ~ °", "_ _", ";;", "(", "%%", "\ufffd\ufffd")))
    return " ".join(out)


def coded(text: str, draw: random.Random) -> str:  # noqa: ARG001
    """Base64 in lines of 76."""
    data = base64.b64encode(text.encode()).decode()
    return "\n".join(data[start : start + 76] for start in range(0, len(data), 76))


def hexadecimal(text: str, draw: random.Random) -> str:  # noqa: ARG001
    """A hex dump with offsets."""
    data = text.encode()
    rows = (data[start : start + 16] for start in range(0, len(data), 16))
    return "\n".join(f"{number * 16:08x}  {row.hex(' ')}" for number, row in enumerate(rows))


def random_bytes(text: str, draw: random.Random) -> str:
    """As many random bytes as the text has characters, read as Latin-1, without the control characters."""
    read = draw.randbytes(len(text)).decode("latin-1")
    return "".join(each for each in read if each.isprintable() or each == "\n")


def random_letters(text: str, draw: random.Random) -> str:
    """Words of the same lengths from random letters."""
    return " ".join("".join(draw.choices(string.ascii_lowercase, k=len(word))) for word in text.split())


def mashed(text: str, draw: random.Random) -> str:
    """What a cat on the keyboard writes: runs within one row of keys."""
    out = []
    for word in text.split():
        row = draw.choice(_KEYS)
        out.append("".join(draw.choices(row, k=max(2, len(word)))))
    return " ".join(out)


def shuffled(text: str, draw: random.Random) -> str:
    """The letters of each word in another order."""
    return " ".join("".join(draw.sample(word, len(word))) for word in text.split())


def repeated(text: str, draw: random.Random) -> str:
    """One line over and over."""
    lines = [line for line in text.split("\n") if len(line.split()) > 3] or [text[:80]]
    return "\n".join([draw.choice(lines)[:300]] * 60)


def placeholder(text: str, draw: random.Random) -> str:
    """Lorem ipsum of the same length."""
    words = _LOREM.split()
    made = [draw.choice(words) for _ in text.split()]
    return f"Lorem ipsum dolor sit amet, {' '.join(made)}."


GARBLED: Mapping[str, Noise] = {
    "mojibake": mojibake,
    "bad scan": scan,
    "base64": coded,
    "hex dump": hexadecimal,
    "random bytes": random_bytes,
    "random letters": random_letters,
    "keyboard": mashed,
    "shuffled letters": shuffled,
    "repeated line": repeated,
    "placeholder": placeholder,
}


def frame(text: str, draw: random.Random) -> str:
    """A page of nothing but menus, notices and footers, its links named with words of the page."""
    nouns = list(dict.fromkeys(word for word in text.split() if word.isalpha() and len(word) > 3)) or ["Pages"]

    def menu(links: int) -> str:
        named = (" ".join(draw.choices(nouns, k=draw.choice((1, 1, 2)))).title() for _ in range(links))
        joint = draw.choice((" ", " | ", "\n- ", "\n\n"))
        return joint.join(f"[{name}](/{name.lower().replace(' ', '-')})" for name in named)

    drawn = draw.sample(_NOTICES, draw.randint(3, len(_NOTICES)))
    parts = [*drawn, menu(8), menu(draw.randint(3, 20))]
    return "\n\n".join([f"# {draw.choice(nouns).title()}", *draw.sample(parts, len(parts))])


_NOTICES = (
    "We use cookies. Accept all. Reject all. Settings.",
    "This site uses cookies to count visits. Accept. Decline. Read more.",
    "Home / Products / Overview",
    "Start > Service > Questions",
    "Share this page: [Mail](#a) [Copy link](#b) [Print](#c)",
    "Subscribe to our newsletter. Your mail address. Send.",
    "Back to top. Previous page. Next page. Site map. Imprint. Terms. Privacy.",
    "© 2026 Harrow and Sons. All rights reserved.",
    "Log in. Register. Forgot password?",
    "[English](/en) [Deutsch](/de) [Français](/fr) [Español](/es)",
    "Wir verwenden Cookies. Alle akzeptieren. Alle ablehnen. Einstellungen.",
    "Impressum. Datenschutz. Nutzungsbedingungen. Nach oben.",
    "Accueil / Aide / Contact",
    "Tout accepter. Tout refuser. Mentions légales.",
    "Aceptar todo. Rechazar todo. Aviso legal. Inicio.",
    "Was this page helpful? [Yes](#y) [No](#n)",
    "Follow us: [News](/n) [Pictures](/p) [Videos](/v)",
    "Loading…",
    "This website keeps data on your device. Fine. No, thanks. Tell me more.",
    "Jobs · Press · Investors · Suppliers",
    "Choose your region: [Europe](/eu) [Americas](/am) [Asia](/as)",
    "Opening hours | Branches | Gift cards | Catalogue",
    "You are here: [Start](/) » [Advice](/a) » Winter",
    "0 items. To the checkout.",
    "Large print. Dark mode. Read aloud.",
    "Made with love in Utrecht. Version 4.2.",
)
