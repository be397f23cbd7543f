"""What is ours behind LangChain's interfaces."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from ingestion import pipeline as ingestion
from service.core.answers import Caller, Question, local_caller
from service.core.app import App
from service.core.errors import InvalidQuestion
from service.rag import demo, pipeline
from service.rag.chat_reader import ChatReader, passages
from service.rag.langchain import EncoderEmbeddings, OurChat, SpaceRetriever
from service.rag.simulated import Simulated
from tests.corpus import write_corpus
from tests.fakes import FakeEncoder

ASKED = "How long is the battery covered by the warranty?"


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> App:
    """The small corpus in a space for everyone, and a memo in one for the board."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "public")], "public")
    memo = tmp_path / "memo.md"
    memo.write_text("# Battery\n\nThe battery warranty is covered by a secret fund of 7 million.\n")
    ingestion.run(fake_app, [memo], "board")
    fake_app.records.set_readers("default", "board", frozenset({"board"}))
    return fake_app


def test_embeddings_are_the_encoders_vectors() -> None:
    """A question and a text get the vectors that production uses."""
    encoder = FakeEncoder()
    embeddings = EncoderEmbeddings(encoder)
    assert np.allclose(embeddings.embed_query(ASKED), encoder.embed_query(ASKED).dense)
    texts = ["A brass bell.", "A lamp."]
    assert np.allclose(embeddings.embed_documents(texts), [encoder.embed_query(each).dense for each in texts])


def test_a_retriever_finds_what_its_caller_may_read_and_nothing_else(filled: App) -> None:
    """The same question finds the closed space's memo for its reader, and never for anybody else."""
    for groups, expected in ((frozenset(), False), (frozenset({"hr"}), False), (frozenset({"board"}), True)):
        retriever = SpaceRetriever(app=filled, caller=Caller("default", "someone", groups=groups))
        found = retriever.invoke(ASKED)
        assert found
        assert ("board" in {each.metadata["space"] for each in found}) is expected
        assert any("secret fund" in each.page_content for each in found) is expected


def test_a_retriever_finds_what_production_finds(filled: App) -> None:
    """Chunks and order are those of an answer, with source and title."""
    asker = local_caller("default")
    answer = asyncio.run(pipeline.answer(filled, Question(ASKED, asker)))
    found = asyncio.run(SpaceRetriever(app=filled, caller=asker).ainvoke(ASKED))
    assert [each.id for each in found] == [each.stored.chunk.id for each in answer.hits]
    assert found[0].metadata["source"] == answer.hits[0].stored.source


def test_a_retriever_refuses_what_the_guard_refuses(filled: App) -> None:
    """A question without words raises as it does in production."""
    with pytest.raises(InvalidQuestion):
        SpaceRetriever(app=filled, caller=local_caller("default")).invoke("…")


def test_our_models_answer_as_langchain_chat_models() -> None:
    """System and user messages arrive as such, and the text comes back."""

    class Echo:
        name, simulated = "echo", True

        async def stream(self, system: str, user: str):
            yield f"{system}|{user}"

    chat = OurChat(model=Echo(), patience_seconds=5)
    assert chat.invoke([SystemMessage("a"), HumanMessage("b")]).text == "a|b"


def test_a_model_that_never_answers_is_given_up() -> None:
    """The demo has no timeout; whoever runs it gives up after a while."""
    with pytest.raises(TimeoutError):
        OurChat(model=Simulated("sim:timeout"), patience_seconds=0.05).invoke("Question: Why?")


def test_the_demos_reader_is_productions_reader(filled: App) -> None:
    """On a context that holds the chunk, the demo's model says what production says of it."""
    answer = asyncio.run(pipeline.answer(filled, Question(ASKED, local_caller("default"), ("public",))))
    context = answer.hits[0].stored.text
    chat = OurChat(model=ChatReader(filled.encoder, 4), patience_seconds=5)
    said = (demo.PROMPT | chat).invoke({"context": context, "question": ASKED}).text
    assert said == answer.citations[0].sentence


def test_the_demos_reader_always_answers() -> None:
    """Like a chat model it says something to a context that has nothing to do with the question, and to none."""
    chat = OurChat(model=ChatReader(FakeEncoder(), 4), patience_seconds=5)
    for context, expected in (("Ships sail.", "Ships sail."), ("", "I don't know.")):
        assert (demo.PROMPT | chat).invoke({"context": context, "question": ASKED}).text == expected


def test_passages_are_whole_paragraphs() -> None:
    """Paragraphs are joined up to the length of a piece, and none is cut or lost."""
    paragraphs = [f"{letter * 400}" for letter in "abcdef"]
    made = passages("\n\n".join(paragraphs))
    assert "\n\n".join(made).split("\n\n") == paragraphs
    assert len(made) == 3


def test_a_question_through_a_model_cites_what_the_model_cites(filled: App) -> None:
    """With a chat model the pipeline's answer is labelled, and each sentence is tied to a span of a document."""
    app = replace(filled, model=Simulated("sim:len150"))
    answer = asyncio.run(pipeline.answer(app, Question(ASKED, local_caller("default"))))
    assert answer.simulated
    assert answer.citations
    for each in answer.citations:
        assert app.records.document("default", each.document).text[each.start : each.end] == each.quote


def test_what_a_model_makes_up_is_shown_only_with_the_control_off(filled: App) -> None:
    """Made-up sentences are dropped, all of them, and the answer declines; switched off, they are shown."""
    asked = Question("Who composed operas about flying Dutchmen?", local_caller("default"))
    app = replace(filled, model=Simulated("sim:len150-confabulate"))
    answer = asyncio.run(pipeline.answer(app, asked))
    assert answer.abstention.code == "unsupported"
    assert answer.citations == ()
    [decided] = [each for each in answer.controls if each.name == "citations"]
    assert (decided.decision, decided.reason) == (
        "redact",
        "0 supported, 1 not supported, 2 without a source dropped",
    )
    off = app.settings.model_copy(update={"controls_off": frozenset({"citations"})})
    shown = asyncio.run(pipeline.answer(replace(app, settings=off), asked))
    assert "percent" in shown.text
    assert [each.document == "" for each in shown.citations] == [True, True, False]
