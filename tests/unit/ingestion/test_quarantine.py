"""People decide on what was held back."""

from pathlib import Path

import pytest

from ingestion import pipeline
from ingestion.quarantine import delete, release
from ingestion.report import Report
from service.core.app import App
from service.core.errors import NothingToRelease, UnknownHeld
from service.core.names import document_id, quarantine_id
from service.core.types import Policy, Quarantined

NOISE = "qwzxrt vbnplk grtwxz hjklmpq zzxcvtr plkrtw bvcnxm" * 2
HELD = quarantine_id("default", "public", "public/noise.md")
NOISY = document_id("default", "public", "public/noise.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page that is one, and a page of noise."""
    made = tmp_path / "public"
    made.mkdir()
    (made / "bells.md").write_text("# Bells\n\nA bell is mounted on the handlebar with one screw.\n")
    (made / "noise.md").write_text(f"# Noise\n\n{NOISE}\n")
    return made


def ingested(app: App, folder: Path) -> Report:
    return pipeline.run(app, [folder], "public")


def held(app: App) -> list[Quarantined]:
    return app.records.quarantine.of("default", ["public"])


def sources(app: App) -> list[str]:
    return [each.source for each in app.records.documents("default", ["public"])]


def test_what_a_gate_holds_back_is_in_the_quarantine_with_its_text(fake_app: App, folder: Path) -> None:
    """It is named in the report, kept with reason and text, and not among the documents."""
    report = ingested(fake_app, folder)
    assert [(each.source, each.code) for each in report.problems] == [("public/noise.md", "garbled-text")]
    assert report.documents.quarantined == 1
    assert sources(fake_app) == ["public/bells.md"]
    (row,) = held(fake_app)
    assert (row.id, row.code, row.state, row.text) == (HELD, "garbled-text", "held", "")
    kept = fake_app.records.quarantine.get("default", HELD)
    assert kept is not None
    assert "qwzxrt" in kept.text
    assert kept.characters == row.characters == len(kept.text)
    assert "qwzxrt" not in kept.reason


def test_a_file_that_is_held_is_not_looked_at_again_and_is_counted(fake_app: App, folder: Path) -> None:
    """The second run holds back nothing, and says that one document is still held."""
    ingested(fake_app, folder)
    again = ingested(fake_app, folder)
    assert (again.documents.unchanged, again.documents.quarantined, again.held_earlier) == (2, 0, 1)
    assert again.problems == []


def test_a_released_document_is_searched_at_once(fake_app: App, folder: Path) -> None:
    """It is in the index under its own source, and its text is kept once."""
    ingested(fake_app, folder)
    written = release(fake_app, HELD, "ada")
    assert written.document.id == NOISY
    assert written.chunks
    assert sources(fake_app) == ["public/bells.md", "public/noise.md"]
    (row,) = held(fake_app)
    assert (row.state, row.decided_by, row.characters) == ("released", "ada", 0)


def test_a_release_is_remembered_by_content(fake_app: App, folder: Path) -> None:
    """The same content passes when its file is read anew; other content of the same file is held back."""
    ingested(fake_app, folder)
    release(fake_app, HELD, "ada")
    fake_app.records.manifest.forget("default", "public", "public/noise.md")
    assert ingested(fake_app, folder).documents.updated == 1
    (folder / "noise.md").write_text(f"# Noise\n\n{NOISE} {NOISE}\n")
    assert [each.code for each in ingested(fake_app, folder).problems] == ["garbled-text"]
    assert held(fake_app)[0].state == "held"


def test_the_next_run_brings_in_what_was_released_meanwhile(fake_app: App, folder: Path) -> None:
    """A decision that only the records know of is carried out, once."""
    ingested(fake_app, folder)
    fake_app.records.quarantine.mark_released("default", HELD, "key-1")
    report = ingested(fake_app, folder)
    assert (report.documents.added, report.documents.unchanged, report.held_earlier) == (1, 2, 0)
    assert sources(fake_app) == ["public/bells.md", "public/noise.md"]
    assert held(fake_app)[0].characters == 0
    assert not ingested(fake_app, folder).changed


def test_a_newer_version_wins_over_a_release_of_the_older_one(fake_app: App, folder: Path) -> None:
    """A file that was mended after the decision is not replaced by the text that was held."""
    ingested(fake_app, folder)
    fake_app.records.quarantine.mark_released("default", HELD, "key-1")
    (folder / "noise.md").write_text("# Noise\n\nA horn is louder than a bell and needs no battery.\n")
    ingested(fake_app, folder)
    document = fake_app.records.document("default", NOISY)
    assert document is not None
    assert "horn" in document.text


def test_the_policy_holds_for_what_is_released(fake_app: App, folder: Path) -> None:
    """A person lets a document pass the gates, not the masking of personal data."""
    (folder / "noise.md").write_text(f"# Noise\n\n{NOISE} Write to ada@harrow.example today.\n")
    pipeline.run(fake_app, [folder], "public", policy=Policy(personal="mask"))
    release(fake_app, HELD, "ada")
    document = fake_app.records.document("default", NOISY)
    assert document is not None
    assert "ada@harrow.example" not in document.text


def test_deleting_forgets_the_text_and_not_the_file(fake_app: App, folder: Path) -> None:
    """Nothing of it is kept, and the file is not looked at until it changes."""
    ingested(fake_app, folder)
    delete(fake_app, HELD)
    assert held(fake_app) == []
    again = ingested(fake_app, folder)
    assert (again.documents.unchanged, again.held_earlier) == (2, 0)
    (folder / "noise.md").write_text(f"# Noise\n\n{NOISE} again\n")
    assert [each.code for each in ingested(fake_app, folder).problems] == ["garbled-text"]


def test_what_gave_no_text_cannot_be_released(fake_app: App, folder: Path) -> None:
    """An empty file is held back without text: releasing it is refused, and so is an unknown id."""
    (folder / "noise.md").write_text(" \n")
    ingested(fake_app, folder)
    with pytest.raises(NothingToRelease):
        release(fake_app, HELD, "ada")
    with pytest.raises(UnknownHeld):
        release(fake_app, "qua_0", "ada")
    with pytest.raises(UnknownHeld):
        delete(fake_app, "qua_0")


def test_a_second_release_says_that_there_is_nothing_left(fake_app: App, folder: Path) -> None:
    """The text is in the index by then."""
    ingested(fake_app, folder)
    release(fake_app, HELD, "ada")
    with pytest.raises(NothingToRelease, match="already"):
        release(fake_app, HELD, "ada")


def test_what_is_gone_from_its_folder_is_gone_from_the_quarantine(fake_app: App, folder: Path) -> None:
    """Also when it was released in the records and not brought in yet."""
    ingested(fake_app, folder)
    fake_app.records.quarantine.mark_released("default", HELD, "key-1")
    (folder / "noise.md").unlink()
    ingested(fake_app, folder)
    assert held(fake_app) == []
    assert sources(fake_app) == ["public/bells.md"]
