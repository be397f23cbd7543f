"""How an answer came about: facts, time by step, and the chunks that were retrieved. Shows no chunk's text.

Scores are for operators and admins, as in service.api.why.
"""

from collections.abc import Sequence

from nicegui import ui

from service.console.text import text
from service.console.waterfall import waterfall
from service.core.answers import Answer, Caller, Hit
from service.core.app import App
from service.core.errors import UnknownTrace
from service.core.roles import may
from service.core.traces import KeptSpan, of_timings


def show(app: App, caller: Caller, answer: Answer) -> None:
    """Everything beside the answer itself, in the current place."""
    with ui.element("div").classes("details").props("aria-live=off"):
        _facts(answer)
        text("Time by step", "h2")
        waterfall(_spans(app, caller, answer))
        with ui.element("details"):
            text(f"Hits ({len(answer.hits)})", "summary")
            _hits(answer.hits, numbers=may(caller, "see scores"))


def _spans(app: App, caller: Caller, answer: Answer) -> tuple[KeptSpan, ...]:
    try:
        return app.telemetry.traces.seen_by(caller, answer.trace_id).spans
    except UnknownTrace:  # tracing is switched off, or newer traces took the room: the answer has the times alone
        return of_timings(answer.timings_ms)


def _facts(answer: Answer) -> None:
    facts = {
        **({"Understood as": answer.rewritten} if answer.rewritten else {}),
        "Confidence": f"{answer.confidence:.2f}",
        "Strategy": answer.strategy,
        "Model": f"{answer.model} (simulated)" if answer.simulated else answer.model,
        **_model_facts(answer),
        "Trace": answer.trace_id or "off",
    }
    with ui.element("dl").classes("facts"):
        for name, value in facts.items():
            with ui.element("div"):
                text(name, "dt")
                text(value, "dd")


def _model_facts(answer: Answer) -> dict[str, str]:
    """What a chat model took: tokens and their price, the wait for its first token, and what checking added to that."""
    facts: dict[str, str] = {}
    if answer.usage:
        about = "about " if answer.usage.estimated else ""
        facts["Tokens"] = f"{about}{answer.usage.input_tokens:,} in, {answer.usage.output_tokens:,} out"
    if answer.usage and answer.usage.cost is not None:
        facts["Cost"] = f"{answer.usage.cost:.6f}"
    waits = {"First token": "first_token", "Delay of a sentence": "sentence_delay"}
    told = {name: answer.timings_ms[key] for name, key in waits.items() if key in answer.timings_ms}
    return facts | {name: f"{ms:.1f} ms" for name, ms in told.items()}


def _hits(hits: Sequence[Hit], numbers: bool) -> None:
    with ui.element("div").classes("wide").props('tabindex=0 role=region aria-label="Hits"'), ui.element("table"):
        with ui.element("tr"):
            for name in ("", "Document", "Space", *(("Score", "Dense", "Lexical") if numbers else ())):
                text(name, "th").props("scope=col")
        for number, hit in enumerate(hits, 1):
            with ui.element("tr"):
                text(str(number), "td", "number")
                with ui.element("td"):
                    text(hit.stored.title, "div")
                    text(hit.stored.source, "div", "where")
                text(hit.stored.space, "td")
                for score in (hit.score, hit.dense, hit.lexical) if numbers else ():
                    text("–" if score is None else f"{score:.3f}", "td", "number")
