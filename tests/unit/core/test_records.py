"""The records: what a write changes, and what it leaves."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, insert, text

import service.core
from service.core import rows, schema
from service.core.app import App
from service.core.database import open_database
from service.core.errors import RecordsDamaged
from service.core.job import Job, Upload
from service.core.jobs import Jobs
from service.core.types import Chunk, Document, Index, IndexedChunk, IndexRecipe, Quarantined, Space
from tests.fakes import FakeEncoder

TEXT = "Every bell is brass.\n\nEvery lamp is bright."


@pytest.fixture
def index(fake_app: App) -> Index:
    """A new space."""
    return fake_app.records.ensure_space("default", "public", IndexRecipe("", "fingerprint")).index


def document(text: str = TEXT, source: str = "help/bells.md") -> Document:
    """A document of a text."""
    return Document(f"doc_{source}", "default", "public", source, "Bells", text, "text/markdown", str(hash(text)))


def write(app: App, index: Index, written: Document) -> list[str]:
    """Write a document whose chunks are its paragraphs, and return the ids of chunks that went."""
    chunks, start = [], 0
    for ordinal, part in enumerate(written.text.split("\n\n")):
        chunks.append(Chunk(f"chk_{part}", written.id, ordinal, start, start + len(part), "Parts"))
        start += len(part) + 2
    parts = [written.text[each.start : each.end] for each in chunks]
    vectors = FakeEncoder().embed_chunks(["Parts"] * len(parts), parts)
    fresh = {each.id: IndexedChunk(each, part, found) for each, part, found in zip(chunks, parts, vectors, strict=True)}
    return app.records.write_document(index, written, chunks, fresh)


def matches(app: App, index: Index, question: str) -> list[str]:
    """Ids of the chunks that share a word with the question."""
    return [each.chunk_id for each in app.records.search([index], question, 5)[0]]


def test_what_is_written_is_read_back(fake_app: App, index: Index) -> None:
    """A chunk comes back with its text, its document's title and its token vectors bit by bit."""
    write(fake_app, index, document())
    [bell, _] = sorted(fake_app.records.chunk_ids(index))
    stored = fake_app.records.chunks([index], [bell, "unknown"])[bell]
    assert (stored.text, stored.title, stored.source) == ("Every bell is brass.", "Bells", "help/bells.md")
    expected = FakeEncoder().embed_chunks(["Parts"], ["Every bell is brass."])[0].tokens
    np.testing.assert_array_equal(stored.tokens.vectors, expected.vectors)
    np.testing.assert_array_equal(stored.tokens.spans, expected.spans)


def test_a_change_replaces_only_the_chunks_that_changed(fake_app: App, index: Index) -> None:
    """A kept chunk keeps its id and moves with its text; a changed one goes; search knows only the new text."""
    write(fake_app, index, document())
    gone = write(fake_app, index, document("Every pedal turns twice.\n\nEvery lamp is bright."))
    assert gone == ["chk_Every bell is brass."]
    kept = fake_app.records.chunks([index], ["chk_Every lamp is bright."])["chk_Every lamp is bright."]
    assert kept.text == "Every lamp is bright."
    assert matches(fake_app, index, "bell") == []
    assert matches(fake_app, index, "pedal") == ["chk_Every pedal turns twice."]


def test_every_committed_change_raises_the_version(fake_app: App, index: Index) -> None:
    """Writing and removing raise the space's version by one each; a new space has version 0."""
    versions = [fake_app.records.spaces("default")[0].version]
    write(fake_app, index, document())
    versions.append(fake_app.records.spaces("default")[0].version)
    fake_app.records.remove_document(index, document().id)
    versions.append(fake_app.records.spaces("default")[0].version)
    assert versions == [0, 1, 2]


def test_a_write_that_fails_changes_nothing(fake_app: App, index: Index) -> None:
    """When a write breaks off, the document, its chunks and its words are as before."""
    write(fake_app, index, document())
    broken = document("Every pedal turns twice.")
    chunk = Chunk("chk_new", broken.id, 0, 0, 24, "Parts")
    with pytest.raises(KeyError):
        fake_app.records.write_document(index, broken, [chunk], {})
    assert fake_app.records.document("default", broken.id).text == TEXT
    assert matches(fake_app, index, "bell") == ["chk_Every bell is brass."]
    assert fake_app.records.spaces("default")[0].version == 1


def test_removal_takes_a_document_and_its_words(fake_app: App, index: Index) -> None:
    """After removal there is neither document nor chunk nor match; another document stays."""
    write(fake_app, index, document())
    write(fake_app, index, document("Every saddle is leather.", "help/saddles.md"))
    assert len(fake_app.records.remove_document(index, document().id)) == 2
    assert fake_app.records.document("default", document().id) is None
    assert matches(fake_app, index, "bell") == []
    assert fake_app.records.chunk_ids(index) == {"chk_Every saddle is leather."}


def test_tenants_do_not_see_each_other(fake_app: App, index: Index) -> None:
    """Another tenant with a space of the same name has none of its documents."""
    write(fake_app, index, document())
    other = fake_app.records.ensure_space("other", "public", IndexRecipe("", "fingerprint")).index
    assert fake_app.records.documents("other", ["public"]) == []
    assert fake_app.records.document("other", document().id) is None
    assert fake_app.records.chunk_ids(other) == set()
    assert matches(fake_app, other, "bell") == []
    assert fake_app.records.chunks([other], list(fake_app.records.chunk_ids(index))) == {}


def test_a_document_that_is_written_leaves_quarantine(fake_app: App, index: Index) -> None:
    """A file that was held back is released when its document is written."""
    held = Quarantined("public", "help/bells.md", "hash", "damaged-file", "It is cut off.")
    fake_app.records.quarantine.hold("default", held)
    assert [each.source for each in fake_app.records.quarantine.of("default", ["public"])] == ["help/bells.md"]
    write(fake_app, index, document())
    assert fake_app.records.quarantine.of("default", ["public"]) == []


