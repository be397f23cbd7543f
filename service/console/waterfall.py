"""When each step of an answer ran and for how long, and what the controls decided in it. Shows no content."""

from collections.abc import Sequence

from nicegui import ui

from service.console.text import text
from service.core.conventions import CONTROL_EVENT
from service.core.traces import KeptSpan


def waterfall(spans: Sequence[KeptSpan]) -> None:
    """A table with a row a span, in the current place; each bar's place and length are also there in words."""
    whole = max((span.start_ms + span.ms for span in spans), default=0) or 1
    with ui.element("table").classes("timings").props('aria-label="Time by step"'):
        with ui.element("tr"):
            for name in ("Step", "When, and what its controls decided", "Time"):
                text(name, "th").props("scope=col")
        for span in spans:
            with ui.element("tr"):
                text(span.name.removeprefix("ragready."), "th").props("scope=row")
                with ui.element("td").classes("bar"):
                    _bar(span, whole)
                    _outcome(span)
                text(f"{span.ms:.1f} ms", "td", "number")


def _bar(span: KeptSpan, whole: float) -> None:
    begin, share = 100 * span.start_ms / whole, 100 * span.ms / whole
    bar = ui.element("div").style(f"margin-left: {begin:.1f}%; width: {share:.1f}%")
    bar.props(f'role=img aria-label="{span.start_ms:.1f} to {span.start_ms + span.ms:.1f} ms"')


def _outcome(span: KeptSpan) -> None:
    decided = [
        f"{each.attributes['ragready.control.name']}: {each.attributes['ragready.control.decision']}"
        for each in span.events
        if each.name == CONTROL_EVENT
    ]
    said = ([f"error: {span.error}"] if span.error else []) + decided
    if said:
        text(" · ".join(said), "span", "where")
