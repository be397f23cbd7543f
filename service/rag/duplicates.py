"""Copies among the hits: of passages that say the same, only the best is kept."""

from service.core.types import Hit
from service.rag.controls import Checked


def without_copies(hits: list[Hit]) -> Checked[list[Hit]]:
    """The hits, best first, without those that repeat a better one."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.stored.text, hit)
    return Checked(list(first.values()), "allow", f"{len(hits) - len(first)} copies left out")
