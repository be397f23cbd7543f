"""The text of a PDF page that is a picture, through RapidOCR, whose models come with the wheel: the extra `ocr`.

Lines come from the top down and without structure. What it reads is a guess: nothing tells a misread word from a
real one.
"""

from functools import cache
from typing import Any

import pypdfium2 as pdfium

from service.core.errors import NoTextLayer

# Letters of ten points are some 30 pixels high at this scale, which is what the models were made for.
_PIXELS_A_POINT = 200 / 72
_MAX_PIXELS = 4_000
_MIN_SCORE = 0.6


def recognised_page(page: pdfium.PdfPage, source: str) -> str:
    """The lines that are recognised on the page, from the top down. Raises NoTextLayer without the extra `ocr`."""
    engine = _engine(source)
    width, height = page.get_size()
    scale = min(_PIXELS_A_POINT, _MAX_PIXELS / max(width, height, 1))
    found = engine(page.render(scale=scale).to_numpy())
    texts, scores, boxes = found.txts, found.scores, found.boxes
    if texts is None:
        return ""
    lines = [
        (float(min(point[1] for point in box)), float(min(point[0] for point in box)), text)
        for text, score, box in zip(texts, scores, boxes, strict=True)
        if score >= _MIN_SCORE
    ]
    return "\n".join(text for _, _, text in sorted(lines))


def _engine(source: str) -> Any:
    try:
        return _loaded()
    except ImportError as error:
        raise NoTextLayer(
            f"{source} has pages that are pictures, and the recogniser is not installed.",
            "Install the extra `ocr`: pip install 'ragready[ocr]'. Or unset RAGREADY_OCR.",
        ) from error


@cache
def _loaded() -> Any:
    """The recogniser, loaded once a process."""
    from rapidocr import RapidOCR  # noqa: PLC0415  # an extra, and loads models

    return RapidOCR(params={"Global.log_level": "critical"})
