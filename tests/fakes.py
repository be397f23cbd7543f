"""Stand-ins for what loads a model or a native library: an encoder made of word hashes, and an index in a dictionary.

They keep the promises of the real ones that callers rest on: unit vectors, the same vector for the same word, token
spans that point into the text.
"""

import asyncio
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer

from eval.target import Seen
from service.core.answers import Caller
from service.core.app import App
from service.core.cache import InProcessCache
from service.core.embedder import Fingerprint
from service.core.errors import CacheUnavailable
from service.core.limits import InProcessLimiter
from service.core.personal import Patterns
from service.core.records import Records
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from service.core.types import ChunkVectors, Index, QueryVectors, Scored, TokenVectors, Vector
from tests.runs import seen

DIMENSION = 96
_WORD = re.compile(r"\w+")


class FakeEncoder:
    """A bag of words: each word has a vector made from its hash, a text the mean of its words'."""

    def __init__(self, revision: str = "1") -> None:
        self.fingerprint = Fingerprint("fake", revision, DIMENSION, True, "exact", 512, DIMENSION)
        words = [
            "[UNK]",
            *(f"{first}{second}{third}" for first in "abcdef" for second in "aeiou" for third in "lmnrst"),
        ]
        self.tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
        self.tokenizer.pre_tokenizer = BertPreTokenizer()
        self.embedded = 0
        self.bulk = True

    def embed_query(self, question: str) -> QueryVectors:
        """Each word of the question is a token."""
        words = list(_WORD.finditer(question))
        tokens = np.stack([word_vector(word.group().lower()) for word in words])
        dense = _unit(tokens.mean(axis=0))
        return QueryVectors(dense, dense, tokens, np.asarray([word.span() for word in words], dtype=np.int32))

    def embed_chunks(self, contexts: Sequence[str], bodies: Sequence[str]) -> list[ChunkVectors]:
        """Each word of context and body is a token; spans count from the body's start."""
        self.embedded += len(bodies)
        return [_chunk_vectors(context, body) for context, body in zip(contexts, bodies, strict=True)]

    def token_states(self, texts: Sequence[str]) -> Iterator[tuple[Vector, Encoding]]:
        """Each text's token vectors with its encoding."""
        for text in texts:
            encoding = self.tokenizer.encode(text)
            yield np.stack([word_vector(token) for token in encoding.tokens]), encoding


@dataclass
class FakeVectors:
    """Vectors in a dictionary, compared one by one."""

    held: dict[Index, dict[str, Vector]] = field(default_factory=dict)

    def upsert(self, index: Index, ids: Sequence[str], vectors: Vector) -> None:
        """Keep vectors by id."""
        self.held.setdefault(index, {}).update(zip(ids, vectors, strict=True))

    def search(self, index: Index, vector: Vector, limit: int) -> list[Scored]:
        """The nearest by cosine."""
        scored = [Scored(each, float(kept @ vector)) for each, kept in self.held.get(index, {}).items()]
        return sorted(scored, key=lambda each: -each.score)[:limit]

    def search_all(self, index: Index, vectors: Vector, limit: int) -> list[list[Scored]]:
        """The nearest of each by cosine."""
        return [self.search(index, vector, limit) for vector in vectors]

    def get(self, index: Index, ids: Sequence[str]) -> dict[str, Vector]:
        """Vectors by id."""
        held = self.held.get(index, {})
        return {each: held[each] for each in ids if each in held}

    def remove(self, index: Index, ids: Sequence[str]) -> None:
        """Forget vectors by id."""
        for each in ids:
            self.held.get(index, {}).pop(each, None)

    def ids(self, index: Index) -> set[str]:
        """Every id."""
        return set(self.held.get(index, {}))

    def count(self, index: Index) -> int:
        """How many there are."""
        return len(self.held.get(index, {}))

    def drop(self, index: Index) -> None:
        """Forget an index."""
        self.held.pop(index, None)

    def ping(self) -> None:
        """Always answers."""

    def close(self) -> None:
        """Holds nothing to close."""


@dataclass
class FakeCache:
    """Answers in a dictionary, with the time they were kept for; the methods in `broken` raise CacheUnavailable."""

    held: dict[str, bytes] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    blocks = False

    def get(self, key: str) -> bytes | None:
        """What is held."""
        self._check("get")
        return self.held.get(key)

    def set(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Hold for ever, and note for how long it was meant."""
        self._check("set")
        self.held[key] = value
        self.seconds[key] = ttl_seconds

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """What is held, by key."""
        self._check("entries")
        yield from list(self.held.items())

    def remove(self, keys: Collection[str]) -> None:
        """Forget by key."""
        self._check("remove")
        for key in keys:
            self.held.pop(key, None)

    def ping(self) -> None:
        """Always answers."""

    def close(self) -> None:
        """Holds nothing to close."""

    def _check(self, method: str) -> None:
        if method in self.broken:
            raise CacheUnavailable("The fake is broken.", "Mend it.", f"cannot {method}")


def fake_parts(settings: Settings, records: Records) -> App:
    """An App on these records, with everything else in process or faked."""
    return App(
        settings=settings,
        records=records,
        vectors=FakeVectors(),
        encoder=FakeEncoder(),
        telemetry=Telemetry(),
        cache=InProcessCache(settings.cache_entries),
        limiter=InProcessLimiter(settings.requests_per_minute),
        personal=Patterns(),
        model=None,
        dependencies={"records": records.ping},
    )


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@lru_cache(maxsize=10_000)
def word_vector(word: str) -> Vector:
    """A unit vector that depends on the word alone; those of different words are nearly orthogonal."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return _unit(np.random.default_rng(seed).standard_normal(DIMENSION))


def _chunk_vectors(context: str, body: str) -> ChunkVectors:
    above = [(word.group(), (-1, -1)) for word in _WORD.finditer(context)]
    words = above + [(word.group(), word.span()) for word in _WORD.finditer(body)]
    tokens = np.stack([word_vector(word.lower()) for word, _ in words])
    spans = np.asarray([span for _, span in words], dtype=np.int32)
    return ChunkVectors(_unit(tokens.mean(axis=0)), TokenVectors(np.rint(tokens * 127).astype(np.int8), spans))


def _unit(vector: Vector) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class SlowTarget:
    """A target of eval that is asked 0? to 9?: later questions come back sooner, and it counts how many it works on."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.working = self.most = 0

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:  # noqa: ARG002  # the signature of Target
        self.asked.append(question)
        self.working += 1
        self.most = max(self.most, self.working)
        await asyncio.sleep(0.01 * (9 - int(question[0])))
        self.working -= 1
        return seen(question)

    def reader_of(self, spaces: tuple[str, ...]) -> None:  # noqa: ARG002  # the signature of Target
        return None
