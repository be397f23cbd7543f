"""The path of one question, on fakes and real SQLite records."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import pipeline as ingestion
from service.core.answers import Answer, Caller, Citation, Question, local_caller
from service.core.app import App
from service.core.errors import InvalidQuestion, StoreProblem, UnknownSpace, UnknownStrategy
from service.core.personal import PersonalSpan
from service.rag import access, judge, pipeline
from service.rag.controls import Controls
from tests.corpus import DOCUMENTS, write_corpus

ASKER = local_caller("default")
ASKED = "How long is the battery covered by the warranty?"


def ask(app: App, text: str = ASKED, *spaces: str, strategy: str = "hybrid", emit=lambda _: None) -> Answer:
    """The answer to a question."""
    return asyncio.run(pipeline.answer(app, Question(text, ASKER, spaces or None, strategy), emit))


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> App:
    """The small corpus in two spaces."""
    for space in ("public", "partners"):
        ingestion.run(fake_app, [write_corpus(tmp_path / space)], space)
    return fake_app


@pytest.mark.parametrize("strategy", ["hybrid", "naive"])
def test_an_answer_is_made_of_its_citations(filled: App, strategy: str) -> None:
    """The answer is its cited sentences in order, each one the span of a stored document."""
    answer = ask(filled, strategy=strategy)
    assert answer.text == " ".join(each.sentence for each in answer.citations) != ""
    for each in answer.citations:
        document = filled.records.document("default", each.document)
        assert document.text[each.start : each.end] == each.quote
    assert answer.strategy == strategy


def test_citations_are_handed_over_as_they_stand(filled: App) -> None:
    """Who streams gets exactly the citations of the answer, in order."""
    streamed: list[Citation] = []
    answer = ask(filled, emit=streamed.append)
    assert tuple(streamed) == answer.citations


def test_a_copy_is_found_in_its_own_space(fake_app: App, tmp_path: Path) -> None:
    """A question for one space finds a page of it that another space keeps, and nothing else of that space."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "first")], "first")
    copied = tmp_path / "second"
    copied.mkdir()
    (copied / "warranty.md").write_text(DOCUMENTS["warranty.md"], encoding="utf-8")
    (copied / "own.md").write_text("# Own\n\nThe battery of the bell is brass.\n", encoding="utf-8")
    ingestion.run(fake_app, [copied], "second")
    assert fake_app.records.signatures.originals_elsewhere("default", ["second"]).keys() == {"first"}
    controls = Controls(frozenset(), fake_app.telemetry)
    reach = asyncio.run(access.reach(fake_app, Question(ASKED, ASKER, ("second",)), controls))
    assert [each.name for each in reach.every_space] == ["second", "first"]
    answer = ask(fake_app, ASKED, "second")
    assert {each.stored.source for each in answer.hits} == {"first/warranty.md", "second/own.md"}
    assert answer.citations[0].source == "first/warranty.md"
    (tmp_path / "first" / "warranty.md").unlink()
    ingestion.run(fake_app, [tmp_path / "first"], "first")
    assert ask(fake_app, ASKED, "second").citations[0].source == "second/warranty.md"


