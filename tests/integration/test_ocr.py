"""Pages that are pictures, read by the real recogniser of the extra `ocr`."""

from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.files import pdf
from tests.processes import Ragready

LINES = ("The brass bell weighs 212 grams.", "Orders close at noon on Friday.")


def scanned(*lines: str) -> bytes:
    """A PDF of two pages that hold nothing but the picture of these lines."""
    [page] = pdfium.PdfDocument(pdf(*lines, size=16))
    picture = page.render(scale=150 / 72).to_pil()
    buffer = BytesIO()
    picture.save(buffer, format="PDF", resolution=150, save_all=True, append_images=[picture])
    return buffer.getvalue()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with one scan."""
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "bell.pdf").write_bytes(scanned(*LINES))
    return folder


def test_a_scan_that_is_recognised(ragready: Ragready, scans: Path) -> None:
    """With the setting a scan is searched and cited like any other file."""
    report = ragready("ingest", scans, "--space", "scans", ocr=True)
    assert report.body["documents"]["added"] == 1
    answer = ragready("ask", "How much does the brass bell weigh?").body
    assert "212 grams" in answer["answer"]
    assert answer["citations"][0]["source"] == "scans/bell.pdf"


def test_a_scan_that_is_not(ragready: Ragready, scans: Path) -> None:
    """Without the setting it is held back, and the report says what to set."""
    report = ragready("ingest", scans, "--space", "scans")
    assert report.code == 1
    [problem] = report.body["problems"]
    assert problem["code"] == "no-text-layer"
    assert "RAGREADY_OCR" in problem["remedy"]
