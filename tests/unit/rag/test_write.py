"""The sentences of an answer: checked before they are handed over, and the same that the answer has."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline as ingestion
from service.core.answers import Answer, Citation, Question, local_caller
from service.core.app import App
from service.core.errors import CouldNotCheck, ModelBrokeOff, RagreadyError
from service.rag import judge, pipeline, support
from service.rag.simulated import Simulated
from tests.corpus import QUESTION, write_corpus
from tests.fakes import FakeCache

ASKER = local_caller("default")
COVERED, CAPACITY = "The battery is covered for 24 months from delivery", "It must keep 70 % of its capacity"
MADE_UP = "The battery is covered for 99 years [1]."


class Says:
    """A model that says given pieces; an event among them is waited for, an error raised."""

    name, simulated = "test:says", False

    def __init__(self, *pieces: str | asyncio.Event | Exception) -> None:
        self.pieces = pieces

    async def stream(self, system: str, user: str) -> AsyncGenerator[str, None]:
        assert "<source" in user
        assert system
        for each in self.pieces:
            if isinstance(each, Exception):
                raise each
            if isinstance(each, asyncio.Event):
                await asyncio.wait_for(each.wait(), 5)
            else:
                yield each


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> App:
    """The small corpus in one space, and a cache that shows what it holds."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "public")], "public")
    return replace(fake_app, cache=FakeCache())


def asked(app: App, *pieces: str | Exception, off: Sequence[str] = ()) -> tuple[Answer, list[Citation]]:
    """The answer of a model that says these pieces, and the sentences that were handed over."""
    handed: list[Citation] = []
    settings = app.settings.model_copy(update={"controls_off": frozenset(off)})
    app = replace(app, model=Says(*pieces), settings=settings)
    return asyncio.run(pipeline.answer(app, Question(QUESTION, ASKER), handed.append)), handed


def decision(answer: Answer, name: str) -> tuple[str, str]:
    """The one decision of a control."""
    [found] = [(each.decision, each.reason) for each in answer.controls if each.name == name]
    return found


def test_what_was_handed_over_is_the_answer(filled: App) -> None:
    """The sentences in their order are exactly the text of the answer, whatever was dropped between them."""
    answer, handed = asked(filled, f"{COVERED} [1]. ", MADE_UP, " ", f"{CAPACITY} [1]. Nobody knows.")
    assert answer.text == " ".join(each.sentence for each in handed) == f"{COVERED}. {CAPACITY}."
    assert answer.citations == tuple(handed)


def test_a_sentence_is_handed_over_while_the_model_goes_on(filled: App) -> None:
    """The first sentence is out, checked, before the model has said the second."""
    goes_on = asyncio.Event()
    handed: list[Citation] = []

    def take(citation: Citation) -> None:
        handed.append(citation)
        goes_on.set()  # without the first sentence the model would wait for ever

    app = replace(filled, model=Says(f"{COVERED} [1].", goes_on, f" {CAPACITY} [1]."))
    answer = asyncio.run(pipeline.answer(app, Question(QUESTION, ASKER), take))
    assert answer.citations == tuple(handed)
    assert len(handed) == 2


def test_each_control_decides_once_about_all_sentences(filled: App) -> None:
    """However many parts a draft came in, the answer has one decision a control, with the counts of all of them."""
    answer, _ = asked(filled, f"{COVERED} [1]. ", MADE_UP, f" Nobody knows. {CAPACITY} [1].")
    assert decision(answer, "citations") == ("redact", "2 supported, 1 not supported, 1 without a source dropped")
    assert decision(answer, "output-guard") == ("allow", "")


@pytest.mark.parametrize(
    "text",
    [
        MADE_UP,
        "[1] [2].",
        "The battery is covered for 24 months from delivery [77].",
        "The battery is covered for 24 months from delivery.",
        "Der Akku ist 24 Monate ab Lieferung gedeckt [1].",
        "NO ANSWER",
        "NO ANSWER. The sources do not say.",
    ],
    ids=["made up", "only citations", "no such source", "no citation", "another language", "declines", "explains"],
)
def test_where_nothing_is_left_the_answer_declines(filled: App, text: str) -> None:
    """No sentence was handed over, and the answer says why there is none."""
    answer, handed = asked(filled, text)
    assert (answer.text, answer.abstention.code, handed) == (judge.DECLINES, "unsupported", [])


def test_what_may_not_be_shown_is_not_handed_over(filled: App) -> None:
    """The guard of the output takes out of a sentence what it takes out of the answer, before it leaves."""
    answer, handed = asked(
        filled, f"{COVERED} <script>ring()</script> [1]. ", "Write to ann@bell.example [1].", off=["citations"]
    )
    assert answer.text == " ".join(each.sentence for each in handed)
    assert "<script" not in answer.text
    assert "ann@" not in answer.text
    assert decision(answer, "output-guard")[0] == "redact"
    assert decision(answer, "citations") == ("off", "")


