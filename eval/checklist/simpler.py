"""Two things simpler than retrieval with an encoder: nothing at all, and a search for words.

They are baselines to be beaten, and answer with one sentence or none.
"""

from dataclasses import dataclass

from eval.target import InProcess, Seen, SeenHit
from service.core.answers import Caller, local_caller
from service.core.app import App
from service.core.sentences import readable, sentences
from service.core.types import StoredChunk
from service.rag import access
from service.rag.judge import DECLINES
from service.rag.threads import in_thread
from service.rag.words import content_words


class ClosedBook:
    """What can be said without a document: that nothing can be said."""

    name = "closed book"

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:  # noqa: ARG002  # the signature of Target
        """Decline."""
        return _seen(self.name, None, "")

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:  # noqa: ARG002  # the signature of Target
        """None: it reads nothing."""
        return None


@dataclass(frozen=True)
class KeywordsOnly:
    """BM25 over what the asker may read, and of its first chunk the sentence that holds most words of the question."""

    app: App
    name: str = "keywords only"

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:
        """The sentence. Raises RagreadyError."""
        asker = caller or local_caller(self.app.settings.tenant)
        readable_now = access.chosen_spaces(spaces, await access.spaces_for(self.app, asker))
        indexes = [each.index for each in readable_now]
        found = await in_thread(self.app.records.search, indexes, question, 1)
        best = max((each for chunks in found for each in chunks), key=lambda each: each.score, default=None)
        if best is None:
            return _seen(self.name, None, "")
        stored = await in_thread(self.app.records.chunks, indexes, [best.chunk_id])
        return _seen(self.name, stored[best.chunk_id], sentence(question, stored[best.chunk_id].text))

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:
        """As production's."""
        return InProcess(self.app).reader_of(spaces)


def sentence(question: str, text: str) -> str:
    """The sentence of a text that shares most words with the question, the first of them; empty where there is none."""
    asked = content_words(question)
    shown = [readable(text, each) for each in sentences(text)]
    return max(shown, key=lambda each: len(content_words(each) & asked), default="")


def _seen(name: str, stored: StoredChunk | None, said: str) -> Seen:
    hits = (
        (SeenHit(stored.source, stored.space, stored.chunk.document_id, stored.chunk.id, None, stored.text),)
        if stored
        else ()
    )
    return Seen(
        text=said or DECLINES,
        abstained=not said,
        reason_code=None if said else "no-match",
        citations=(),
        hits=hits,
        strategy=name,
        model="none",
    )