def test_offsets_count_characters_not_bytes(fake_app: App, index: Index) -> None:
    """A chunk behind letters of several bytes is cut at its characters."""
    write(fake_app, index, document("Größe: 🚲 für Ängstliche.\n\nEvery lamp is bright."))
    chunks = fake_app.records.chunks([index], list(fake_app.records.chunk_ids(index)))
    assert {each.text for each in chunks.values()} == {"Größe: 🚲 für Ängstliche.", "Every lamp is bright."}


def test_a_database_that_is_garbled_says_so(fake_app: App) -> None:
    """A ping of a database whose file was overwritten raises, naming the file."""
    fake_app.records.close()
    path = fake_app.settings.data_folder / "records.sqlite3"
    path.write_bytes(b"noise" * 1_000)
    for left in path.parent.glob("records.sqlite3-*"):
        left.unlink()
    with pytest.raises(RecordsDamaged, match=str(path)):
        fake_app.records.ping()


def readers(app: App) -> set[str]:
    """The groups that may read the one space."""
    [space] = app.records.spaces("default")
    return set(space.readers)


def test_a_new_space_is_open_to_its_tenant_unless_readers_are_named(fake_app: App) -> None:
    """A space made without readers is everyone's, one made with them is theirs from its first moment."""
    fake_app.records.ensure_space("default", "open", IndexRecipe("", "fingerprint"))
    fake_app.records.ensure_space("default", "hr", IndexRecipe("", "fingerprint"), {"hr", "management"})
    assert {each.name: set(each.readers) for each in fake_app.records.spaces("default")} == {
        "hr": {"hr", "management"},
        "open": {"everyone"},
    }


def test_readers_stay_until_others_are_named(fake_app: App, index: Index) -> None:
    """A run that names no readers leaves those that are there; one that does replaces them all."""
    fake_app.records.ensure_space("default", "public", IndexRecipe("", "fingerprint"), {"hr"})
    write(fake_app, index, document())
    fake_app.records.ensure_space("default", "public", IndexRecipe("", "fingerprint"))
    assert readers(fake_app) == {"hr"}
    fake_app.records.ensure_space("default", "public", IndexRecipe("", "fingerprint"), {"finance"})
    assert readers(fake_app) == {"finance"}
    assert fake_app.records.space_sizes("default")[0].space.readers == {"finance"}


def test_a_change_of_readers_is_no_change_of_what_a_space_says(fake_app: App, index: Index) -> None:
    """New readers leave the version, so that who may still read finds the same cached answers; nothing else changes."""
    write(fake_app, index, document())
    [before] = fake_app.records.spaces("default")
    fake_app.records.ensure_space("other", "public", IndexRecipe("", "fingerprint"))
    assert fake_app.records.set_readers("default", "public", {"hr"})
    assert fake_app.records.spaces("default") == [replace(before, readers=frozenset({"hr"}))]
    assert [each.readers for each in fake_app.records.spaces("other")] == [{"everyone"}]
    assert not fake_app.records.set_readers("default", "nowhere", {"hr"})


def test_a_document_outside_the_spaces_asked_is_none(fake_app: App, index: Index) -> None:
    """A document is there for who names its space, or no space, and for nobody else."""
    write(fake_app, index, document())
    records = fake_app.records
    assert records.document("default", document().id, ["hr", "public"]) == records.document("default", document().id)
    assert records.document("default", document().id, ["hr"]) is None
    assert records.document("default", document().id, []) is None


def test_only_the_spaces_asked_are_counted(fake_app: App, index: Index) -> None:
    """Sizes of named spaces leave the others out."""
    write(fake_app, index, document())
    fake_app.records.ensure_space("default", "hr", IndexRecipe("", "fingerprint"))
    assert [each.space.name for each in fake_app.records.space_sizes("default", ["public"])] == ["public"]
    assert fake_app.records.space_sizes("default", []) == []


def test_a_database_of_the_first_release_keeps_its_spaces_open(tmp_path: Path) -> None:
    """Spaces that were there before readers were are everyone's after the migration, and the way back works too."""
    engine = create_engine(f"sqlite:///{tmp_path / 'records.sqlite3'}")
    config = Config()
    config.set_main_option("script_location", str(Path(service.core.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO spaces VALUES ('default', 'old', 1, 7)"))
        connection.execute(text("INSERT INTO generations VALUES ('default', 'old', 1, 'made')"))
        command.upgrade(config, "head")
        [row] = connection.execute(rows.spaces_with(shadow=False))
        assert rows.space_of(row) == Space("default", "old", 1, 7, recipe=IndexRecipe(fingerprint="made"))
        command.downgrade(config, "0001")
        assert connection.execute(text("SELECT * FROM spaces")).all() == [("default", "old", 1, 7)]
    engine.dispose()


def test_a_table_that_is_made_anew_empties_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of jobs outlast the change of the table of jobs that they refer to."""
    newest = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: newest(config, "0003"))
    before = open_database(None, tmp_path)
    with before.begin() as connection:
        connection.execute(insert(schema.spaces).values(tenant="default", name="old", generation=1, version=1))
    before.dispose()
    jobs = Jobs(before)
    made = jobs.submit(Job("default", "old", "uploads", "uploads", "key_1"), [Upload("uploads/a.md", "key", 3)])
    before.dispose()
    monkeypatch.undo()
    after = open_database(None, tmp_path)
    assert [each.source for each in Jobs(after).uploads(made.id)] == ["uploads/a.md"]
    assert Jobs(after).submit(replace(made, space=None, id="")).space is None
    after.dispose()
