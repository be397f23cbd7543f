"""What comes of one file: its documents, and its parts that nobody could read."""

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingestion import pipeline
from ingestion.draft import Draft, document_of
from ingestion.prepare import chunks_of
from service.core.app import App
from service.core.types import Space


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mail with a page, a broken workbook and a sound as attachments."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "desk@example.com", "Bells"
    mail.set_content("Every bell of the harbour is made of brass and polished in spring.")
    mail.add_attachment(b"# Lamps\n\nEvery lamp of the pier is lit at dusk.\n", "text", "markdown", filename="lamps.md")
    mail.add_attachment(b"PK\x03\x04 cut off", "application", "zip", filename="prices.xlsx")
    mail.add_attachment(b"RIFF", "audio", "wav", filename="bell.wav")
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "bells.eml").write_bytes(mail.as_bytes())
    return tmp_path / "public"


@pytest.mark.parametrize("process", [False, True])
def test_parts_that_cannot_be_read_are_told(fake_app: App, folder: Path, process: bool) -> None:
    """A broken attachment is held back with its reason, one of an unknown kind is listed, and the others are there."""
    settings = fake_app.settings.model_copy(update={"parser_process": process})
    report = pipeline.run(replace(fake_app, settings=settings), [folder], "public")
    found = {each.source for each in fake_app.records.documents("default", ["public"])}
    assert found == {"public/bells.eml", "public/bells.eml/lamps.md"}
    assert [(each.source, each.code) for each in report.problems] == [("public/bells.eml/prices.xlsx", "damaged-file")]
    [held] = fake_app.records.quarantine.of("default", ["public"])
    assert (held.source, held.origin) == ("public/bells.eml/prices.xlsx", "public/bells.eml")
    assert report.skipped == ["public/bells.eml/bell.wav"]


def test_a_page_keeps_its_number_behind_an_empty_one(fake_app: App) -> None:
    """A chunk of the third page says 3, although the second page holds nothing."""
    pages = ("The first page tells of bells. " * 12, "", "The third page tells of lamps. " * 12)
    space = Space("default", "public", 1, 0)
    document = document_of(Draft("a.pdf", "a.pdf", "A", pages, True, "application/pdf", "hash"), space)
    chunks = chunks_of(fake_app, document)
    assert {each.page for each in chunks if "lamps" in document.text[each.start : each.end]} == {3}
    assert {each.page for each in chunks if "bells" in document.text[each.start : each.end]} == {1}
