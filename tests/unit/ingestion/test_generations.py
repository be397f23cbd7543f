"""Generations: the next index beside the serving one, the swap, the way back."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import generations, pipeline
from ingestion.prepare import PreparedFile
from ingestion.remove import remove
from ingestion.report import Report
from ingestion.write import sweep, write_all
from service.core.answers import Question, local_caller
from service.core.app import App
from service.core.encoders import Encoders
from service.core.errors import EncoderMismatch, IndexSwapped, NoGeneration
from service.core.names import document_id
from service.core.types import IndexRecipe
from service.rag.pipeline import answer
from tests.fakes import FakeEncoder

OTHER = FakeEncoder("2")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three pages of some sentences."""
    folder = tmp_path / "public"
    folder.mkdir()
    for thing in ("bells", "lamps", "saddles"):
        sentences = " ".join(f"The {thing} number {number} are kept in drawer {number * 7}." for number in range(6))
        (folder / f"{thing}.md").write_text(f"# {thing.title()}\n\n{sentences}\n")
    return folder


@pytest.fixture
def app(fake_app: App, corpus: Path) -> App:
    """The pages ingested, and a second encoder at hand under the name `other`."""
    opened = replace(fake_app, encoders=Encoders({"other": OTHER}.__getitem__))
    pipeline.run(opened, [corpus], "public")
    return opened


def recipe(app: App, encoder: str = "", **changes: object) -> IndexRecipe:
    """The App's own recipe with changes."""
    made = replace(app.recipe, **changes)  # type: ignore[arg-type]
    return replace(made, encoder=encoder, fingerprint=str(OTHER.fingerprint)) if encoder else made


def states(app: App) -> dict[int, str]:
    """State by number."""
    return {each.index.generation: each.state for each in app.records.generations.of("default")}


def asked(app: App, text: str) -> str:
    """The answer to a question."""
    return asyncio.run(answer(app, Question(text, local_caller("default")))).text


def consistent(app: App) -> bool:
    """Whether records and vectors of the serving generation hold the same chunks, some of each current document."""
    return all(
        app.records.chunk_ids(each.index) == app.vectors.ids(each.index)
        and not app.records.generations.lacking(each.index)
        for each in app.records.spaces("default")
    )


def test_a_built_generation_is_unseen_until_the_swap(app: App) -> None:
    """Building changes neither space nor chunks nor answers; the swap changes generation and version."""
    before = app.records.space_sizes("default")
    assert generations.build(app, recipe(app, splitter="sentences", max_chunk_tokens=8)) == 2
    assert app.records.space_sizes("default") == before
    assert states(app) == {1: "serving", 2: "ready"}
    assert generations.swap(app) == 2
    [after] = app.records.space_sizes("default")
    assert (after.space.generation, after.space.version) == (2, before[0].space.version + 1)
    assert after.chunks > before[0].chunks
    assert states(app) == {1: "retired", 2: "serving"}
    assert consistent(app)
    assert "drawer 21" in asked(app, "In which drawer are the bells number 3?")


def test_a_shadow_answers_from_the_next_generation(app: App) -> None:
    """Before the swap, records opened as a shadow see the next generation and nothing of the serving one."""
    number = generations.build(app, recipe(app, splitter="sentences", max_chunk_tokens=8))
    shadow = replace(app, records=app.records.shadow())
    assert [each.generation for each in shadow.records.spaces("default")] == [number]
    assert "drawer 21" in asked(shadow, "In which drawer are the bells number 3?")


def test_another_encoder_reads_the_questions_after_the_swap(app: App) -> None:
    """The generation's own encoder embeds questions and new documents, whatever the settings say."""
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    assert app.encoder_of(app.records.spaces("default")) is OTHER
    embedded = OTHER.embedded
    assert "drawer 14" in asked(app, "In which drawer are the lamps number 2?")
    pipeline.run(app, [Path(app.records.source_path("default", "public", "public") or "")], "hr")
    assert OTHER.embedded > embedded
    assert {each.recipe.fingerprint for each in app.records.spaces("default")} == {str(OTHER.fingerprint)}


def test_a_copy_that_takes_over_is_embedded_by_the_indexs_encoder(app: App, corpus: Path) -> None:
    """After a swap to another encoder, removing a page brings its copy back with that encoder's vectors."""
    (corpus / "zz-bells.md").write_text((corpus / "bells.md").read_text())
    pipeline.run(app, [corpus], "public")
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    embedded, ours = OTHER.embedded, app.encoder.embedded  # type: ignore[attr-defined]  # the fake counts
    remove(app, document_id("default", "public", "public/bells.md"))
    assert OTHER.embedded > embedded
    assert app.encoder.embedded == ours  # type: ignore[attr-defined]
    assert consistent(app)