def test_an_original_that_the_asker_may_not_read_stays_closed(fake_app: App, tmp_path: Path) -> None:
    """Once the original's space is closed to the asker, a copy's space does not lead there."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "first")], "first")
    ingestion.run(fake_app, [write_corpus(tmp_path / "second")], "second")
    fake_app.records.set_readers("default", "first", {"staff"})
    reader = Caller("default", "somebody")
    answer = asyncio.run(pipeline.answer(fake_app, Question(ASKED, reader, ("second",))))
    assert answer.hits == ()


def test_a_space_that_was_not_asked_is_not_opened(filled: App) -> None:
    """No search is sent to the index of another space, so nothing of it can be found."""
    opened = []

    class Watched:
        def search(self, index, vector, limit):
            opened.append(index.space)
            return filled.vectors.search(index, vector, limit)

        def get(self, index, ids):
            opened.append(index.space)
            return filled.vectors.get(index, ids)

    answer = ask(replace(filled, vectors=Watched()), ASKED, "partners")
    assert set(opened) == {"partners"}
    assert {each.stored.space for each in answer.hits} == {"partners"}


def test_copies_of_a_text_are_found_once(filled: App) -> None:
    """Two spaces with the same documents give each text as one hit."""
    texts = [each.stored.text for each in ask(filled).hits]
    assert len(texts) == len(set(texts))


def test_vectors_that_no_record_names_are_not_found(filled: App) -> None:
    """A document that the records do not hold cannot be cited, even where its vectors are left."""
    first = ask(filled).citations[0]
    cited, space = first.document, first.space
    [index] = [each.index for each in filled.records.spaces("default") if each.name == space]
    filled.records.remove_document(index, cited)
    answer = ask(filled)
    assert cited not in {each.stored.chunk.document_id for each in answer.hits}
    assert answer.hits


def test_weak_evidence_declines_without_citations(filled: App) -> None:
    """Below the threshold the answer declines, cites nothing and still shows what was found."""
    strict = replace(filled, settings=filled.settings.model_copy(update={"evidence_threshold": 1.0}))
    answer = ask(strict)
    assert answer.abstention.code == "weak-evidence"
    assert (answer.text, answer.citations) == (judge.DECLINES, ())
    assert answer.hits


def test_a_store_that_fails_makes_no_answer(filled: App) -> None:
    """A failing vector index fails the question: the lexical half alone is not passed off as an answer."""

    class Broken:
        def search(self, *_: object) -> None:
            raise StoreProblem("The index is gone.", "Bring it back.")

    with pytest.raises(StoreProblem):
        ask(replace(filled, vectors=Broken()))
    assert b'ragready_questions_total{outcome="failed"} 1.0' in filled.telemetry.exposition()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"text": " "}, InvalidQuestion),
        ({"text": "Why?", "spaces": ("nope",)}, UnknownSpace),
        ({"text": "Why?", "strategy": "magic"}, UnknownStrategy),
    ],
)
def test_a_refused_question_is_counted_and_costs_no_encoding(filled: App, asked, error) -> None:
    """What cannot be served is refused before the encoder runs, and counted as refused."""

    class Unused:
        def embed_query(self, _: str) -> None:
            raise AssertionError("must not be asked")

    with pytest.raises(error):
        asyncio.run(pipeline.answer(replace(filled, encoder=Unused()), Question(caller=ASKER, **asked)))
    assert b'ragready_questions_total{outcome="refused"} 1.0' in filled.telemetry.exposition()


def test_another_tenant_finds_nothing(filled: App) -> None:
    """A caller of another tenant is answered as if nothing had been ingested."""
    answer = asyncio.run(pipeline.answer(filled, Question(ASKED, local_caller("other"))))
    assert answer.abstention.code == "no-documents"
    assert answer.hits == ()


def test_many_questions_at_once_get_their_own_answers(filled: App) -> None:
    """Questions that run side by side do not mix."""
    questions = [ASKED, "When is the workshop in Aarhus open?"] * 8

    async def together() -> list[Answer]:
        return await asyncio.gather(*(pipeline.answer(filled, Question(each, ASKER)) for each in questions))

    answers = asyncio.run(together())
    assert [each.text for each in answers] == [ask(filled, each).text for each in questions]
    assert len({each.trace_id for each in answers}) == len(answers)


def test_a_question_is_guarded_off_the_event_loop(filled: App) -> None:
    """The engine for personal data blocks, for a tenth of a second at worst; other questions go on meanwhile."""
    ran_on = []

    class Engine:
        def find(self, _: str) -> list[PersonalSpan]:
            ran_on.append(threading.current_thread())
            return []

    asyncio.run(pipeline.answer(replace(filled, personal=Engine()), Question(ASKED, ASKER)))
    assert ran_on
    assert ran_on[0] is not threading.main_thread()
