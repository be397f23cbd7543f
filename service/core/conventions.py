"""What a span may say: the names of spans, events and attributes, and how the GenAI attributes are filled.

Attributes that begin with `gen_ai.` are those of OpenTelemetry's semantic conventions, in the version named here and
nowhere else; the others are ours. Only CONTENT holds text of a question or an answer. Nothing is recorded here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from service.core.answers import Answer
from service.core.settings import Settings

# the last release of the core conventions that defines gen_ai.*; later ones only point to a repository of its own
CONVENTIONS_VERSION = "1.41.0"
SCHEMA_URL = f"https://opentelemetry.io/schemas/{CONVENTIONS_VERSION}"

Step: TypeAlias = Literal[
    "guard",
    "rewrite",
    "access",
    "cache",
    "plan",
    "encode",
    "search",
    "rank",
    "grade",
    "screen",
    "judge",
    "draft",
    "check",
    "cite",
    "keep",
    "remember",
]
Wait: TypeAlias = Literal["first_token", "sentence_delay"]
Outcome: TypeAlias = Literal["answered", "abstained", "refused", "failed", "abandoned"]
AttributeName: TypeAlias = Literal[
    "error.type",
    "ragready.outcome",
    "ragready.strategy",
    "ragready.model",
    "ragready.simulated",
    "ragready.confidence",
    "ragready.abstention",
    "ragready.citations",
    "ragready.hits",
    "ragready.chunks",
    "ragready.degraded",
    "ragready.parts",
    "ragready.plan",
    "ragready.rewritten",
    "ragready.tokens.estimated",
    "ragready.cost",
    "ragready.control.name",
    "ragready.control.decision",
    "ragready.control.ms",
    "ragready.wait",
    "ragready.wait.ms",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.request.top_k",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
]
AttributeValue: TypeAlias = str | bool | int | float | tuple[str, ...]
Attributes: TypeAlias = Mapping[str, AttributeValue]

QUESTION_SPAN = "ragready.question"
CONTROL_EVENT = "ragready.control"
WAIT_EVENT = "ragready.wait"
ERROR: AttributeName = "error.type"
OUTCOME: AttributeName = "ragready.outcome"
CONTENT: frozenset[AttributeName] = frozenset({"gen_ai.input.messages", "gen_ai.output.messages", "ragready.plan"})

_IN_PROCESS = "ragready"
# what LangChain calls a provider, where the conventions call it otherwise
_PROVIDERS = {
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}


def of_steps(settings: Settings) -> Mapping[Step, Attributes]:
    """What each step's span says about every question alike."""
    return {
        "encode": {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.provider.name": _IN_PROCESS,
            "gen_ai.request.model": settings.encoder,
        },
        "search": {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.provider.name": _IN_PROCESS,
            "gen_ai.request.top_k": float(settings.candidates),
        },
    }


def of_chat(model: str, input_tokens: int | None, output_tokens: int | None) -> Attributes:
    """What the span of a step says that asked a chat model, `PROVIDER:MODEL` or `sim:PROFILE`."""
    provider, _, name = model.partition(":")
    said: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": name or model,
    }
    if input_tokens is not None:
        said["gen_ai.usage.input_tokens"] = input_tokens
    if output_tokens is not None:
        said["gen_ai.usage.output_tokens"] = output_tokens
    return said


def of_answer(answer: Answer) -> Attributes:
    """What the question's span says about its answer: counts, names from closed sets, and settings; no text."""
    said: dict[str, AttributeValue] = {
        "ragready.strategy": answer.strategy,
        "ragready.model": answer.model,
        "ragready.simulated": answer.simulated,
        "ragready.confidence": round(answer.confidence, 4),
        "ragready.citations": len(answer.citations),
        "ragready.hits": len(answer.hits),
        "ragready.chunks": tuple(each.stored.chunk.id for each in answer.hits),
    }
    if answer.abstention:
        said["ragready.abstention"] = answer.abstention.code
    if answer.degraded:
        said["ragready.degraded"] = answer.degraded
    if answer.rewritten is not None:
        said["ragready.rewritten"] = True
    if answer.usage:
        said["ragready.tokens.estimated"] = answer.usage.estimated
    if answer.usage and answer.usage.cost is not None:
        said["ragready.cost"] = answer.usage.cost
    return said


def of_plan(questions: Sequence[str], content: bool) -> Attributes:
    """What a plan's span says: how many questions beside the one asked, and where content is wanted which."""
    number: Attributes = {"ragready.parts": len(questions)}
    return {**number, "ragready.plan": tuple(questions)} if content else number


def question_text(text: str) -> Attributes:
    """The question as the guards let it through."""
    return {"gen_ai.input.messages": _messages("user", text)}


def answer_text(text: str) -> Attributes:
    """The answer as it leaves the process."""
    return {"gen_ai.output.messages": _messages("assistant", text, finish_reason="stop")}


def _messages(role: str, text: str, **more: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}], **more}], ensure_ascii=False)
