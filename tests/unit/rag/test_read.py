"""The extractive reader: which sentences it picks, and in which order."""

from dataclasses import replace

import pytest

from service.core.answers import Hit
from service.rag import read
from tests.fakes import FakeEncoder


def ranked(question: str, hits: list[Hit]) -> list[read.Evidence]:
    """Every sentence of the hits as evidence, best first."""
    return read.evidence(question, FakeEncoder().embed_query(question), hits)


def _placed(hit: Hit, **place: int) -> Hit:
    """The hit at another place of its document."""
    return replace(hit, stored=replace(hit.stored, chunk=replace(hit.stored.chunk, **place)))


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


def test_a_sentence_under_its_heading_is_named_by_it(hits_of) -> None:
    """One that opens with a word like "It" right under a heading is shown and cited with the heading."""
    question = "What does the Ridge battery warranty cost?"
    hits = hits_of(question, "# Ridge battery\n\nIt has a warranty, cost 20 euros.\n\nLamps shine.")
    [best] = read.choose(question, ranked(question, hits), 4)
    assert best.text == "Ridge battery: It has a warranty, cost 20 euros."
    quote = hits[0].stored.text[best.sentence.start : best.sentence.end]
    assert quote == "# Ridge battery\n\nIt has a warranty, cost 20 euros."


def test_the_sentence_before_may_stand_in_the_chunk_before(hits_of) -> None:
    """What a sentence leans on is found across a cut, if that chunk is a hit too."""
    question = "What warranty months does the battery have?"
    later, before = hits_of(question, "It has battery warranty of 24 months.", "The Ridge has a cell.", document="doc")
    hits = [_placed(later, ordinal=4, start=50), _placed(before, ordinal=3, start=0)]
    assert chosen(question, hits) == ["The Ridge has a cell.", "It has battery warranty of 24 months."]


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        (
            "How many riders may borrow the bike?",
            "Up to five riders may borrow the bike.",
            "Riders may borrow the bike.",
        ),
        ("How long may riders borrow it?", "Riders may borrow it for 3 days.", "Riders may borrow it in summer."),
        ("What does the bell cost?", "The cost of a bell is € 4,150.", "The cost of a bell is low."),
        ("When is the bell due?", "The bell is due on 9 November.", "The bell is due on arrival."),
        ("What share of bells is brass?", "Of bells 12.5 percent is brass.", "Of bells the big one is brass."),
    ],
)
def test_a_value_of_the_kind_that_is_asked_for_counts(hits_of, question: str, answer: str, other: str) -> None:
    """How many, how long, how much and when are answered by a sentence that holds such a value, whole with its unit."""
    found = {each.text: each for each in ranked(question, hits_of(question, f"{other} {answer}"))}
    kind = list(read.WEIGHTS).index("kind")
    assert (found[answer].features[kind], found[other].features[kind]) == (1.0, 0.0)
    assert answer in chosen(question, hits_of(question, f"{other} {answer}"))


def test_yes_or_no_is_answered_by_the_sentence_that_decides(hits_of) -> None:
    """Of sentences about the same things the one that says whether they may be done together is shown."""
    question = "May a child seat be on the front of the Corvel?"
    text = "The Corvel is grey. A child seat must not be on the front of the Corvel. Child seats are in stock."
    assert chosen(question, hits_of(question, text)) == ["A child seat must not be on the front of the Corvel."]


def test_steps_are_answered_by_their_whole_list_in_order(hits_of) -> None:
    """Where steps are asked for, the list is shown from its first item, after the sentence that introduces it."""
    question = "What are the steps for the hinge?"
    text = "The hinge has these steps:\n\n1. Turn the pedal.\n2. Open the hinge, steps down.\n3. Put the strap on."
    steps = ["Turn the pedal.", "Open the hinge, steps down.", "Put the strap on."]
    assert chosen(question, hits_of(question, text)) == ["The hinge has these steps:", *steps]