def test_what_is_ingested_while_building_is_in_both(app: App, corpus: Path) -> None:
    """A page that is changed, one that is new and one that goes between build and swap are so after it."""
    generations.build(app, recipe(app, "other"))
    (corpus / "bells.md").write_text("# Bells\n\nThe bells number 3 are kept in drawer 99.\n")
    (corpus / "hooks.md").write_text("# Hooks\n\nThe hooks number 1 are kept in drawer 5.\n")
    (corpus / "saddles.md").unlink()
    pipeline.run(app, [corpus], "public")
    generations.swap(app)
    assert consistent(app)
    assert "drawer 99" in asked(app, "In which drawer are the bells number 3?")
    assert "drawer 5" in asked(app, "In which drawer are the hooks number 1?")
    assert "saddles" not in asked(app, "In which drawer are the saddles number 1?")


def test_a_roll_back_answers_from_the_old_index_brought_up_to_date(app: App, corpus: Path) -> None:
    """After the way back the first encoder reads again, and what came meanwhile is there."""
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    (corpus / "bells.md").write_text("# Bells\n\nThe bells number 3 are kept in drawer 99.\n")
    (corpus / "lamps.md").unlink()
    pipeline.run(app, [corpus], "public")
    assert generations.roll_back(app) == 1
    assert app.encoder_of(app.records.spaces("default")) is app.encoder
    assert states(app) == {1: "serving", 2: "retired"}
    assert consistent(app)
    assert "drawer 99" in asked(app, "In which drawer are the bells number 3?")


def test_spaces_with_different_encoders_are_refused_by_name(app: App) -> None:
    """A question to two spaces that two encoders embedded is no question that either can read."""
    app.records.ensure_space("default", "hr", recipe(app, "other"))
    with pytest.raises(EncoderMismatch, match="'hr' and 'public'"):
        asked(app, "In which drawer are the bells number 3?")


def test_an_encoder_that_changed_under_its_name_is_refused(app: App) -> None:
    """A name that leads to other vectors than those of the index serves nothing."""
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    changed = replace(app, encoders=Encoders({"other": FakeEncoder("3")}.__getitem__))
    with pytest.raises(EncoderMismatch):
        asked(changed, "In which drawer are the bells number 3?")


def test_documents_prepared_for_the_index_before_are_prepared_again(app: App, corpus: Path) -> None:
    """A swap in the middle of an ingestion loses nothing: what follows goes into the index that serves."""
    generations.build(app, recipe(app, "other"))
    (corpus / "hooks.md").write_text("# Hooks\n\nThe hooks number 1 are kept in drawer 5.\n")

    def swapping(_done: int, _total: int, source: str) -> None:
        if source.endswith("hooks.md") and app.records.spaces("default")[0].generation == 1:
            generations.swap(app)

    report = pipeline.run(app, [corpus], "public", progress=swapping)
    assert report.documents.added == 1
    assert consistent(app)
    assert "drawer 5" in asked(app, "In which drawer are the hooks number 1?")


def test_a_build_that_broke_off_goes_on(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was embedded before the end is not embedded again, and strays of the killed batch are swept."""
    wanted = recipe(app, "other")
    monkeypatch.setattr(generations, "DOCUMENTS_A_BATCH", 1)

    def killed(done: int, *_: object) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generations.build(app, wanted, killed)
    assert states(app) == {1: "serving", 2: "building"}
    embedded = OTHER.embedded
    assert generations.build(app, wanted) == 2
    [space] = app.records.space_sizes("default")
    assert OTHER.embedded - embedded == space.chunks - len(app.records.chunk_ids(space.space.index)) // 3
    generations.swap(app)
    assert consistent(app)


def test_without_a_generation_there_is_nothing_to_swap_to(app: App) -> None:
    """Swap and roll-back say what is missing; a dropped generation cannot serve again."""
    with pytest.raises(NoGeneration, match="No generation is ready"):
        generations.swap(app)
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    assert generations.drop(app, "retired") == [1]
    with pytest.raises(NoGeneration, match="No generation is retired"):
        generations.roll_back(app)
    assert states(app) == {2: "serving"}


def test_rebuild_leaves_one_generation(app: App) -> None:
    """`reindex` builds, swaps and drops the one before; the strays in it are gone with it."""
    sweep(app, app.records.spaces("default")[0].index)
    done = generations.rebuild(app)
    assert states(app) == {2: "serving"}
    assert done == {"public": app.records.space_sizes("default")[0].chunks}
    assert consistent(app)


def test_a_swap_is_noticed_by_who_still_prepares(app: App) -> None:
    """Committing to an index that no longer serves is refused by name."""
    [space] = app.records.spaces("default")
    generations.build(app, recipe(app, "other"))
    generations.swap(app)
    held = app.records.manifest.of("default", "public")["public/bells.md"]
    with pytest.raises(IndexSwapped, match="'public'"):
        write_all(app, space, [PreparedFile(held, ())], Report("public"))
