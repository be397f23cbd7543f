"""A provider's chat model through LangChain's `init_chat_model`. LangChain's types and errors stop here.

Nothing is retried here and in no provider's client: service.rag.consult tries again, and bounds the time.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, cast

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage

from service.core.chat import Ended
from service.core.errors import (
    InvalidSettings,
    ModelBrokeOff,
    ModelProblem,
    ModelTimeout,
    ModelUnavailable,
    UnknownModel,
)
from service.core.settings import Settings

# Statuses of a provider that is busy or stumbled; 529 is Anthropic's "overloaded".
_WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504, 529})
# What providers say when an answer ended at its limit of tokens.
_CUT = frozenset({"length", "max_tokens", "MAX_TOKENS"})


def provider_model(name: str, settings: Settings) -> BaseChatModel:
    """LangChain's model for PROVIDER:MODEL. Raises UnknownModel and InvalidSettings; connects to nothing yet.

    The key is the setting's or, without it, the variable that the provider's client reads, such as OPENAI_API_KEY.
    """
    provider, _, model = name.partition(":")
    key = settings.model_api_key.get_secret_value() if settings.model_api_key else None
    given: dict[str, Any] = {
        option: value for option, value in (("base_url", settings.model_url), ("api_key", key)) if value
    }
    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **given)
        # not every provider's class has these; one that has none of them may refuse them
        wanted: dict[str, Any] = {"max_retries": 0, "max_tokens": settings.model_max_tokens, "stream_usage": True}
        wanted["stream_chunk_timeout"] = None  # a limit of LangChain's own; service.rag.consult has the limits
        given |= {name: value for name, value in wanted.items() if name in type(made).model_fields}
        made = init_chat_model(model, model_provider=provider, **given)
    except ImportError as error:
        raise UnknownModel(f"{name!r} needs a package that is not installed.", f"{error}.") from error
    # every provider's client has errors of its own for settings that it does not take; their text may quote a key
    except Exception as error:
        if "Unsupported provider" in str(error):
            raise UnknownModel(f"There is no provider {provider!r}.", " ".join(str(error).split()) + ".") from error
        raise InvalidSettings(
            f"RAGREADY_MODEL={name} cannot be used: {type(error).__name__}.",
            "Check RAGREADY_MODEL_API_KEY, or the provider's own variable for it, and RAGREADY_MODEL_URL.",
        ) from error
    return made


class Provided:
    """A LangChain chat model as our ChatModel."""

    simulated = False

    def __init__(self, name: str, settings: Settings, model: BaseChatModel | None = None) -> None:
        """`model` replaces the one that the name means."""
        self.name = name
        self.model = model or provider_model(name, settings)

    async def stream(self, system: str, user: str) -> AsyncGenerator[str | Ended, None]:
        """The answer in the provider's pieces, and what it told at the end.

        Raises ModelUnavailable, ModelTimeout, ModelBrokeOff.
        """
        messages = [*([SystemMessage(system)] if system else []), HumanMessage(user)]
        begun, whole, ended = False, True, Ended()
        try:
            pieces = cast(AsyncGenerator[AIMessageChunk, None], self.model.astream(messages))
            async with aclosing(pieces):
                async for piece in pieces:
                    begun = begun or bool(piece.text)
                    ended = _ended(ended, piece)
                    whole = _whole(whole, piece)
                    yield piece.text
        # every provider's client has errors of its own; their text may quote the prompt, so only their type is told
        except Exception as error:
            raise _translated(self.name, error, begun) from error
        if not whole:
            raise ModelBrokeOff(f"{self.name} broke off: the connection ended before the answer did.", "Ask again.")
        yield ended


def _ended(before: Ended, piece: AIMessageChunk) -> Ended:
    """What is known of the end after this piece. Counts of several pieces add up, as in LangChain's own sum."""
    counted = piece.usage_metadata
    cut = before.cut or bool(_CUT & {piece.response_metadata.get(name) for name in ("finish_reason", "stop_reason")})
    if counted is None:
        return Ended(before.input_tokens, before.output_tokens, cut)
    read = (before.input_tokens or 0) + counted["input_tokens"]
    return Ended(read, (before.output_tokens or 0) + counted["output_tokens"], cut)


def _whole(before: bool, piece: AIMessageChunk) -> bool:
    """Whether an answer that ends behind this piece is whole: in OpenAI's form the reason of its end has come.

    A closed connection looks to its client like the end. Of other forms it is not known that each tells a reason.
    """
    said = piece.response_metadata
    if "finish_reason" in said:
        return True
    return before and not (piece.text and said.get("model_provider") == "openai")


def _status(error: Exception) -> int | None:
    """The HTTP status that a provider's error carries, wherever its client keeps it."""
    places = (getattr(error, "status_code", None), getattr(getattr(error, "response", None), "status_code", None))
    return next((each for each in places if isinstance(each, int)), None)


def _again_in_seconds(error: Exception, status: int | None) -> float | None:
    """How long the provider wants to be left alone; None when another try is of no use."""
    if status not in _WORTH_ANOTHER_TRY:
        return None
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
    wanted = headers.get("retry-after", "")
    return float(wanted) if wanted.isdigit() else 0.0


def _translated(name: str, error: Exception, begun: bool) -> ModelProblem:
    status = _status(error)
    what = type(error).__name__ + (f", HTTP status {status}" if status else "")
    if begun:
        return ModelBrokeOff(f"{name} broke off: {what}.", "Ask again.")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ModelTimeout(f"{name} took too long: {what}.", "Ask again, or raise RAGREADY_MODEL_TIMEOUT_SECONDS.")
    remedy = "Check its key and address, and that the provider is up; the log has more."
    return ModelUnavailable(f"{name} did not answer: {what}.", remedy, _again_in_seconds(error, status))
