"""A provider's chat model through LangChain's `init_chat_model`. LangChain's types and errors stop here.

Nothing is retried here: the provider's own client does, within the time that one answer may take.
"""

from collections.abc import AsyncIterator
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from service.core.errors import (
    InvalidSettings,
    ModelBrokeOff,
    ModelProblem,
    ModelTimeout,
    ModelUnavailable,
    UnknownModel,
)
from service.core.settings import Settings


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

    async def stream(self, system: str, user: str) -> AsyncIterator[str]:
        """The answer in the provider's pieces. Raises ModelUnavailable, ModelTimeout, ModelBrokeOff."""
        messages = [*([SystemMessage(system)] if system else []), HumanMessage(user)]
        begun = False
        try:
            async for piece in self.model.astream(messages):
                begun = begun or bool(piece.text)
                yield piece.text
        # every provider's client has errors of its own; their text may quote the prompt, so only their type is told
        except Exception as error:
            raise _translated(self.name, error, begun) from error


def _translated(name: str, error: Exception, begun: bool) -> ModelProblem:
    status = getattr(error, "status_code", None)
    what = type(error).__name__ + (f", HTTP status {status}" if status else "")
    if begun:
        return ModelBrokeOff(f"{name} broke off: {what}.", "Ask again.")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ModelTimeout(f"{name} took too long: {what}.", "Ask again, or raise RAGREADY_MODEL_TIMEOUT_SECONDS.")
    return ModelUnavailable(
        f"{name} did not answer: {what}.", "Check its key and address, and that the provider is up; the log has more."
    )
