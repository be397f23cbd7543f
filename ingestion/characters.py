"""Spells a text with the characters that its words have: no ligatures, no soft hyphens, no odd spaces, no mojibake.

What has its own meaning stays: ½ is no 1/2, and ² is no 2. NFC and newlines are ingestion.normalise's; characters that
take no room are ingestion.zero_width's.
"""

import re
from collections import Counter

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_LIGATURE = re.compile("[ﬀ-ﬆ]")
_SOFT_HYPHEN = re.compile("\u00ad\\s*\n\\s*|\u00ad")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_AT_LINE_END = re.compile(r"([^\W\d_]{2,})[-\u2010]\n([^\W\d_a-z]?[^\W\d_A-Z]{2,})(?![\w-]) ?")
# What UTF-8 read as a western encoding begins with.
_MISREAD = re.compile("[ÂÃÅâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Ð[\u0080-\u00bf]")


def respelled(text: str) -> tuple[str, dict[str, int]]:
    """The text with plain characters, and how many of each kind were changed."""
    changed: Counter[str] = Counter()
    text = _mended(text, changed)
    text, changed["ligatures"] = _LIGATURE.subn(lambda match: _LIGATURES[match[0]], text)
    text, changed["soft-hyphens"] = _SOFT_HYPHEN.subn("", text)
    text, changed["odd-spaces"] = _ODD_SPACE.subn(" ", text)
    return text, {kind: count for kind, count in changed.items() if count}


def rejoined(text: str, code: str) -> tuple[str, dict[str, int]]:
    """Words that were hyphenated at a line's end put together, if a dictionary has them or neither half stands alone.

    `code` is the text's language. A compound such as "well-known" keeps its hyphen; only the line ends after it.
    """
    joined = 0

    def join(match: re.Match[str]) -> str:
        nonlocal joined
        joined += 1
        head, tail = match.groups()
        return f"{head}{tail}\n" if _one_word(head, tail, code) else f"{head}-{tail}\n"

    text = _AT_LINE_END.sub(join, text)
    return text, {"line-end-hyphens": joined} if joined else {}


def _one_word(head: str, tail: str, code: str) -> bool:
    from ingestion.garble import in_dictionary  # noqa: PLC0415  # only texts with such lines pay for the dictionary

    if in_dictionary((head + tail).lower(), code):
        return True
    return tail.islower() and not (in_dictionary(head.lower(), code) and in_dictionary(tail.lower(), code))


def _mended(text: str, changed: Counter[str]) -> str:
    """Lines of UTF-8 that was read in another encoding, read again; other lines stay as they are, letter by letter."""
    if not _MISREAD.search(text):
        return text
    from ftfy import fix_encoding  # noqa: PLC0415  # few texts need it

    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _MISREAD.search(line) and (mended := fix_encoding(line)) != line:
            lines[number] = mended.replace("\n", " ")
            changed["mojibake-lines"] += 1
    return "\n".join(lines)
