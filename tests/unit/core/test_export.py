"""The part of the export that needs no model."""

from itertools import product

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer

from service.core.embedder import Embedder, mean_pooled
from service.core.errors import EncoderMissing
from service.core.export import PROJECTED_DIMENSION, fit_projection
from tests.fakes import FakeEncoder


@pytest.fixture(scope="module")
def encoder() -> FakeEncoder:
    """A fake encoder with more words than dimensions."""
    fake = FakeEncoder()
    words = ["[UNK]", *("".join(each) for each in product("bcdfg", "aeiou", "lmnrs"))]
    fake.tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    fake.tokenizer.pre_tokenizer = BertPreTokenizer()
    return fake


def test_two_fits_agree(encoder: FakeEncoder) -> None:
    """Two exports of one model have the same projection, bit by bit."""
    assert (fit_projection(encoder) == fit_projection(encoder)).all()


def test_directions_are_orthonormal_with_fixed_signs(encoder: FakeEncoder) -> None:
    """The projection keeps lengths and dot products within its directions, and each one's largest part is positive."""
    projection = fit_projection(encoder)
    assert projection.shape == (96, PROJECTED_DIMENSION)
    assert projection.dtype == np.float32
    np.testing.assert_allclose(projection.T @ projection, np.eye(PROJECTED_DIMENSION), atol=1e-5)
    assert (projection[np.abs(projection).argmax(axis=0), np.arange(PROJECTED_DIMENSION)] > 0).all()


def test_pooling_gives_unit_length() -> None:
    """The mean of token states is scaled to length 1."""
    pooled = mean_pooled(np.asarray([[3.0, 0.0], [3.0, 8.0]], dtype=np.float32))
    np.testing.assert_allclose(pooled, [0.6, 0.8], atol=1e-6)


def test_an_encoder_that_is_not_there_is_named(tmp_path) -> None:
    """A folder without an export is refused by name, with the way out."""
    with pytest.raises(EncoderMissing) as missing:
        Embedder(tmp_path / "nowhere", threads=1)
    assert str(tmp_path / "nowhere") in missing.value.detail
    assert "exported again" in missing.value.remedy
