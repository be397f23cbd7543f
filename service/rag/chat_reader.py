"""The extractive reader behind the interface of a chat model: what the demo answers with where production has no model.

It is the reader of production, on what a chat model gets: a text of passages and a question. It has no token vectors
kept from ingestion, so it encodes the passages at question time; and like a chat model it always answers.
"""

from collections.abc import AsyncGenerator, Sequence

from service.core.answers import Hit
from service.core.embedder import Encoder
from service.core.types import Chunk, QueryVectors, StoredChunk
from service.rag import imitation, rank, read
from service.rag.threads import in_thread

# As long as the demo's pieces, which the context is made of.
_PASSAGE_CHARACTERS = 1_000


class ChatReader:
    """Reads the context of a prompt and says the sentences of it that answer."""

    name = "extractive"
    simulated = False

    def __init__(self, encoder: Encoder, max_sentences: int) -> None:
        self._encoder = encoder
        self._max_sentences = max_sentences

    async def stream(self, system: str, user: str) -> AsyncGenerator[str, None]:
        """The answer, in one piece."""
        yield await in_thread(self._read, imitation.read(system, user))

    def _read(self, prompt: imitation.Prompt) -> str:
        texts = passages("\n\n".join(each.text for each in prompt.sources))
        query = self._encoder.embed_query(prompt.question)
        ranked = read.evidence(prompt.question, query, _hits(self._encoder, query, texts))
        chosen = read.choose(prompt.question, ranked, self._max_sentences)
        return " ".join(each.text for each in chosen) or imitation.UNKNOWN


def passages(text: str) -> list[str]:
    """The paragraphs of a text, joined up to 1,000 characters."""
    joined: list[str] = []
    for paragraph in filter(None, (each.strip() for each in text.split("\n\n"))):
        if joined and len(joined[-1]) + len(paragraph) < _PASSAGE_CHARACTERS:
            joined[-1] += f"\n\n{paragraph}"
        else:
            joined.append(paragraph)
    return joined


def _hits(encoder: Encoder, query: QueryVectors, texts: Sequence[str]) -> list[Hit]:
    """The passages as hits, best first, by the cosine of their vectors."""
    vectors = encoder.embed_chunks([""] * len(texts), texts)
    similar = rank.token_similarities(query, [each.tokens for each in vectors])
    hits = []
    for place, (text, each, cosines) in enumerate(zip(texts, vectors, similar, strict=True)):
        chunk = Chunk(str(place), "context", place, 0, len(text), "")
        stored = StoredChunk(chunk, text, "context", "context", "", each.tokens)
        dense = float(query.dense @ each.dense)
        hits.append(Hit(stored, dense, dense, None, cosines, rank.max_sim(cosines)))
    return sorted(hits, key=lambda hit: -hit.score)
