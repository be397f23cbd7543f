"""Writes the serving encoder once: ONNX graph, tokenizer, token projection, description.

Run as a process of its own (`python -m service.core.export MODEL FOLDER`), because torch and sentence-transformers cost
half a gigabyte that the service has no use for afterwards. Nothing else in Ragready imports them to serve.
"""

import hashlib
import importlib.util
import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from service.core.embedder import Embedder, Fingerprint, mean_pooled
from service.core.types import Vector

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PROJECTED_DIMENSION = 96
# The ONNX graph must give the vectors that sentence-transformers gives.
MAX_DIFFERENCE = 1e-3
_CALIBRATION_SENTENCES, _CALIBRATION_WORDS = 400, 40
_PROBES = ("How long is the warranty?", "A battery keeps 70% of its capacity for 1,000 charge cycles.", "Größe: 52 cm")


def export(model_name: str, folder: Path) -> None:
    """Write the encoder called `model_name` (packaged model, folder or hub name) to `folder`, completely or not at all.

    Raises ValueError when the graph's vectors differ from sentence-transformers' by more than MAX_DIFFERENCE, and
    whatever sentence-transformers raises when it cannot load the model.
    """
    from sentence_transformers import SentenceTransformer

    source = _source(model_name)
    model = SentenceTransformer(str(source), device="cpu")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_graph(model, partial / "model.onnx")
    model.tokenizer.backend_tokenizer.save(str(partial / "tokenizer.json"))
    fingerprint = Fingerprint(
        model=model_name,
        revision=_revision(model),
        dimension=int(model.get_embedding_dimension() or 0),
        normalised=True,
        precision="onnxruntime-float32",
        max_tokens=int(model.max_seq_length or 512),
        projected=PROJECTED_DIMENSION,
    )
    (partial / "encoder.json").write_text(json.dumps(fingerprint.as_dict(), indent=2))
    np.save(partial / "projection.npy", np.eye(fingerprint.dimension, PROJECTED_DIMENSION, dtype=np.float32))
    encoder = Embedder(partial, threads=0)
    _check_parity(model, encoder)
    np.save(partial / "projection.npy", fit_projection(encoder))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)


def fit_projection(encoder: Embedder) -> Vector:
    """PCA of token vectors, (dimension, 96), from pseudo-sentences of the tokenizer's own words.

    The words of the vocabulary stand in for a corpus, so that any model has its projection without data and two exports
    of one model agree. Directions are uncentred, which keeps dot products, and signs are fixed.
    """
    vocabulary = sorted(
        word for word in encoder.tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 2
    )
    chosen = np.random.default_rng(0).choice(vocabulary, (_CALIBRATION_SENTENCES, _CALIBRATION_WORDS))
    tokens = np.concatenate([states for states, _ in encoder.token_states([" ".join(row) for row in chosen])])
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    _, directions = np.linalg.eigh(tokens.T.astype(np.float64) @ tokens)
    projection = directions[:, ::-1][:, :PROJECTED_DIMENSION]
    strongest = projection[np.abs(projection).argmax(axis=0), np.arange(projection.shape[1])]
    return np.asarray(projection * np.sign(strongest), dtype=np.float32)


def _source(model_name: str) -> Path | str:
    package = importlib.util.find_spec(model_name.replace("-", "_")) if model_name.isascii() else None
    if package and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0]) / "model"
    return model_name


def _revision(model: "SentenceTransformer") -> str:
    """The first 12 digits of a SHA-256 over the weights, so that a retrained model of the same name is another one."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


def _write_graph(model: "SentenceTransformer", path: Path) -> None:
    import torch

    sample = model.tokenizer(list(_PROBES), padding=True, return_tensors="pt")
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in sample]

    class States(torch.nn.Module):
        """Names the transformer's inputs, whose order differs between architectures."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = cast(torch.nn.Module, model[0].auto_model).eval()

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.transformer(**dict(zip(names, inputs, strict=True))).last_hidden_state
            return states

    with torch.no_grad():
        torch.onnx.export(
            States(),
            tuple(sample[name] for name in names),
            str(path),
            input_names=names,
            output_names=["last_hidden_state"],
            dynamic_axes={name: {0: "batch", 1: "token"} for name in [*names, "last_hidden_state"]},
            opset_version=17,
            dynamo=False,
        )


def _check_parity(model: "SentenceTransformer", encoder: Embedder) -> None:
    expected = model.encode(list(_PROBES), normalize_embeddings=True)
    got = np.stack([mean_pooled(states) for states, _ in encoder.token_states(list(_PROBES))])
    difference = float(np.abs(expected - got).max())
    if difference > MAX_DIFFERENCE:
        raise ValueError(f"the exported graph differs from {encoder.fingerprint.model} by {difference:.2g}")


def main() -> None:
    """`python -m service.core.export MODEL FOLDER`."""
    logging.disable(logging.WARNING)
    model_name, folder = sys.argv[1:]
    export(model_name, Path(folder))


if __name__ == "__main__":
    main()
