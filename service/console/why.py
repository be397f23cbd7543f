"""Why an answer says what it says, on demand: each source, and what the answer becomes without it."""

from nicegui import ui

from service.console.problem import problem
from service.console.source import Who
from service.console.text import text
from service.core.answers import Answer
from service.core.app import App
from service.core.errors import RagreadyError, Unauthorised
from service.rag.why import Effect, Source, Why, explained

_EFFECTS: dict[Effect, str] = {
    "declines": "declines",
    "changes": "another answer",
    "same": "the same",
    "not-tried": "not tried",
}


def offer(app: App, who: Who, answer: Answer) -> None:
    """A button that makes the answer again without each of its sources, and shows what came of it below."""
    with ui.element("details").classes("why"):
        text("Why this answer", "summary")
        button = ui.button("Take each source away").props("flat no-caps")
        with ui.element("div").props("aria-live=polite") as place:
            pass

    async def explain() -> None:
        button.disable()
        place.clear()
        try:
            why = await explained(app, await who(), answer.id)
            with place:
                _table(why)
        except Unauthorised:
            ui.navigate.to("/")  # which asks for a key
        except RagreadyError as error:
            with place:
                problem(error)
        finally:
            button.enable()

    button.on_click(explain)


def _table(why: Why) -> None:
    if not why.repeats:
        text("The answer does not come back the same, so no source was taken away.", "p", "notice")
    with ui.element("div").classes("wide").props('tabindex=0 role=region aria-label="Sources"'), ui.element("table"):
        with ui.element("tr"):
            for name in ("Document", "Cited", "Answer without it"):
                text(name, "th").props("scope=col")
        for each in why.sources:
            with ui.element("tr"):
                _row(each)


def _row(source: Source) -> None:
    with ui.element("td"):
        text(source.stored.title, "div")
        text(source.stored.source, "div", "where")
    text("yes" if source.cited else "no", "td")
    with ui.element("td"):
        text(_EFFECTS[source.effect], "strong" if source.necessary else "span", "effect")
        if source.without and source.necessary:
            abstention = source.without.abstention
            text(abstention.reason if abstention else source.without.text, "div", "where")
