"""What the gate on vectors holds back: `python -m eval.gate_vectors FOLDER...`, each folder taken for a space.

Folders are read as by eval.gates. Of each page the first 900 characters are embedded as one chunk. A page of it is
judged with all others there, pages of other folders as newcomers; both by the rule of ingestion.outliers. Shares have
95% Wilson intervals; no page is left out.
"""

import random
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from eval.gates import pages_of
from eval.statistics import mean
from ingestion.outliers import APART
from service.bootstrap import open_encoder
from service.core.embedder import Encoder
from service.core.settings import load_settings
from service.core.types import Vector
from service.terminal import print_json

PAGES = 80
CHARACTERS = 900
MIN_CHARACTERS = 150


def measure(spaces: Mapping[str, Vector]) -> dict[str, Any]:
    """Of each space the usual nearness, the share of its own pages held, and that of the others' pages."""
    figures: dict[str, Any] = {}
    for name, vectors in spaces.items():
        similarities = vectors @ vectors.T
        np.fill_diagonal(similarities, -1.0)
        own = similarities.max(axis=1)
        usual = float(np.median(own))
        others = np.concatenate([each @ vectors.T for other, each in spaces.items() if other != name]).max(axis=1)
        figures[name] = {
            "usual nearness": round(usual, 3),
            "own held": asdict(mean([float(each < APART * usual) for each in own])),
            "others held": asdict(mean([float(each < APART * usual) for each in others])),
        }
    return figures


def embedded(folder: Path, encoder: Encoder) -> Vector:
    """Unit vectors of some pages of a folder, drawn with a seed."""
    texts = [page.text[:CHARACTERS] for page in pages_of(folder) if len(page.text) >= MIN_CHARACTERS]
    drawn = random.Random(0).sample(texts, min(PAGES, len(texts)))  # noqa: S311  # no secret
    return np.stack([each.dense for each in encoder.embed_chunks([""] * len(drawn), drawn)])


if __name__ == "__main__":
    model = open_encoder(load_settings())
    print_json(measure({Path(each).name: embedded(Path(each), model) for each in sys.argv[1:]}))
