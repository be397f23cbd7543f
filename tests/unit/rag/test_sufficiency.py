"""The features by which evidence that answers is told from evidence that only resembles the question."""

import pytest

from service.core.answers import Hit
from service.rag import read, sufficiency
from tests.fakes import FakeEncoder


def features(question: str, hits: list[Hit]) -> dict[str, float]:
    """The features of a question and its hits."""
    query = FakeEncoder().embed_query(question)
    return sufficiency.measured(question, query, hits, read.evidence(question, query, hits)).features


def test_words_that_the_sentence_says_are_met(hits_of) -> None:
    """Nothing is unmet where every word of the question is said, and all of it where none is."""
    question = "Which bell weighs ninety grams?"
    said = features(question, hits_of(question, "The bell weighs ninety grams."))
    other = features(question, hits_of(question, "A lamp shines at night."))
    assert (said["unmet"], said["unmet_in_chunk"]) == (0.0, 0.0)
    assert (other["unmet"], other["unmet_in_chunk"]) == (1.0, 1.0)


def test_a_word_said_elsewhere_in_the_chunk_is_unmet_in_the_sentence_only(hits_of) -> None:
    """The chunk speaks of grams, the best sentence does not."""
    question = "How many grams does the brass bell of the harbour weigh?"
    found = features(question, hits_of(question, "The brass bell of the harbour does weigh little. Ninety grams."))
    assert found["unmet"] > 0.0 == found["unmet_in_chunk"]


def test_a_rare_word_counts_more(hits_of) -> None:
    """A word that few of the sentences hold weighs more than one that most of them hold."""
    others = ("A bell rings.", "A bell is old.", "A bell shines.")
    rare, common = (
        features(question, hits_of(question, text, *others))["unmet"]
        for question, text in (
            ("Which bell is brass?", "Every bell is tin."),
            ("Which bell is brass?", "Every lamp is brass."),
        )
    )
    assert rare > common > 0.0


def test_a_sentence_leads_the_other_documents(hits_of) -> None:
    """The lead is over sentences of other documents; a document alone leads by the same for every question."""
    question = "Which bell is made of brass?"
    texts = ("Every bell is made of brass.", "A lamp shines.")
    clear = features(question, hits_of(question, *texts))["lead"]
    close = features(question, hits_of(question, texts[0], "A bell is made of brass."))["lead"]
    alone = features(question, hits_of(question, *texts, document="doc_0"))["lead"]
    assert clear > close >= 0.0
    assert alone == sufficiency.LEAD_ALONE


@pytest.mark.parametrize("question", ["Which?", "And so?", "?!a"])
def test_a_question_without_content_words_is_measured_whole(hits_of, question: str) -> None:
    """Every feature is there and lies between 0 and 1, the cosine between -1 and 1."""
    found = features(question, hits_of(question, "A lamp shines."))
    assert set(found) == set(sufficiency.SIGNS)
    assert -1.0 <= found.pop("dense") <= 1.0
    assert all(0.0 <= each <= 1.0 for each in found.values())