def test_a_check_that_crashes_lets_nothing_out(filled: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence that could not be checked was not handed over, and the question fails."""

    def crashes(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(support, "supported", crashes)
    with pytest.raises(CouldNotCheck):
        asked(filled, f"{COVERED} [1].")


def test_what_breaks_off_behind_a_sentence_is_no_answer(filled: App) -> None:
    """The sentence that was out was right; the question fails all the same, and nothing is kept."""
    handed: list[Citation] = []
    app = replace(filled, model=Says(f"{COVERED} [1]. ", "It must", ModelBrokeOff("gone", "ask again")))
    with pytest.raises(ModelBrokeOff):
        asyncio.run(pipeline.answer(app, Question(QUESTION, ASKER), handed.append))
    assert [each.sentence for each in handed] == [f"{COVERED}."]
    assert filled.cache.held == {}


def test_an_answer_that_was_cut_off_says_so_and_is_not_kept(filled: App) -> None:
    """Sentences before the limit stand, the one that it cut is left out, and the answer counts as degraded."""
    settings = filled.settings.model_copy(update={"model_max_tokens": 16})
    answer, _ = asked(replace(filled, settings=settings), f"{COVERED} [1]. ", f"{CAPACITY}, as every", " word" * 9_000)
    assert (answer.text, answer.degraded) == (f"{COVERED}.", ("length",))
    assert [key for key in filled.cache.held if not key.startswith("why:")] == []
    asked(filled, f"{COVERED} [1].")
    assert len([key for key in filled.cache.held if not key.startswith("why:")]) == 1


def test_an_abandoned_question_is_not_kept(filled: App) -> None:
    """Whoever leaves while the model writes stops it: no answer, no entry of the cache, nobody waits behind it."""
    never = asyncio.Event()
    out = asyncio.Event()
    app = replace(filled, model=Says(f"{COVERED} [1].", never))

    async def left() -> None:
        task = asyncio.create_task(pipeline.answer(app, Question(QUESTION, ASKER), lambda _: out.set()))
        await asyncio.wait_for(out.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(left())
    assert (filled.cache.held, app.asked) == ({}, {})
    assert app.telemetry.registry.get_sample_value("ragready_questions_total", {"outcome": "abandoned"}) == 1
    assert app.telemetry.registry.get_sample_value("ragready_model_requests_total", {"outcome": "abandoned"}) == 1


def test_the_delay_of_the_check_is_measured(filled: App) -> None:
    """Times to the first token and from a sentence's last token to its release stand in the answer and the trace."""
    answer, _ = asked(filled, f"{COVERED} [1]. ", f"{CAPACITY} [1].")
    assert {"first_token", "sentence_delay"} <= set(answer.timings_ms)
    assert 0 < answer.timings_ms["sentence_delay"] < answer.timings_ms["total"]
    [drafting] = [
        each for each in filled.telemetry.traces.seen_by(ASKER, answer.trace_id).spans if each.name == "ragready.draft"
    ]
    waits = [each.attributes["ragready.wait"] for each in drafting.events if each.name == "ragready.wait"]
    assert waits == ["first_token", "sentence_delay", "sentence_delay"]


def test_a_simulated_answer_stays_one_in_the_cache(filled: App) -> None:
    """What a simulation said is kept as such, and is never found by a question to another model or to the reader."""
    app = replace(filled, model=Simulated("sim:len80"))
    first, second = (asyncio.run(pipeline.answer(app, Question(QUESTION, ASKER))) for _ in range(2))
    assert ("exact-cache", "hit") in {(each.name, each.decision) for each in second.controls}
    assert (first.simulated, second.simulated, second.model) == (True, True, "sim:len80")
    for other in (filled, replace(filled, model=Says(f"{COVERED} [1]."))):
        assert not asyncio.run(pipeline.answer(other, Question(QUESTION, ASKER))).simulated


def test_a_failure_that_is_not_the_models_comes_through(filled: App) -> None:
    """Whoever is handed the sentences may fail too: that is the question's failure."""

    def full(_: Citation) -> None:
        raise RagreadyError("no room", "make some")

    with pytest.raises(RagreadyError, match="no room"):
        asyncio.run(pipeline.answer(filled, Question(QUESTION, ASKER), full))


def test_a_named_model_checks_off_the_event_loop(filled: App) -> None:
    """It is asked on a thread without a loop, about the sentence and what it cites, and its word counts."""
    asked_of: list[tuple[str, str]] = []

    class Never:
        def probability(self, text: str, sentence: str) -> float:
            with pytest.raises(RuntimeError):
                asyncio.get_running_loop()
            asked_of.append((text, sentence))
            return 0.1

    reworded = "The battery is covered for 24 months [1]."
    assert asked(filled, reworded, off=["exact-cache"])[0].citations
    answer, handed = asked(replace(filled, entailment=Never()), reworded)
    [(text, sentence)] = asked_of
    assert sentence == "The battery is covered for 24 months."
    assert COVERED in text
    assert answer.abstention.code == "unsupported"
    assert not handed
