"""The seam to a chat model: a system prompt and a user prompt in, text out in pieces.

How a name becomes a model stands in service.rag.models; the extractive reader is not one.
"""

from collections.abc import AsyncIterator
from typing import Protocol


class ChatModel(Protocol):
    """What generation needs of a model. `stream` raises ModelUnavailable, ModelTimeout, ModelBrokeOff."""

    @property
    def name(self) -> str:
        """The name in the settings, `PROVIDER:MODEL` or `sim:PROFILE`."""

    @property
    def simulated(self) -> bool:
        """Whether this only imitates a model."""

    def stream(self, system: str, user: str) -> AsyncIterator[str]:
        """The answer, piece by piece."""
