"""The bodies of the OpenAI-compatible API: what is taken of a request, and what a completion looks like.

A caller's parameters that would only change a model's manner are ignored, and named in the answer; those that ask for
another kind of answer are refused.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_serializer

from service.api.schemas import AnswerBody, CitationBody
from service.core.answers import Message
from service.core.errors import InvalidRequest, UnknownModel
from service.rag.strategies import STRATEGIES

PREFIX = "ragready-"
IGNORED = frozenset(
    (
        *("temperature", "top_p", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty"),
        *("seed", "logit_bias", "user", "metadata", "store", "service_tier", "reasoning_effort", "verbosity"),
        *("safety_identifier", "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls"),
    )
)
# Parameters that are refused, and the values at which they ask for nothing.
REFUSED: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "stop": ([],),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
}
_SYSTEM = frozenset({"system", "developer"})


class TextPart(BaseModel):
    """A part of a message's content."""

    type: str
    text: str | None = None


class ChatMessage(BaseModel):
    """A message of a conversation. Names and calls of tools are not read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    def text(self) -> str:
        """The text of a message. Raises InvalidRequest when it holds something else."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        if other := next((each.type for each in self.content if each.type != "text"), None):
            raise InvalidRequest(f"A message holds a part of the type {other!r}.", "Send text alone.")
        return "\n".join(each.text or "" for each in self.content)


class StreamOptions(BaseModel):
    """Whether the last chunk tells the usage."""

    include_usage: bool = False


class ChatOptions(BaseModel):
    """What of ours a request may choose."""

    model_config = ConfigDict(extra="forbid")

    spaces: list[str] | None = Field(None, description="spaces to answer from; default every space of the caller")


class ChatBody(BaseModel):
    """A request for a completion."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "model": "ragready-hybrid",
                    "messages": [{"role": "user", "content": "How long is the battery covered?"}],
                }
            ]
        },
    )

    model: str = Field(description="`ragready-` and a strategy; GET /v1/models lists them")
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    ragready: ChatOptions = Field(default_factory=ChatOptions)

    def strategy(self) -> str:
        """The strategy that the model's name means. Raises UnknownModel."""
        return strategy_of(self.model)

    def conversation(self) -> tuple[Message, ...]:
        """What was said, without system messages; the last of it is the question. Raises InvalidRequest."""
        said = [(each.role, each.text()) for each in self.messages if each.role not in _SYSTEM]
        if not said or said[-1][0] != "user":
            raise InvalidRequest("The last message is not the user's.", "End the messages with the question.")
        if other := next((role for role, _ in said if role not in {"user", "assistant"}), None):
            raise InvalidRequest(f"A message has the role {other!r}, and there are no tools here.", "Leave it out.")
        return tuple(Message("user" if role == "user" else "assistant", text) for role, text in said)

    def ignored(self) -> list[str]:
        """What of the request changes nothing, by name. Raises InvalidRequest when something is not supported."""
        given = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        for name, value in given.items():
            if name not in IGNORED and value not in REFUSED.get(name, ()):
                raise InvalidRequest(
                    f"The parameter {name[:40]!r} is not supported, or not with this value.",
                    "docs/api.md lists what is supported, and what is ignored.",
                )
        system = ["system messages"] if any(each.role in _SYSTEM for each in self.messages) else []
        return [*sorted(IGNORED & given.keys()), *system]


class ModelBody(BaseModel):
    """A strategy as a model; `model` says what writes its answers."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "ragready"
    model: str
    simulated: bool


class ModelsBody(BaseModel):
    """Every strategy as a model."""

    object: Literal["list"] = "list"
    data: list[ModelBody]


class ExtensionBody(AnswerBody):
    """Everything of our own answer but its text, and what of the request was ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    answer: str = Field(exclude=True)
    ignored: list[str] = Field(description="parameters, and `system messages`, that changed nothing")


class CompletionUsage(BaseModel):
    """Tokens as OpenAI counts them; estimated where `ragready.usage` is null or says so."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one completion."""

    index: Literal[0] = 0
    message: CompletionMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class CompletionBody(BaseModel):
    """A completion, with citations and the rest of our answer in `ragready`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    ragready: ExtensionBody


class CitationsBody(BaseModel):
    """The citation of a sentence that is streamed."""

    citations: list[CitationBody]


class Delta(BaseModel):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None

    @model_serializer
    def _said(self) -> dict[str, str]:
        """Without what it does not add, as OpenAI's own chunks are."""
        return {name: value for name, value in (("role", self.role), ("content", self.content)) if value is not None}


class ChunkChoice(BaseModel):
    """The part of the one completion that a chunk carries."""

    index: Literal[0] = 0
    delta: Delta
    finish_reason: Literal["stop", "length"] | None = None


class ChunkBody(BaseModel):
    """A piece of a streamed completion: a checked sentence with its citation, or the end with everything else."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: CompletionUsage | None = None
    ragready: CitationsBody | ExtensionBody | None = None


def strategy_of(model: str) -> str:
    """The strategy that a model's name means. Raises UnknownModel, which lists the known ones."""
    known = [f"{PREFIX}{each}" for each in STRATEGIES]
    if model not in known:
        raise UnknownModel(f"There is no model {model[:80]!r}.", f"Models: {', '.join(known)}.")
    return model.removeprefix(PREFIX)
