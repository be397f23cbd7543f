"""A chat model writes the answer from the hits, and says which one each sentence rests on.

The hits are delimited and escaped as text that nobody vouches for. Whether a sentence is supported is not judged here.
"""

from collections.abc import Sequence

from service.core.chat import ChatModel
from service.core.types import Claim, Hit


async def generated(model: ChatModel, question: str, hits: Sequence[Hit], timeout_seconds: float) -> list[Claim]:
    """The sentences of a model's answer, each with the hit that it cites. Raises ModelProblem."""
    raise NotImplementedError
