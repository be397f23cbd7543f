"""What a failure looks like: its title, what is wrong, what to do, and its stable code."""

from nicegui import ui

from service.console.text import text
from service.core.errors import RagreadyError


def problem(error: RagreadyError) -> None:
    """Show an error, announced to screen readers at once."""
    with ui.element("div").classes("problem").props("role=alert"):
        text(error.title, "strong")
        text(error.detail, "p")
        text(error.remedy, "p")
        text(error.code, "code")
