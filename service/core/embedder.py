"""Text in, vectors out: onnxruntime and tokenizers, no torch.

One pass gives both a chunk's vector and the vectors of its tokens, which rerank and pick sentences later without any
encoding at question time. Splitting text into chunks is not done here.
"""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from service.core.errors import EncoderMissing
from service.core.types import ChunkVectors, QueryVectors, TokenVectors, Vector

BATCH_SIZE = 16
_INT8_SCALE = 127.0


@dataclass(frozen=True)
class Fingerprint:
    """What must agree between the encoder that wrote an index and the one that asks it."""

    model: str
    revision: str
    dimension: int
    normalised: bool
    precision: str
    max_tokens: int
    projected: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return json.dumps(self.as_dict(), sort_keys=True)


class Encoder(Protocol):
    """What ingestion and retrieval need of an embedder; tests fake it."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Identity of the vectors."""

    @property
    def bulk(self) -> bool:
        """Whether it is made for much text, so that two calls at once leave no core idle, and not for questions."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that counts what the encoder reads."""

    def embed_query(self, question: str) -> QueryVectors:
        """Vectors of a question."""

    def embed_chunks(self, contexts: Sequence[str], bodies: Sequence[str]) -> list[ChunkVectors]:
        """Vectors of chunks, each under its title and headings."""


class Embedder:
    """The exported encoder of one folder. Thread-safe: onnxruntime sessions and tokenizers are."""

    def __init__(self, folder: Path, threads: int, *, bulk: bool = False) -> None:
        """Load the encoder for `threads` threads, or as many as there are cores if that is 0.

        They work together on one pass, which answers a question soonest, or with `bulk` each on a pass of its own,
        which is the most chunks a second. Raises EncoderMissing when a file of it is not there or cannot be read.
        """
        self.bulk = bulk
        self._map = ThreadPoolExecutor(threads or os.cpu_count(), thread_name_prefix="encoder").map if bulk else map
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1 if bulk else threads
        # Threads that spin between two operations make a question's 6.0 ms 3.6 on two cores; spinning on after the run
        # would take the cores that the searches need.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        try:
            self.fingerprint = Fingerprint(**json.loads((folder / "encoder.json").read_text()))
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._projection: Vector = np.load(folder / "projection.npy")
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        # tokenizers and onnxruntime raise bare Exception for a file that they cannot read
        except Exception as error:
            raise EncoderMissing(
                f"The encoder in {folder} cannot be loaded: {error}.",
                "Delete that folder; it is exported again at the next start.",
            ) from error
        self.tokenizer.enable_truncation(self.fingerprint.max_tokens)
        self.tokenizer.no_padding()
        self._inputs = [each.name for each in self._session.get_inputs()]

    def embed_query(self, question: str) -> QueryVectors:
        """Vectors of a question; its token vectors are projected, unit length, without the special tokens."""
        states, encoding = next(self.token_states([question]))
        dense = mean_pooled(states)
        words = np.flatnonzero(np.asarray(encoding.special_tokens_mask) == 0)
        return QueryVectors(
            dense=dense,
            projected=dense @ self._projection,
            tokens=_unit(states[words] @ self._projection),
            spans=np.asarray(encoding.offsets, dtype=np.int32).reshape(-1, 2)[words],
        )

    def embed_chunks(self, contexts: Sequence[str], bodies: Sequence[str]) -> list[ChunkVectors]:
        """Vectors of chunks, each under its title and headings: the encoder reads `context`, a newline, `body`."""
        texts = [f"{context}\n{body}" for context, body in zip(contexts, bodies, strict=True)]
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        starts = [len(context) + 1 for context in contexts]

        def embed(part: Sequence[int]) -> list[ChunkVectors]:
            found = zip(part, self.token_states([texts[at] for at in part]), strict=True)
            return [
                ChunkVectors(mean_pooled(states), self._token_vectors(states, encoding, starts[position]))
                for position, (states, encoding) in found
            ]

        parts = [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]
        made = [each for part in self._map(embed, parts) for each in part]
        results = dict(zip(order, made, strict=True))
        return [results[position] for position in range(len(texts))]

    def token_states(self, texts: Sequence[str]) -> Iterator[tuple[Vector, Encoding]]:
        """Each text's last hidden states (tokens, dimension) with its encoding, in order, BATCH_SIZE texts a pass."""
        for start in range(0, len(texts), BATCH_SIZE):
            encodings = self.tokenizer.encode_batch(list(texts[start : start + BATCH_SIZE]))
            for states, encoding in zip(self._run(encodings), encodings, strict=True):
                yield states[: len(encoding.ids)], encoding

    def _run(self, encodings: Sequence[Encoding]) -> Vector:
        """Last hidden states (texts, longest, dimension) of one padded batch."""
        shape = (len(encodings), max(len(each.ids) for each in encodings))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, each in enumerate(encodings):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        output = self._session.run(None, {name: feeds[name] for name in self._inputs})
        states: Vector = output[0]
        return states

    def _token_vectors(self, states: Vector, encoding: Encoding, prefix: int) -> TokenVectors:
        words = np.flatnonzero(np.asarray(encoding.special_tokens_mask) == 0)
        spans: NDArray[np.int32] = np.asarray(encoding.offsets, dtype=np.int32).reshape(-1, 2)[words] - prefix
        spans[spans[:, 0] < 0] = -1
        return TokenVectors(np.rint(_unit(states[words] @ self._projection) * _INT8_SCALE).astype(np.int8), spans)


def mean_pooled(states: Vector) -> Vector:
    """The mean of token states (tokens, dimension), scaled to unit length: sentence-transformers' pooling."""
    pooled: Vector = states.mean(axis=0)
    return pooled / np.linalg.norm(pooled)


def _unit(rows: Vector) -> Vector:
    scaled: Vector = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
