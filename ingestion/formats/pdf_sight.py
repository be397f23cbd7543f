"""Which letters of a PDF's page are seen: not those drawn invisibly, in the ground's colour, too small, or outside.

A scanned page with recognised text is the exception: there the invisible letters are the text of the picture. Layers
are those that are off when the file opens. Letters under an opaque picture that is drawn later count as seen.
"""

import ctypes
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, TypeAlias

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingestion.formats.pdf_layers import hidden_layers

Look: TypeAlias = Literal["seen", "invisible", "hidden-layer"]
Colour: TypeAlias = tuple[int, int, int]
_WHITE: Colour = (255, 255, 255)
_INDISTINCT = 8
_TINY_POINTS = 1.5
# Text drawn in these modes leaves no ink: invisible, and used as a clip only.
_NO_INK = {pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP}
_BOLD_WEIGHT = 600
_BOLD_NAMES = (b"bold", b"black", b"heavy", b"medi", b"demi", b"cmbx")
# A picture of this share of the page, with less visible text than invisible, is a scan.
_SCAN_SHARE = 0.5
_MAX_GROUNDS = 5_000


@dataclass(frozen=True)
class _Ground:
    """A filled rectangle or picture; a picture has no one colour."""

    left: float
    bottom: float
    right: float
    top: float
    colour: Colour | None


@dataclass
class Sight:
    """What is known of a whole document: the bytes that its layers are read from, once one is met."""

    data: bytes
    _layers: frozenset[str] | None = None

    @property
    def layers(self) -> frozenset[str]:
        """Names of the layers that are off."""
        if self._layers is None:
            self._layers = hidden_layers(self.data)
        return self._layers

    def of(self, page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> "Looks":
        """The looks of one page's letters."""
        looks = Looks(self, page, textpage)
        looks.decide_scan()
        return looks


@dataclass
class Looks:
    """How the letters of one page look; letters of one text object look alike."""

    sight: Sight
    page: pdfium.PdfPage
    textpage: pdfium.PdfTextPage
    scan: bool = False
    _by_object: dict[int | None, tuple[Look, bool]] = field(default_factory=dict)
    _grounds: list[_Ground] | None = None

    def of_letter(self, index: int, before: Look) -> tuple[Look, bool]:
        """How the letter looks, and whether it is bold; blanks that pdfium puts in look like what they follow."""
        drawn = pdfium_c.FPDFText_GetTextObject(self.textpage, index)
        address = ctypes.cast(drawn, ctypes.c_void_p).value if drawn else None
        if address is None:
            return before, False
        if address not in self._by_object:
            self._by_object[address] = (self._look(drawn, index), self._is_bold(index))
        return self._by_object[address]

    def decide_scan(self) -> None:
        """Whether the page is a picture with its recognised text behind it."""
        if not self._picture_share() > _SCAN_SHARE:
            return
        inked = hidden = 0
        for index in range(self.textpage.count_chars()):
            drawn = pdfium_c.FPDFText_GetTextObject(self.textpage, index)
            if drawn and pdfium_c.FPDFTextObj_GetTextRenderMode(drawn) in _NO_INK:
                hidden += 1
            elif drawn:
                inked += 1
        self.scan = hidden > inked

    def _look(self, drawn: object, index: int) -> Look:
        if self._on_hidden_layer(drawn):
            return "hidden-layer"
        if pdfium_c.FPDFTextObj_GetTextRenderMode(drawn) in _NO_INK:
            return "seen" if self.scan else "invisible"
        box = pdfium_c.FS_RECTF()
        if not pdfium_c.FPDFText_GetLooseCharBox(self.textpage, index, box):
            return "seen"
        if max(abs(box.top - box.bottom), abs(box.right - box.left)) < _TINY_POINTS:
            return "invisible"
        across, up = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        left, bottom, right, top = self.page.get_bbox()
        if not (left <= across <= right and bottom <= up <= top):
            return "invisible"
        return "invisible" if self._blends(drawn, across, up) else "seen"

    def _blends(self, drawn: object, across: float, up: float) -> bool:
        """Whether the letter has no colour of its own at this place."""
        ink = _fill(drawn)
        if ink is None:
            return False
        if ink[3] == 0:
            return True
        ground: Colour | None = _WHITE
        for each in self._all_grounds():
            if each.left <= across <= each.right and each.bottom <= up <= each.top:
                ground = each.colour
        return ground is not None and all(abs(a - b) <= _INDISTINCT for a, b in zip(ink, ground, strict=False))

    def _all_grounds(self) -> list[_Ground]:
        if self._grounds is None:
            kinds = [pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_SHADING]
            drawn = islice(self.page.get_objects(filter=kinds), _MAX_GROUNDS)
            self._grounds = [ground for each in drawn if (ground := _ground(each)) is not None]
        return self._grounds

    def _picture_share(self) -> float:
        """The largest picture's share of the page."""
        width, height = self.page.get_size()
        largest = 0.0
        for picture in islice(self.page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]), _MAX_GROUNDS):
            ground = _ground(picture)
            if ground is not None:
                largest = max(largest, (ground.right - ground.left) * (ground.top - ground.bottom))
        return largest / (width * height) if width and height else 0.0

    def _on_hidden_layer(self, drawn: object) -> bool:
        for number in range(pdfium_c.FPDFPageObj_CountMarks(drawn)):
            mark = pdfium_c.FPDFPageObj_GetMark(drawn, number)
            if _mark_name(mark) == "OC" and _mark_value(mark, b"Name") in self.sight.layers:
                return True
        return False

    def _is_bold(self, index: int) -> bool:
        if pdfium_c.FPDFText_GetFontWeight(self.textpage, index) >= _BOLD_WEIGHT:
            return True
        name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        pdfium_c.FPDFText_GetFontInfo(self.textpage, index, name, len(name), flags)
        return any(word in name.value.lower() for word in _BOLD_NAMES)


def _ground(drawn: pdfium.PdfObject) -> _Ground | None:
    """What the object puts under what comes later; None for one that fills nothing."""
    colour: Colour | None = None
    if drawn.type == pdfium_c.FPDF_PAGEOBJ_PATH:
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        pdfium_c.FPDFPath_GetDrawMode(drawn, mode, stroke)
        filled = _fill(drawn)
        if not mode.value or filled is None or filled[3] == 0:
            return None
        colour = filled[:3]
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium_c.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return None
    return _Ground(left.value, bottom.value, right.value, top.value, colour)


def _fill(drawn: object) -> tuple[int, int, int, int] | None:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium_c.FPDFPageObj_GetFillColor(drawn, red, green, blue, alpha):
        return None
    return red.value, green.value, blue.value, alpha.value


def _mark_name(mark: object) -> str:
    buffer, length = (ctypes.c_ushort * 64)(), ctypes.c_ulong()
    pdfium_c.FPDFPageObjMark_GetName(mark, buffer, ctypes.sizeof(buffer), length)
    return bytes(buffer)[: length.value].decode("utf-16-le", "replace").rstrip("\0")


def _mark_value(mark: object, key: bytes) -> str:
    buffer, length = (ctypes.c_ushort * 256)(), ctypes.c_ulong()
    pdfium_c.FPDFPageObjMark_GetParamStringValue(mark, key, buffer, ctypes.sizeof(buffer), length)
    return bytes(buffer)[: length.value].decode("utf-16-le", "replace").rstrip("\0")
