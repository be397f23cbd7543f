"""Where a sentence comes from: the quote within its surroundings, and the whole stored document.

Reads the records at the moment of looking, and says so when the document is gone or has changed since the answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from nicegui import ui

from service.console.problem import problem
from service.console.text import text
from service.core.answers import Caller, Citation
from service.core.app import App
from service.core.errors import RagreadyError, Unauthorised, UnknownDocument
from service.core.types import Document
from service.rag.access import document_for

_SURROUNDING_CHARACTERS = 250
_REDACTED = "Something was taken out of this sentence. The document has it as it stands."
_SCROLL = "() => document.querySelector('.document mark')?.scrollIntoView({block: 'center'})"
# Whose page it is, as the visitor's key stands now. Raises Unauthorised once it is revoked.
Who: TypeAlias = Callable[[], Awaitable[Caller]]


@dataclass(frozen=True)
class Viewer:
    """The dialog of one visitor's page that shows whole documents, where they are read from, and for whom."""

    app: App
    who: Who
    dialog: ui.dialog
    card: ui.card


def make_viewer(app: App, who: Who) -> Viewer:
    """Build the dialog, closed. Opened, it scrolls to the quote."""
    dialog = ui.dialog().props("transition-duration=100")
    dialog.on("show", js_handler=_SCROLL)
    with dialog, ui.card().classes("document") as card:
        pass
    return Viewer(app, who, dialog, card)


async def fill_passage(viewer: Viewer, passage: ui.element, citation: Citation) -> None:
    """Put the quote, with what stands around it, into `passage`."""
    document = await _document(viewer, citation)
    passage.clear()
    with passage:
        _heading(citation)
        if document is None or citation.redacted:
            text(_REDACTED if document else _gone(citation).detail, "p")
            text(citation.quote, "mark")
            return
        with ui.element("div").classes("text"):
            text(_before(document.text[: citation.start]))
            text(citation.quote, "mark")
            text(_after(document.text[citation.end :]))


async def open_document(viewer: Viewer, citation: Citation) -> None:
    """Show the whole document in the dialog."""
    viewer.card.clear()
    with viewer.card:
        try:
            document = await _document(viewer, citation)
            _whole(citation, document)
        except Unauthorised:
            ui.navigate.to("/")  # which asks for a key
            return
        except RagreadyError as error:
            problem(error)
        ui.button("Close", on_click=viewer.dialog.close).props("flat no-caps")
    viewer.dialog.open()


def _whole(citation: Citation, document: Document | None) -> None:
    if document is None:
        raise _gone(citation)
    _heading(citation)
    with ui.element("div").classes("text").props('tabindex=0 role=region aria-label="Document text"'):
        text(document.text[: citation.start])
        text(document.text[citation.start : citation.end], "mark")
        text(document.text[citation.end :])


async def _document(viewer: Viewer, citation: Citation) -> Document | None:
    """The document that was cited; None when it is gone for this visitor, or its text is another one by now.

    Whether the text behind a redacted quote has changed cannot be told: the quote is no longer the document's.
    """
    try:
        found = await document_for(viewer.app, await viewer.who(), citation.document)
    except UnknownDocument:
        return None
    return found if citation.redacted or found.text[citation.start : citation.end] == citation.quote else None


def _gone(citation: Citation) -> UnknownDocument:
    return UnknownDocument(
        f"{citation.source} was removed or changed since this answer.", "Ask again to answer from what is there now."
    )


def _before(content: str) -> str:
    if len(content) <= _SURROUNDING_CHARACTERS:
        return content
    cut = content[-_SURROUNDING_CHARACTERS:]
    return "… " + cut[cut.find(" ") + 1 :]


def _after(content: str) -> str:
    if len(content) <= _SURROUNDING_CHARACTERS:
        return content
    cut = content[:_SURROUNDING_CHARACTERS]
    return cut[: cut.rfind(" ") + 1] + "…"


def _heading(citation: Citation) -> None:
    text(citation.title, "strong", "title")
    text(f"{citation.space} · {citation.source}", "div", "where")
