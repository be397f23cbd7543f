"""A model by name that checks sentences, proved with tiny ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.detect import scorer
from service.bootstrap import open_app
from service.core.answers import Claim, Hit
from service.core.app import App
from service.core.entailment import open_entailment
from service.core.errors import GroundingModelMissing
from service.core.settings import Settings
from service.core.types import Chunk, StoredChunk
from service.rag import support
from tests.tiny_classifier import tiny_classifier

TEXT = "The brass bell weighs 90 grams. It costs 1,250 kroner."
LABELS = ["contradiction", "entailment", "neutral"]


@pytest.fixture
def hit(samples_app: App) -> Hit:
    """One hit with two sentences."""
    [vectors] = samples_app.encoder.embed_chunks([""], [TEXT])
    stored = StoredChunk(Chunk("c", "d", 0, 0, len(TEXT), ""), TEXT, "public", "bell.md", "", vectors.tokens)
    return Hit(stored, 1.0, 1.0, None, vectors.tokens.vectors[:0], 0.0)


def claim(text: str, hit: Hit) -> Claim:
    """A claim that cites the first sentence."""
    return Claim(text, hit, 0, len("The brass bell weighs 90 grams."))


def test_a_named_model_says_in_place_of_the_head(samples_app: App, hit: Hit, tmp_path: Path) -> None:
    """The probability of the label for entailment, wherever it stands among the labels, decides; rules stay on."""
    said = claim("The bell weighs 90 grams.", hit)
    for place, (labels, expected) in enumerate([(LABELS, 0.909), (["neutral", "CONTRADICTION", "Entailment"], 0.045)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        model = open_entailment(str(tiny_classifier(folder, labels, [0.0, 3.0, 0.0])))
        assert support.probability(said, samples_app.encoder, model) == pytest.approx(expected, abs=0.001)
        assert support.holds(said, samples_app.encoder, model) is (expected > support.THRESHOLD)
        assert support.holds(claim("The brass bell weighs 90 grams.", hit), samples_app.encoder, model)
        assert not support.holds(claim("The bell weighs 95 grams.", hit), samples_app.encoder, model)


def test_one_score_a_pair_is_made_a_probability(tmp_path: Path) -> None:
    """A model with one output gives the logistic of it."""
    model = open_entailment(str(tiny_classifier(tmp_path, ["supported"], [2.0])))
    assert model.probability(TEXT, "The bell weighs 90 grams.") == pytest.approx(0.881, abs=0.001)


def test_the_detector_asks_it(samples_app: App, tmp_path: Path) -> None:
    """What `ragready eval detector grounding` scores is the named model where there is one."""
    model = open_entailment(str(tiny_classifier(tmp_path, LABELS, [0.0, 3.0, 0.0])))
    case = {"context": TEXT, "answer": "The bell weighs 90 grams."}
    assert scorer("grounding", replace(samples_app, entailment=model)).score(case) == pytest.approx(0.909, abs=0.001)
    assert scorer("grounding", samples_app).score(case) != pytest.approx(0.909, abs=0.001)


def test_both_texts_are_read(tmp_path: Path) -> None:
    """With weights that are not zero, another source or another sentence gives another probability."""
    model = open_entailment(str(tiny_classifier(tmp_path, LABELS)))
    pairs = [(TEXT, "The bell rings."), (TEXT, "It is 90."), ("A lamp.", "The bell rings.")]
    found = [model.probability(*each) for each in pairs]
    assert len({round(each, 6) for each in found}) == len(pairs)
    assert all(0.0 <= each <= 1.0 for each in found)


def test_no_name_loads_nothing() -> None:
    """Without a name there is no model."""
    assert open_entailment(None) is None


def test_labels_that_tell_no_entailment_are_refused(tmp_path: Path) -> None:
    """A model of something else is refused with its labels."""
    with pytest.raises(GroundingModelMissing, match="positive, negative"):
        open_entailment(str(tiny_classifier(tmp_path, ["positive", "negative"])))


def test_what_cannot_be_loaded_stops_the_start(tmp_path: Path, encoder_folder: Path) -> None:
    """A folder that holds no model is refused when the App is opened, with its name."""
    nowhere = tmp_path / "nothing-here"
    nowhere.mkdir()
    settings = Settings(
        data_folder=tmp_path / "data",
        encoder_folder=encoder_folder.parent,
        grounding_model=str(nowhere),
        _env_file=None,
    )
    with pytest.raises(GroundingModelMissing, match="nothing-here"), open_app(settings, holder="the tests"):
        pass
