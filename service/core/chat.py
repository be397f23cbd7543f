"""The seam to a chat model: a system prompt and a user prompt in, text out in pieces.

How a name becomes a model stands in service.rag.models, how often and how long one is asked in service.rag.consult; the
extractive reader is not one.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ended:
    """What a provider tells at the end: the tokens that it counted, None where it does not, and whether it ran out."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cut: bool = False


class ChatModel(Protocol):
    """What generation needs of a model. `stream` raises ModelUnavailable, ModelTimeout, ModelBrokeOff."""

    @property
    def name(self) -> str:
        """The name in the settings, `PROVIDER:MODEL` or `sim:PROFILE`."""

    @property
    def simulated(self) -> bool:
        """Whether this only imitates a model."""

    def stream(self, system: str, user: str) -> AsyncGenerator[str | Ended, None]:
        """The answer, piece by piece, and perhaps how it ended."""
