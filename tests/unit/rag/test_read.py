"""The extractive reader: which sentences it picks, and in which order."""

from service.core.answers import Hit
from service.rag import read
from tests.fakes import FakeEncoder


def ranked(question: str, hits: list[Hit]) -> list[read.Evidence]:
    """Every sentence of the hits as evidence, best first."""
    return read.evidence(question, FakeEncoder().embed_query(question), hits)


def chosen(question: str, hits: list[Hit], limit: int = 4) -> list[str]:
    """The sentences that answer, as they are shown."""
    return [each.text for each in read.choose(question, ranked(question, hits), limit)]


def test_every_sentence_is_evidence_once_best_first(hits_of) -> None:
    """Each sentence of each hit has a score, in falling order."""
    question = "Which bell is brass?"
    found = ranked(question, hits_of(question, "Every bell is brass. The frame is steel.", "A lamp shines."))
    assert sorted(each.text for each in found) == ["A lamp shines.", "Every bell is brass.", "The frame is steel."]
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert found[0].text == "Every bell is brass."


def test_one_sentence_that_covers_the_question_is_enough(hits_of) -> None:
    """Sentences that bring no further word of the question are left out."""
    question = "How heavy is the brass bell?"
    text = "The brass bell is heavy at 90 grams. A brass bell rings. The bell is brass. Bells are heavy."
    assert chosen(question, hits_of(question, text)) == ["The brass bell is heavy at 90 grams."]


def test_sentences_come_in_the_order_of_their_document(hits_of) -> None:
    """Sentences that complete each other are shown as they stand in the text, not by score."""
    question = "bell brass weight lamp"
    text = "Lamp weight lamp weight lamp weight. Nothing here. Bell brass bell brass bell brass."
    both = chosen(question, hits_of(question, text))
    assert both == ["Lamp weight lamp weight lamp weight.", "Bell brass bell brass bell brass."]


def test_there_are_never_more_sentences_than_the_limit(hits_of) -> None:
    """The limit holds, whatever the question asks for."""
    question = "bell brass weight lamp"
    text = "Bell bell bell. Brass brass brass. Weight weight weight. Lamp lamp lamp."
    for limit in (1, 2, 3):
        assert 1 <= len(chosen(question, hits_of(question, text), limit)) <= limit


def test_a_sentence_that_leans_back_brings_the_one_before(hits_of) -> None:
    """A sentence that opens with a word like "It" is shown behind the sentence that it speaks of."""
    question = "What warranty months does the battery have?"
    text = "The Ridge has a cell. It has battery warranty of 24 months. Lamps shine."
    assert chosen(question, hits_of(question, text)) == [
        "The Ridge has a cell.",
        "It has battery warranty of 24 months.",
    ]
    assert chosen(question, hits_of(question, text), limit=1) == ["It has battery warranty of 24 months."]


def test_a_leaning_sentence_at_the_top_of_a_hit_stands_alone(hits_of) -> None:
    """No sentence of another document is put before it."""
    question = "What warranty months does the battery have?"
    hits = hits_of(question, "It has battery warranty of 24 months.", "The lamp shines.")
    assert chosen(question, hits) == ["It has battery warranty of 24 months."]


def test_the_same_sentence_of_two_documents_is_shown_once(hits_of) -> None:
    """Copies of a sentence are not repeated."""
    question = "bell brass"
    assert chosen(question, hits_of(question, "Bell of brass.", "Bell of brass.")) == ["Bell of brass."]


def test_a_table_row_is_read_with_its_columns(hits_of) -> None:
    """A row is shown as column and value, also where the chunk begins inside the table."""
    question = "What is the price of the Ridge?"
    whole = "| Model | Price |\n|---|---|\n| Ridge | 4150 |\n| Harbour | 2890 |"
    assert chosen(question, hits_of(question, whole))[0] == "Model: Ridge; Price: 4150"
    inside = hits_of(question, "| Ridge | 4150 |\n| Harbour | 2890 |", context="Prices\n| Model | Price |")
    assert chosen(question, inside)[0] == "Model: Ridge; Price: 4150"


def test_without_hits_there_is_no_evidence(hits_of) -> None:
    """Nothing found, or found text without a sentence, gives nothing to choose from."""
    question = "bell"
    assert ranked(question, []) == []
    assert ranked(question, hits_of(question, "# Bell")) == []
    assert read.choose(question, [], 4) == []


def test_a_sentence_beyond_what_the_encoder_read_does_no_harm(hits_of) -> None:
    """A sentence without token vectors is scored by the rest and raises nothing."""
    question = "bell lamp"
    [hit] = hits_of(question, "Bell of brass. The lamp shines.")
    tokens = hit.stored.tokens
    cut = type(tokens)(tokens.vectors[:4], tokens.spans[:4])
    stored = type(hit.stored)(**{**vars(hit.stored), "tokens": cut})
    short = Hit(**{**vars(hit), "stored": stored, "similarities": hit.similarities[:, :4]})
    assert {each.text for each in ranked(question, [short])} == {"Bell of brass.", "The lamp shines."}
