"""What a style says about being seen: display, size, place and colour. It knows the plain cases and renders nothing."""

import re

WHITE = (255, 255, 255)
# Two colours whose parts differ by no more than this look like one.
_INDISTINCT = 16
_OFF_SCREEN = re.compile(r"-\s*\d{3,}(?:\.\d+)?\s*(?:px|pt|em|rem|vw|vh|%)?|-\s*\d{3,}")
_ZERO = re.compile(r"0(?:\.0+)?\s*(?:px|pt|em|rem|%)?")
_TINY = re.compile(r"(?:0(?:\.\d+)?|1)\s*(?:px|pt)|0?\.0\d*\s*(?:em|rem)|[0-3]%|0(?:\.0+)?")
_HEX = re.compile(r"#([0-9a-f]{3,8})")
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)(%?))?\s*\)")
_NAMED = {
    "white": WHITE,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "yellow": (255, 255, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
}
Colour = tuple[int, int, int]


def declarations(style: str) -> dict[str, str]:
    """Properties and values of `a: b; c: d`, in lower case, without !important."""
    pairs = (each.partition(":") for each in style.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip().lower()
        for name, _, value in pairs
        if value.strip()
    }


def conceals(style: dict[str, str]) -> bool:
    """Whether the style by itself takes an element out of sight."""
    get = style.get
    clipped = get("overflow") in {"hidden", "clip"} and any(
        _TINY.fullmatch(get(name, "")) for name in ("height", "width", "max-height", "max-width")
    )
    away = get("position") in {"absolute", "fixed"} and any(
        _OFF_SCREEN.fullmatch(get(name, "")) for name in ("left", "right", "top", "bottom")
    )
    return (
        get("display") == "none"
        or get("visibility") in {"hidden", "collapse"}
        or bool(_ZERO.fullmatch(get("opacity", "")))
        or bool(_TINY.fullmatch(get("font-size", "")))
        or bool(_OFF_SCREEN.fullmatch(get("text-indent", "")))
        or "scale(0)" in get("transform", "").replace(" ", "")
        or get("clip", "").replace(" ", "").replace("px", "") in {"rect(0,0,0,0)", "rect(1,1,1,1)"}
        or get("color") == "transparent"
        or clipped
        or away
    )


def colour(written: str) -> Colour | None:
    """The first colour in a value; None when there is none that is known, or it is see-through."""
    if found := _HEX.search(written):
        return _from_hex(found[1])
    if found := _RGB.search(written):
        return (int(found[1]), int(found[2]), int(found[3]))
    return next((_NAMED[word] for word in re.findall(r"[a-z]+", written) if word in _NAMED), None)


def indistinct(one: Colour, other: Colour) -> bool:
    """Whether text of one colour cannot be seen on the other."""
    return all(abs(a - b) <= _INDISTINCT for a, b in zip(one, other, strict=True))


def _from_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join(2 * digit for digit in digits[:3])
    return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
