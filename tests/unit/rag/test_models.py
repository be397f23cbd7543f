"""Which model a name means, and what becomes of a provider's errors."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from service.core.errors import (
    ModelBrokeOff,
    ModelTimeout,
    ModelUnavailable,
    RagreadyError,
    UnknownModel,
)
from service.core.settings import Settings
from service.rag import models, provider
from service.rag.simulated import Simulated


class Failing(GenericFakeChatModel):
    """A LangChain model whose stream fails after some pieces."""

    error: Any
    after: int = 0

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        place = 0
        async for piece in super()._astream(messages, *args, **kwargs):
            if place == self.after:
                raise self.error
            place += 1
            yield piece


class APITimeoutError(Exception):
    """Named like a provider's own."""


class AuthenticationError(Exception):
    """A provider's error with a status, whose text quotes what it was sent."""

    status_code = 401


def words(text: str = "The bell is brass [1].") -> Iterator[AIMessage]:
    """What a fake of LangChain answers."""
    return iter([AIMessage(text)])


def streamed(model: Any, settings: Settings | None = None) -> list[str]:
    """The pieces of an answer through our adapter."""
    adapted = provider.Provided("test:model", settings or Settings(), model)

    async def collected() -> list[str]:
        return [piece async for piece in adapted.stream("Rules.", "Is it brass?") if isinstance(piece, str)]

    return asyncio.run(collected())


def test_the_default_is_the_reader() -> None:
    """`extractive` is no chat model."""
    assert models.open_model(Settings().model, Settings()) is None


def test_a_simulated_model_says_that_it_is_one() -> None:
    """`sim:` gives a model that is labelled."""
    model = models.open_model("sim:len5-obey", Settings())
    assert isinstance(model, Simulated)
    assert (model.name, model.simulated) == ("sim:len5-obey", True)


@pytest.mark.parametrize("name", ["gpt", "", ":gpt", "openai:", "simulated"])
def test_a_name_that_means_no_model_lists_what_is_possible(name: str) -> None:
    """Whoever misspells a name is told the three kinds there are."""
    with pytest.raises(UnknownModel) as refused:
        models.open_model(name, Settings())
    assert all(kind in refused.value.remedy for kind in ("extractive", "sim:", "PROVIDER:MODEL"))


def test_an_unknown_provider_lists_the_known_ones() -> None:
    """A provider that LangChain does not know is refused with those that it does."""
    with pytest.raises(UnknownModel) as refused:
        models.open_model("brassbell:large", Settings())
    assert "'brassbell'" in refused.value.detail
    assert "ollama" in refused.value.remedy


def test_a_missing_package_is_named() -> None:
    """A known provider whose package is not installed says which one to install."""
    with pytest.raises(UnknownModel) as refused:
        models.open_model("anthropic:claude", Settings())
    assert "pip install langchain-anthropic" in refused.value.remedy


def test_a_providers_answer_comes_in_its_pieces() -> None:
    """Our adapter hands on what LangChain streams, as it comes."""
    pieces = streamed(GenericFakeChatModel(messages=words()))
    assert "".join(pieces) == "The bell is brass [1]."
    assert len([each for each in pieces if each]) > 2


@pytest.mark.parametrize(
    ("error", "after", "expected"),
    [
        (AuthenticationError("key sk-rosebud is wrong"), 0, ModelUnavailable),
        (ConnectionError("no route"), 0, ModelUnavailable),
        (TimeoutError(), 0, ModelTimeout),
        (APITimeoutError("slow"), 0, ModelTimeout),
        (ConnectionError("reset"), 2, ModelBrokeOff),
        (APITimeoutError("slow"), 2, ModelBrokeOff),
    ],
)
def test_a_providers_error_becomes_one_of_ours(error: Exception, after: int, expected: type[RagreadyError]) -> None:
    """Before the first piece a model is unavailable or late, after it broken off; the text of the error is not told."""
    with pytest.raises(expected) as failed:
        streamed(Failing(messages=words(), error=error, after=after))
    assert type(error).__name__ in failed.value.detail
    assert "rosebud" not in failed.value.detail + failed.value.remedy
