"""Takes out of a Word document's XML what its reader does not see: hidden, white and tiny runs, and deleted text."""

from collections.abc import Callable, Iterator, Set

from lxml import etree

from ingestion.formats import Hidden
from ingestion.formats.markup import attribute, child, local, within

# In half points: nobody reads a letter of one point.
_TINY_HALF_POINTS = 3
_WHITE = {"FFFFFF", "FEFEFE", "FDFDFD"}
_NO_FILL = {None, "auto", "FFFFFF"}
_OFF = {"0", "false", "off", "none"}
_HOLDERS_OF_SHADE = {"r": "rPr", "p": "pPr", "tc": "tcPr", "tbl": "tblPr"}


def take_out_unseen(root: etree._Element, styles: etree._Element | None) -> list[Hidden]:
    """Remove what is not seen from the body; returns its text, and the alt text of pictures, which stay."""
    hidden = [Hidden("alt-text", text) for text in _descriptions(root)]
    vanished, shaded = _style_ids(styles, _vanishes), _style_ids(styles, _is_shaded)
    run_text: list[str] = []
    for run in list(within(root, "r", "del", "moveFrom")):
        above = run.getparent()
        if above is None or not _unseen(run, vanished, shaded):
            if run_text:
                hidden.append(Hidden("invisible", "".join(run_text)))
                run_text = []
            continue
        run_text.append("".join(run.itertext()))
        above.remove(run)
    if run_text:
        hidden.append(Hidden("invisible", "".join(run_text)))
    return [each for each in hidden if each.text.strip()]


def _unseen(run: etree._Element, vanished: Set[str], shaded: Set[str]) -> bool:
    if local(run) != "r":
        return True  # deleted or moved away, and waiting for somebody to accept that
    looks = child(run, "rPr")
    paragraph = run.getparent()
    styled = {_value(looks, "rStyle"), _value(child(paragraph, "pPr"), "pStyle")} & vanished
    if styled or (looks is not None and _vanishes(looks)):
        return True
    size = _value(looks, "sz")
    if size is not None and size.isdigit() and int(size) < _TINY_HALF_POINTS:
        return True
    return _value(looks, "color") in _WHITE and _value(looks, "highlight") is None and not _on_colour(run, shaded)


def _vanishes(looks: etree._Element) -> bool:
    return any(
        (found := child(looks, name)) is not None and (attribute(found, "val") or "1") not in _OFF
        for name in ("vanish", "webHidden", "specVanish")
    )


def _on_colour(run: etree._Element, shaded: Set[str]) -> bool:
    """Whether the run, or anything around it, has a coloured ground, a table by its style included."""
    for each in (run, *run.iterancestors()):
        name = local(each)
        if name in {"txbxContent", "wsp"}:
            return True  # the shape has a colour of its own
        looks = child(each, _HOLDERS_OF_SHADE.get(name, ""))
        if looks is None:
            continue
        if _is_shaded(looks) or _value(looks, "tblStyle") in shaded or _value(looks, "pStyle") in shaded:
            return True
    return False


def _is_shaded(looks: etree._Element) -> bool:
    shade = child(looks, "shd")
    return shade is not None and (
        attribute(shade, "fill") not in _NO_FILL or attribute(shade, "themeFill") not in {None, "background1"}
    )


def _style_ids(styles: etree._Element | None, test: Callable[[etree._Element], bool]) -> Set[str]:
    """Ids of the styles that a test holds for, in any of their property groups."""
    if styles is None:
        return frozenset()
    return {
        attribute(style, "styleId") or ""
        for style in within(styles, "style")
        if any(test(looks) for looks in within(style, "rPr", "pPr", "tcPr", "tblPr"))
    }


def _descriptions(root: etree._Element) -> Iterator[str]:
    for picture in within(root, "docPr", "cNvPr"):
        for name in ("descr", "title"):
            if text := attribute(picture, name):
                yield text


def _value(looks: etree._Element | None, name: str) -> str | None:
    found = child(looks, name)
    return None if found is None else attribute(found, "val")
