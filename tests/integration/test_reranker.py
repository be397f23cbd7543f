"""A cross-encoder by name, proved with a tiny one of random weights."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from service.bootstrap import open_app
from service.core.answers import Question, local_caller
from service.core.app import App
from service.core.errors import RerankerMissing
from service.core.reranker import open_reranker
from service.core.settings import Settings
from service.rag import pipeline
from tests.tiny_classifier import tiny_classifier

ASKED = "How long is the battery covered by the warranty?"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT with one layer and one score a pair, of random weights."""
    return tiny_classifier(tmp_path_factory.mktemp("cross-encoder"), ["score"])


def test_a_named_cross_encoder_orders_the_hits(samples_app: App, tiny: Path) -> None:
    """The hits come in the order of the cross-encoder's scores, and a citation still quotes its document."""
    reranker = open_reranker(str(tiny))
    question = Question(ASKED, local_caller(samples_app.settings.tenant))
    plain = asyncio.run(pipeline.answer(samples_app, question))
    read = asyncio.run(pipeline.answer(replace(samples_app, reranker=reranker), question))
    assert [each.stored.chunk.id for each in read.hits] != [each.stored.chunk.id for each in plain.hits]
    held = [each.index for each in samples_app.records.spaces(samples_app.settings.tenant)]
    chunks = samples_app.records.chunks(held, [each.stored.chunk.id for each in read.hits])  # as they were, not joined
    passages = [f"{each.stored.chunk.context}\n{chunks[each.stored.chunk.id].text}" for each in read.hits]
    scores = reranker.scores(ASKED, passages)
    assert len(set(scores)) > 1
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-4)
    for each in read.citations:
        document = samples_app.records.document(samples_app.settings.tenant, each.document)
        assert document.text[each.start : each.end] == each.quote


def test_no_name_loads_nothing() -> None:
    """Without a name there is no cross-encoder."""
    assert open_reranker(None) is None


def test_what_cannot_be_loaded_stops_the_start(tmp_path: Path, encoder_folder: Path) -> None:
    """A folder that holds no model is refused when the App is opened, with its name."""
    nowhere = tmp_path / "nothing-here"
    nowhere.mkdir()
    settings = Settings(
        data_folder=tmp_path / "data", encoder_folder=encoder_folder.parent, reranker=str(nowhere), _env_file=None
    )
    with pytest.raises(RerankerMissing, match="nothing-here"), open_app(settings, holder="the tests"):
        pass
