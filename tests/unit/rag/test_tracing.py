"""The traces and metrics of questions on their whole path, on fakes and real SQLite records."""

import asyncio
import itertools
from pathlib import Path
from typing import get_args

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ingestion import pipeline as ingestion
from service.core.answers import Answer, Decision, Question, local_caller
from service.core.app import App
from service.core.controls import CONTROL_NAMES
from service.core.conventions import Outcome, Step
from service.core.errors import RagreadyError
from service.rag import pipeline
from tests.corpus import QUESTION, write_corpus

ASKER = local_caller("default")
SPECIAL = {"rewrite", "plan", "grade"}  # steps of a conversation, and of the strategy `agentic`
STEPS = [f"ragready.{step}" for step in get_args(Step) if step not in SPECIAL]
CLOSED = {
    "outcome": {*get_args(Outcome), "sent", "failed", "dropped"},
    "step": set(get_args(Step)),
    "control": set(CONTROL_NAMES),
    "decision": set(get_args(Decision)),
}
ODD = ["", "?", "\x00", "zebra " * 600, "{{7*7}}", "' OR 1=1", '"}\n', "Ω≈ç√", "\u202eevil", "<b>", "😀"]


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> App:
    """The small corpus in one space."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "public")], "public")
    return fake_app


def ask(app: App, text: str = QUESTION, **more: str) -> Answer:
    """The answer to a question."""
    return asyncio.run(pipeline.answer(app, Question(text, ASKER, **more)))


def spans(app: App, answer: Answer) -> dict[str, object]:
    """The kept spans of an answer by name."""
    return {span.name: span for span in app.telemetry.traces.seen_by(ASKER, answer.trace_id).spans}


def decided(app: App, answer: Answer) -> list[tuple[str, str]]:
    """What the spans of an answer say that the controls decided, in order."""
    kept = app.telemetry.traces.seen_by(ASKER, answer.trace_id).spans
    events = sorted((event for span in kept for event in span.events), key=lambda event: event.at_ms)
    return [(each.attributes["ragready.control.name"], each.attributes["ragready.control.decision"]) for each in events]


def test_an_answer_is_one_trace_with_every_step(filled: App) -> None:
    """A question leaves one span a step, below its own, and says what it came to."""
    answer = ask(filled)
    kept = spans(filled, answer)
    assert list(kept) == ["ragready.question", *STEPS]
    said = kept["ragready.question"].attributes
    assert said["ragready.outcome"] == "answered"
    assert said["ragready.hits"] == len(answer.hits)
    assert said["ragready.citations"] == len(answer.citations)
    assert said["ragready.strategy"] == "hybrid"


def test_every_decision_of_the_answer_is_in_its_trace(filled: App) -> None:
    """What the answer says that its controls decided, the events of its spans say too."""
    answer = ask(filled)
    assert sorted(decided(filled, answer)) == sorted((each.name, each.decision) for each in answer.controls)
    assert len(answer.controls) > 3


def test_a_cached_answer_has_a_trace_of_its_own(filled: App) -> None:
    """The second time an answer comes from the cache: another trace, with the steps that were taken and the hit."""
    first, second = ask(filled), ask(filled)
    assert second.text == first.text
    assert second.trace_id != first.trace_id
    taken = ["question", "guard", "access", "cache", "remember"]
    assert list(spans(filled, second)) == [f"ragready.{each}" for each in taken]
    assert ("exact-cache", "hit") in decided(filled, second)


def test_a_refused_question_is_a_trace_too(filled: App) -> None:
    """A question that the guard refuses leaves its span and the code, without a word of it."""
    exporter = InMemorySpanExporter()
    filled.telemetry.provider.add_span_processor(SimpleSpanProcessor(exporter))
    with pytest.raises(RagreadyError):
        ask(filled, "zebra " * 600)
    guard, question = exporter.get_finished_spans()
    assert guard.attributes["error.type"] == question.attributes["error.type"] == "question-too-long"
    assert "zebra" not in guard.to_json() + question.to_json()


def test_odd_questions_make_no_new_label(filled: App) -> None:
    """500 odd questions, strategies and spaces leave every metric's labels within their closed sets."""

    async def ask_all() -> list[object]:
        odd = zip(itertools.cycle(ODD), range(500), strict=False)
        chosen = [{"strategy": "zebra-{}"}, {"spaces": ("zebra-{}",)}] * 9 + [{"strategy": "hybrid"}]
        asked = [Question(f"{text} {number}", ASKER, **chosen[number % 19]) for text, number in odd]
        return [await asyncio.gather(pipeline.answer(filled, each), return_exceptions=True) for each in asked]

    assert len(asyncio.run(ask_all())) == 500
    samples = [sample for metric in filled.telemetry.registry.collect() for sample in metric.samples]
    for name, known in CLOSED.items():
        used = {sample.labels[name] for sample in samples if name in sample.labels and "cache" not in sample.name}
        assert used - known == set(), name
    assert len(samples) < 500
    assert b"zebra" not in filled.telemetry.exposition()
