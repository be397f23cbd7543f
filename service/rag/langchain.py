"""What is ours, offered to LangChain: the encoder as Embeddings, the index as a retriever, a model as a chat model.

A chain of your own can so sit on this index with its access rules intact: a retriever belongs to one caller and
searches what that caller may read, through every control of retrieval.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever

from service.core.answers import Caller, Hit, Question
from service.core.app import App
from service.core.chat import ChatModel
from service.core.embedder import Encoder
from service.rag import access, context, guard, strategies
from service.rag.asking import Asking
from service.rag.controls import Controls
from service.rag.meter import Meter


class EncoderEmbeddings(Embeddings):
    """Our encoder's vectors, unit length."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text; what is longer than the encoder reads is cut off."""
        return [each.dense.tolist() for each in self._encoder.embed_chunks([""] * len(texts), texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        vector: list[float] = self._encoder.embed_query(text).dense.tolist()
        return vector


class SpaceRetriever(BaseRetriever):
    """Hits for one caller: the guards, access rules and ranking of production, without judging or answering."""

    app: Any
    caller: Caller
    spaces: tuple[str, ...] | None = None
    strategy: str = "hybrid"

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = await hits(self.app, Question(query, self.caller, self.spaces, self.strategy))
        return [_document(hit) for hit in found]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = asyncio.run(hits(self.app, Question(query, self.caller, self.spaces, self.strategy)))
        return [_document(hit) for hit in found]


async def hits(app: App, question: Question) -> Sequence[Hit]:
    """What production would answer from. Raises RagreadyError."""
    controls = Controls(app.settings.controls_off, app.telemetry)
    asked = guard.guarded(app, question, controls)
    reach = await access.reach(app, asked, controls)
    asking = Asking(app.telemetry.untraced(), controls, Meter(app.settings))
    found = await strategies.find(app, asked, reach, asking)
    return controls.apply("context-guard", partial(context.screened, app.detect), found.hits)


class OurChat(BaseChatModel):
    """A ChatModel of ours behind LangChain's interface; `patience_seconds` bounds one answer."""

    model: Any
    patience_seconds: float

    @property
    def _llm_type(self) -> str:
        name: str = self.model.name
        return name

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        """Outside an event loop, as a chain's `invoke` is. Raises TimeoutError and what the model raises."""
        text = asyncio.run(_collected(self.model, messages, self.patience_seconds))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


async def _collected(model: ChatModel, messages: Sequence[BaseMessage], seconds: float) -> str:
    system = "\n".join(each.text for each in messages if isinstance(each, SystemMessage))
    user = "\n".join(each.text for each in messages if not isinstance(each, SystemMessage))
    async with asyncio.timeout(seconds):
        return "".join([piece async for piece in model.stream(system, user) if isinstance(piece, str)])


def _document(hit: Hit) -> Document:
    stored = hit.stored
    metadata = {"source": stored.source, "title": stored.title, "space": stored.space, "score": hit.score}
    return Document(stored.text, id=stored.chunk.id, metadata=metadata)
