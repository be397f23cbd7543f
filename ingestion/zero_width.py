"""Takes out of a text the characters that take no room, and reads what was written with them.

Three ways to write a message that nobody sees: Unicode tags (each stands for an ASCII character), variation selectors
(each for a byte), and two or three kinds of zero-width space as the bits of bytes. Joiners that Persian, Indic scripts
and emoji need stay, as does a single selector behind its character.
"""

import re

# A run of fewer bits than a byte spells nothing.
_BITS_A_BYTE = 8

# An emoji flag of a region (black flag, tags, cancel tag) is seen.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
_BITS = re.compile("[\u200b\u200c\u200d\u2060\u2062-\u2064\ufeff]{8,}")
_ALWAYS_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff\u180e]")
_ANY = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u180e\ufe00-\ufe0f\U000e0000-\U000e01ef]")


def without_zero_width(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without characters that are never seen, and the messages that were written in them."""
    if not _ANY.search(text):
        return text, ()
    messages: list[str] = []

    def tags(match: re.Match[str]) -> str:
        messages.append("".join(chr(ord(each) - 0xE0000) for each in match[0] if ord(each) > 0xE0001))
        return ""

    def selectors(match: re.Match[str]) -> str:
        values = bytes(_selected(ord(each)) for each in match[0])
        messages.append(values.decode("utf-8", "replace"))
        # One may belong to the character before it: it asks for the emoji, or for a form of an ideograph.
        return match[0][0] if match[0][0] <= "\ufe0f" else ""

    def bits(match: re.Match[str]) -> str:
        messages.append(_from_bits(match[0]))
        return ""

    flags: list[str] = _FLAG.findall(text)
    text = _FLAG.sub("\U0001f3f4\ufff9", text)
    text = _BITS.sub(bits, _SELECTORS.sub(selectors, _TAGS.sub(tags, text)))
    text = _ALWAYS_INVISIBLE.sub("", text)
    for flag in flags:
        text = text.replace("\U0001f3f4\ufff9", flag, 1)
    return text, tuple(each for each in messages if any(map(str.isalnum, each)))


def _selected(code: int) -> int:
    """The byte that a variation selector stands for: the first sixteen, then the supplement."""
    return code - 0xFE00 if code <= 0xFE0F else code - 0xE0100 + 16


def _from_bits(run: str) -> str:
    """Bytes written with the run's two most frequent characters as 0 and 1, whichever reading gives ASCII."""
    ranked = sorted(set(run), key=run.count, reverse=True)[:2]
    if len(ranked) < 2:
        return ""
    for zero, one in (ranked, ranked[::-1]):
        bits = "".join("0" if each == zero else "1" for each in run if each in {zero, one})
        values = [int(bits[at : at + _BITS_A_BYTE], 2) for at in range(0, len(bits) - _BITS_A_BYTE + 1, _BITS_A_BYTE)]
        if values and all(value == 10 or 32 <= value < 127 for value in values):
            return "".join(map(chr, values))
    return ""