def test_an_item_comes_with_what_introduces_its_list(hits_of) -> None:
    """An item alone says nothing: the sentence before the list, which ends in a colon, is shown with it."""
    question = "Which number is stamped into the small key?"
    text = "To register you need:\n\n- the frame\n- the number stamped into the small key\n- an invoice"
    assert chosen(question, hits_of(question, text)) == [
        "To register you need:",
        "the number stamped into the small key",
    ]


def test_each_part_of_a_question_has_its_sentence(hits_of) -> None:
    """Where two things are asked for, the best sentence for each is shown, whatever the other one scores."""
    question = "Which lamp shines on the bell tower, and what is the weight of a saddle?"
    text = "The lamp on the bell tower shines. Nothing else. The weight of a saddle is 90 grams."
    both = chosen(question, hits_of(question, text))
    assert both == ["The lamp on the bell tower shines.", "The weight of a saddle is 90 grams."]


def test_code_is_no_sentence_unless_code_is_asked_for(hits_of) -> None:
    """A line inside a fence answers nothing; asked for a command, the block is shown as it stands."""
    text = "The bell rings at start.\n\n```bash\n# ring the bell\nbell start --loud\n```\n"
    without = "How does the bell start?"
    assert {each.text for each in ranked(without, hits_of(without, text))} == {"The bell rings at start."}
    asked = "Which command has bell start loud ring?"
    assert "# ring the bell\nbell start --loud" in chosen(asked, hits_of(asked, text))


def test_a_question_in_the_text_is_no_answer(hits_of) -> None:
    """A sentence that repeats the question loses against one that answers it."""
    question = "What is the weight of the bell?"
    text = "What is the weight of the bell? The bell has a weight of 90 grams."
    assert chosen(question, hits_of(question, text), 1) == ["The bell has a weight of 90 grams."]


def test_rare_words_of_the_question_decide(hits_of) -> None:
    """Of two sentences that match one word each, the one whose word few sentences hold comes first."""
    question = "bell E07"
    text = "Bell one. Bell two. Bell three. Bell four. Code E07."
    assert ranked(question, hits_of(question, text))[0].text == "Code E07."


def test_numbers_and_units_stay_whole(hits_of) -> None:
    """A decimal point, a range and a unit do not break a sentence."""
    question = "What range has the pack in km?"
    text = "The pack has a range of 40.5-60 km at 10 to 25 °C, and costs € 1,899.00 each. Lamps shine."
    assert chosen(question, hits_of(question, text)) == [text.removesuffix(" Lamps shine.")]


def test_without_hits_there_is_no_evidence(hits_of) -> None:
    """Nothing found, or found text without a sentence, gives nothing to choose from."""
    question = "bell"
    assert ranked(question, []) == []
    assert ranked(question, hits_of(question, "# Bell")) == []
    assert read.choose(question, [], 4) == []


def test_sentences_without_a_word_that_tells_are_scored(hits_of) -> None:
    """A page of which no word says anything, under a title that says nothing either, raises nothing."""
    question = "bell"
    [hit] = hits_of(question, "This is it.", context="It")
    untitled = replace(hit, stored=replace(hit.stored, title=""))
    assert [each.text for each in ranked(question, [untitled])] == ["This is it."]


def test_a_sentence_beyond_what_the_encoder_read_does_no_harm(hits_of) -> None:
    """A sentence without token vectors is scored by the rest and raises nothing."""
    question = "bell lamp"
    [hit] = hits_of(question, "Bell of brass. The lamp shines.")
    tokens = hit.stored.tokens
    cut = type(tokens)(tokens.vectors[:4], tokens.spans[:4])
    stored = type(hit.stored)(**{**vars(hit.stored), "tokens": cut})
    short = Hit(**{**vars(hit), "stored": stored, "similarities": hit.similarities[:, :4]})
    assert {each.text for each in ranked(question, [short])} == {"Bell of brass.", "The lamp shines."}
