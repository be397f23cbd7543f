"""The page behind the key: takes a question, shows the answer as it comes. Decides nothing about the answer itself."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui

from service.console import details, why
from service.console.answer import abstention, sentence
from service.console.problem import problem
from service.console.source import Viewer, Who, fill_passage, make_viewer
from service.console.text import text
from service.core.answers import Caller, Citation, Question
from service.core.app import App
from service.core.errors import InvalidRequest, RagreadyError, Unauthorised
from service.core.types import Space
from service.rag import access, pipeline
from service.rag.strategies import STRATEGIES

_CONNECT_SECONDS = 30


@dataclass(frozen=True)
class Form:
    """What a person fills in, the place where the answer appears, and what is being answered at this moment."""

    question: ui.input
    spaces: dict[str, ui.checkbox]
    strategy: ui.radio
    button: ui.button
    status: ui.label
    answer: ui.element
    running: set["asyncio.Task[Any]"] = field(default_factory=set)


async def question_page(app: App, who: Who) -> None:
    """Build the page for one visitor; `who` tells at each question whether the visitor's key still holds."""
    with ui.element("div").classes("page"):
        text("Ragready", "h1")
        # the form comes once the socket is open: nicegui drops what a person types before that
        await ui.context.client.connected(timeout=_CONNECT_SECONDS)
        try:
            spaces = await access.spaces_for(app, await who())
        except RagreadyError as error:
            problem(error)
            return
        if not spaces:
            text(
                "There are no documents for you yet: run ragready ingest FOLDER --space NAME, then reload.",
                "p",
                "notice",
            )
            return
        form = _form(spaces)
        viewer = make_viewer(app, who)

    async def ask() -> None:
        await _ask(app, form, viewer)

    def stop() -> None:
        for task in form.running:
            task.cancel()

    ui.context.client.on_delete(stop)  # whoever closed the page waits for nothing any more
    form.button.on_click(ask)
    form.question.on("keydown.enter", ask)
    ui.on_exception(lambda: _failed(form))


def _form(spaces: list[Space]) -> Form:
    with ui.element("div").classes("ask"):
        question = ui.input("Your question").props("outlined autofocus autocomplete=off").classes("question")
        button = ui.button("Ask", color=None).props("unelevated no-caps").classes("act")
    with ui.element("div").classes("choices"):
        with ui.element("fieldset"):
            text("Spaces", "legend")
            chosen = {space.name: ui.checkbox(space.name, value=True).props("dense") for space in spaces}
        with ui.element("fieldset"):
            text("Strategy", "legend")
            strategy = ui.radio(list(STRATEGIES), value="hybrid").props("inline dense")
    status = ui.label().classes("status").props("role=status")
    answer = ui.element("section").classes("answer").props('aria-live=polite aria-label="Answer"')
    return Form(question, chosen, strategy, button, status, answer)


async def _ask(app: App, form: Form, viewer: Viewer) -> None:
    if not form.button.enabled:
        return
    form.button.disable()
    form.answer.clear()
    form.status.set_text("Looking …")
    running = asyncio.current_task()
    assert running is not None  # noqa: S101  # a coroutine runs in a task
    form.running.add(running)
    try:
        with form.answer:
            form.status.set_text(await _answered(app, _question(form, await viewer.who()), viewer))
    except Unauthorised:
        ui.navigate.to("/")  # which asks for a key
    except RagreadyError as error:
        _failed(form, error)
    finally:
        form.running.discard(running)
        form.button.enable()


def _question(form: Form, caller: Caller) -> Question:
    names = tuple(name for name, box in form.spaces.items() if box.value)
    if not names:
        raise InvalidRequest("No space is chosen.", "Choose at least one.")
    spaces = None if len(names) == len(form.spaces) else names
    return Question(form.question.value, caller, spaces, str(form.strategy.value))


async def _answered(app: App, question: Question, viewer: Viewer) -> str:
    """Show the answer in the current place, sentence by sentence; returns what the status line says."""
    if app.model is not None and app.model.simulated:
        text("Simulated: no language model writes this answer.", "p", "notice simulated")
    sentences = ui.element("div").classes("sentences")
    passages: list[tuple[ui.element, Citation]] = []

    def emit(citation: Citation) -> None:
        with sentences:
            passages.append((sentence(citation, len(passages) + 1, viewer), citation))

    answer = await pipeline.answer(app, question, emit)
    if answer.abstention:
        abstention(answer.text, answer.abstention, answer.hits)
    for each in answer.unanswered:
        text(f"Not answered by the documents: {each}", "p", "notice")
    why.offer(app, viewer.who, answer)
    details.show(app, question.caller, answer)
    for passage, citation in passages:
        await fill_passage(viewer, passage, citation)
    return f"{'Declined' if answer.abstention else 'Answered'} in {answer.timings_ms['total']:.0f} ms"


def _failed(form: Form, error: RagreadyError | None = None) -> None:
    form.status.set_text("")
    with form.answer:
        problem(error or RagreadyError("The question could not be answered.", "The log names the cause; try again."))
