"""Hits made from text, and questions about them, on the fake encoder."""

from collections.abc import Callable

import pytest

from service.core.answers import Hit
from service.core.types import Chunk, StoredChunk
from service.rag import rank
from tests.fakes import FakeEncoder


@pytest.fixture
def hits_of() -> Callable[..., list[Hit]]:
    """Hits for a question: each text is a chunk of a document of its own, best first, unless `document` joins them."""

    def make(question: str, *texts: str, context: str = "Help", document: str = "", start: int = 0) -> list[Hit]:
        encoder = FakeEncoder()
        query = encoder.embed_query(question)
        found = []
        for place, text in enumerate(texts):
            vectors = encoder.embed_chunks([context], [text])[0]
            [similar] = rank.token_similarities(query, [vectors.tokens])
            chunk = Chunk(f"chk_{place}", document or f"doc_{place}", place, start, start + len(text), context)
            start += len(text) + 2 if document else 0
            stored = StoredChunk(chunk, text, "public", f"help/{place}.md", f"Title {place}", vectors.tokens)
            dense = float(query.dense @ vectors.dense)
            found.append(Hit(stored, 1.0 - place / 10, dense, 1.0, similar, rank.max_sim(similar)))
        return found

    return make
