"""A document that no other of its space comes near is held back, once there is a space to be near to."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline
from ingestion.outliers import MIN_DOCUMENTS
from ingestion.quarantine import release
from ingestion.report import Report
from service.core.app import App
from service.core.names import quarantine_id

PAGE = (
    "# Cleaning bike {number}\n\nThe bike with number {number} is cleaned with a soft brush and lukewarm water and its "
    "chain is oiled before it is ridden again by the customer.\n"
)
OTHER = (
    "# Omelette\n\nBeat three eggs, melt butter, fold whites under yolks gently; serve hot, garnished using parsley, "
    "chives, pepper, salt.\n"
)
GERMAN = (
    "# Omelett\n\nDrei Eier schlagen, Butter schmelzen, Eischnee vorsichtig unters Eigelb heben; heiß servieren, mit "
    "Petersilie, Schnittlauch, Pfeffer und Salz garnieren.\n"
)
OMELETTE = quarantine_id("default", "public", "public/omelette.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As many pages on one matter as it takes to judge."""
    made = tmp_path / "public"
    made.mkdir()
    for number in range(MIN_DOCUMENTS):
        (made / f"bike-{number}.md").write_text(PAGE.format(number=number))
    return made


@pytest.fixture
def plain_app(fake_app: App) -> App:
    """Pages that differ in a number alone are copies to the other control."""
    return without(fake_app, "deduplication")


def without(app: App, *controls: str) -> App:
    return replace(app, settings=app.settings.model_copy(update={"controls_off": frozenset(controls)}))


def ingested(app: App, folder: Path) -> Report:
    return pipeline.run(app, [folder], "public")


def codes(report: Report) -> list[tuple[str, str]]:
    return [(each.source, each.code) for each in report.problems]


def test_what_nothing_comes_near_is_held_back(plain_app: App, folder: Path) -> None:
    """With its text, while a page on the same matter goes in."""
    assert codes(ingested(plain_app, folder)) == []
    (folder / "omelette.md").write_text(OTHER)
    (folder / "bike-99.md").write_text(PAGE.format(number=99))
    report = ingested(plain_app, folder)
    assert codes(report) == [("public/omelette.md", "vector-outlier")]
    assert (report.documents.added, report.documents.quarantined) == (1, 1)
    held = plain_app.records.quarantine.get("default", OMELETTE)
    assert held is not None
    assert "parsley" in held.text


def test_several_pages_on_a_new_matter_go_in(plain_app: App, folder: Path) -> None:
    """Pages that come together are near to each other, and a page that is near to neither is held back still."""
    ingested(plain_app, folder)
    for number in range(3):
        (folder / f"omelette-{number}.md").write_text(OTHER.replace("three", str(number + 3)))
    (folder / "tides.md").write_text("# Tides\n\nMoon pulls oceans twice daily along shores, so ports print tables.\n")
    report = ingested(plain_app, folder)
    assert codes(report) == [("public/tides.md", "vector-outlier")]
    assert report.documents.added == 3


def test_a_person_lets_it_pass(plain_app: App, folder: Path) -> None:
    """Released it is in the index, and stays there when its file is read again."""
    ingested(plain_app, folder)
    (folder / "omelette.md").write_text(OTHER)
    ingested(plain_app, folder)
    release(plain_app, OMELETTE, "ada")
    plain_app.records.manifest.forget("default", "public", "public/omelette.md")
    report = ingested(plain_app, folder)
    assert codes(report) == []
    assert report.documents.updated == 1


def test_the_first_documents_of_a_space_are_not_judged(plain_app: App, folder: Path) -> None:
    """Nobody can tell yet what the space is about."""
    (folder / "bike-1.md").unlink()
    (folder / "bike-2.md").unlink()
    ingested(plain_app, folder)
    (folder / "omelette.md").write_text(OTHER)
    assert codes(ingested(plain_app, folder)) == []


def test_a_document_in_another_language_is_not_judged(plain_app: App, folder: Path) -> None:
    """The encoder may not know where to place it."""
    ingested(plain_app, folder)
    (folder / "omelett.md").write_text(GERMAN)
    assert codes(ingested(plain_app, folder)) == []


def test_the_switch_lets_everything_in(plain_app: App, folder: Path) -> None:
    """With quality-gates off no document is judged."""
    ingested(plain_app, folder)
    (folder / "omelette.md").write_text(OTHER)
    assert codes(ingested(without(plain_app, "deduplication", "quality-gates"), folder)) == []


def test_nothing_is_judged_while_the_vectors_of_the_space_are_lost(plain_app: App, folder: Path) -> None:
    """A damaged index is set aside and an empty one starts: what comes then goes in, as `ragready reindex` will too."""
    ingested(plain_app, folder)
    [space] = plain_app.records.spaces("default")
    plain_app.vectors.drop(space.index)
    (folder / "omelette.md").write_text(OTHER)
    report = ingested(plain_app, folder)
    assert codes(report) == []
    assert report.documents.added == 1
