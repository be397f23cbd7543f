"""Holds back what is no text worth searching."""

from ingestion.draft import Draft
from service.core.app import App
from service.core.types import Space


def checked(app: App, space: Space, draft: Draft) -> Draft:  # noqa: ARG001  # every step has the same signature
    """The draft with its language. Raises a DocumentProblem for what a gate holds back."""
    return draft
