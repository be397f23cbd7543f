"""Can one bad answer be explained the next day? Every question must leave one trace, with every step and no text."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass

from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, count, share_of
from eval.target import InProcess
from service.core.answers import local_caller
from service.core.app import App
from service.core.errors import UnknownTrace
from service.core.traces import KeptSpan

ALWAYS = frozenset(
    f"ragready.{name}"
    for name in ("guard", "access", "cache", "encode", "search", "rank", "screen", "judge", "keep", "remember")
)
ANSWERING = frozenset({"ragready.draft", "ragready.check", "ragready.cite"})
"""Steps of a question that is not declined."""


@dataclass(frozen=True)
class Left:
    """What one question left: whether all its steps are in one trace, whether words of it or of its answer are."""

    whole: bool
    text: bool


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """Ask questions that each hold a word of their own, and read their traces."""
    cases = lab.cases(lab.few(40, 10))
    if path == "demo":
        async with lab.target(path) as demo:
            seen = [await demo.ask(each.question) for each in cases]
        return _finding([Left(whole=bool(each.trace_id), text=False) for each in seen])
    with lab.samples(off) as app:
        return _finding([await _left(app, f"{each.question} {_word()}") for each in cases])


async def null_control(lab: Lab) -> Finding:
    """Tracing switched off: there is no trace to find."""
    return await measure(lab, "production", frozenset({"tracing"}))


def judged(whole: Figure, with_text: Figure) -> State:
    """Pass: every question left a whole trace, and no trace holds text."""
    return "pass" if whole.value == 1 and with_text.value == 0 else "fail"


async def _left(app: App, question: str) -> Left:
    seen = await InProcess(app).ask(question)
    try:
        spans = app.telemetry.traces.seen_by(local_caller(app.settings.tenant), seen.trace_id).spans
    except UnknownTrace:
        return Left(whole=False, text=False)
    marked = question.rsplit(" ", 1)[1]
    told = {marked, *(each.sentence for each in seen.citations)}
    steps = ALWAYS if seen.abstained else ALWAYS | ANSWERING
    return Left(whole={each.name for each in spans} >= steps, text=any(word in _said(spans) for word in told))


def _word() -> str:
    """A word that nobody else says; no number, which would be looked for."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(12))


def _said(spans: Sequence[KeptSpan]) -> str:
    """Everything that a trace says, in one text."""
    return "\n".join(map(repr, spans))


def _finding(left: Sequence[Left]) -> Finding:
    whole = share_of(each.whole for each in left)
    text = count(sum(each.text for each in left), len(left))
    return Finding(judged(whole, text), {"questions with a whole trace": whole, "traces with text": text})
