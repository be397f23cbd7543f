"""What an answer looks like: cited sentences, or an abstention with its reason and what was found instead."""

from collections.abc import Sequence

from nicegui import ui

from service.console.source import Viewer, open_document
from service.console.text import text
from service.core.answers import Abstention, Citation, Hit

_FOUND_SHOWN = 3
_FOUND_CHARACTERS = 200


def sentence(citation: Citation, number: int, viewer: Viewer) -> ui.element:
    """A sentence and its mark [n]; a click opens the document. Returns the place that pointing at the mark shows."""

    async def open_whole() -> None:
        await open_document(viewer, citation)

    with ui.element("div").classes("sentence"):
        text(f"{citation.sentence} ")
        mark = text(f"[{number}]", "button", "cite")
        with ui.element("div").classes("passage") as passage:
            text(citation.quote, "mark")
    passage.props("role=tooltip aria-live=off")
    mark.props(f'type=button aria-label="Source {number}" aria-describedby={passage.html_id}')
    mark.on("click", open_whole)
    mark.on("keydown.escape", js_handler="(event) => event.target.blur()")
    return passage


def abstention(declines: str, why: Abstention, hits: Sequence[Hit]) -> None:
    """That the answer declines, why, and what was found instead."""
    with ui.element("div").classes("notice abstention"):
        text(declines, "strong")
        text(why.reason, "p")
        text(why.code, "code")
    if not hits:
        return
    text("Found instead", "h2")
    with ui.element("ul").classes("found"):
        for hit in hits[:_FOUND_SHOWN]:
            with ui.element("li"):
                text(hit.stored.title, "strong")
                text(f"{hit.stored.space} · {hit.stored.source}", "div", "where")
                text(_start(hit.stored.text), "div")


def _start(content: str) -> str:
    return content if len(content) <= _FOUND_CHARACTERS else content[:_FOUND_CHARACTERS].rstrip() + " …"
