"""Decides at commit what a document is to the others: current, a copy of one, or superseded by one."""

from dataclasses import dataclass

from ingestion.prepare import Prepared
from service.core.app import App
from service.core.types import Document, Space, Standing


@dataclass(frozen=True)
class Verdict:
    """A document's standing, the one in whose favour, and current documents that lose theirs to it, by new standing."""

    standing: Standing
    in_favour_of: str | None = None
    displaced: tuple[tuple[Document, Standing], ...] = ()


def decided(app: App, space: Space, prepared: Prepared) -> Verdict:  # noqa: ARG001
    """What becomes of a document beside those that are there. Called under the tenant's lock."""
    return Verdict("current")


def successors(app: App, gone: Document) -> list[Document]:  # noqa: ARG001
    """Documents that become current now that `gone` no longer is. Called under the tenant's lock, after its removal."""
    return []
