"""What a PDF says out of sight, beside its text: which layers are off when it opens, its information, its notes."""

import ctypes
from collections.abc import Iterator
from io import BytesIO

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.utils import decode_text

from ingestion.formats import Hidden

_TOLD = (b"Title", b"Subject", b"Keywords")
_MAX_NOTES = 1_000
_FORM_FIELD = pdfium_c.FPDF_ANNOT_WIDGET
_WITHOUT_NOTE = {pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP, _FORM_FIELD}


def hidden_layers(data: bytes) -> frozenset[str]:
    """Names of the layers that the file's own configuration switches off. Through pdfminer: pdfium does not tell."""
    catalog = PDFDocument(PDFParser(BytesIO(data))).catalog
    layers = resolve1(catalog.get("OCProperties")) or {}
    configuration = resolve1(layers.get("D")) or {}
    off = list(resolve1(configuration.get("OFF")) or [])
    if str(resolve1(configuration.get("BaseState"))).endswith("OFF'"):
        on = {id(each) for each in resolve1(configuration.get("ON")) or []}
        off += [each for each in resolve1(layers.get("OCGs")) or [] if id(each) not in on]
    named = (resolve1(each) or {} for each in off)
    return frozenset(decode_text(name) for each in named if isinstance(name := resolve1(each.get("Name")), bytes))


def information(document: pdfium.PdfDocument) -> Iterator[Hidden]:
    """Title, subject and keywords, which no page shows."""
    for key in _TOLD:
        length = pdfium_c.FPDF_GetMetaText(document, key, None, 0)
        buffer = ctypes.create_string_buffer(length)
        pdfium_c.FPDF_GetMetaText(document, key, buffer, length)
        if text := buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip():
            yield Hidden("metadata", text)


def notes_and_fields(page: pdfium.PdfPage) -> tuple[list[Hidden], list[str]]:
    """Notes stuck to the page, which open at a click, and what its form's fields are filled with, which is seen."""
    notes, fields = [], []
    for number in range(min(_MAX_NOTES, pdfium_c.FPDFPage_GetAnnotCount(page))):
        note = pdfium_c.FPDFPage_GetAnnot(page, number)
        if not note:
            continue
        kind = pdfium_c.FPDFAnnot_GetSubtype(note)
        if kind == _FORM_FIELD and (value := _string(note, b"V")):
            fields.append(": ".join(filter(None, (_string(note, b"T"), value))))
        elif kind not in _WITHOUT_NOTE and (text := _string(note, b"Contents")):
            notes.append(Hidden("comment", text))
        pdfium_c.FPDFPage_CloseAnnot(note)
    return notes, fields


def _string(note: object, key: bytes) -> str:
    length = pdfium_c.FPDFAnnot_GetStringValue(note, key, None, 0)
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    pdfium_c.FPDFAnnot_GetStringValue(note, key, buffer, length)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").strip()
