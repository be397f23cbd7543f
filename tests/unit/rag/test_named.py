"""The names and numbers of a question."""

import pytest

from service.rag.named import phrases, searchable, siblings


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many newton metres does the motor of the Corvel 7 have?", ["Corvel 7"]),
        ("Is the centre in Rotterdam open, and I ask again?", ["Rotterdam"]),
        ("What is new in firmware 4.7.0?", ["4.7.0"]),
        ("SP-1040 costs what?", ["SP-1040"]),
        ("The screen says E19. What now?", ["E19"]),
        ("May I go? I'm late.", []),
        ("How long is the warranty?", []),
    ],
)
def test_names_and_numbers_are_told_by_their_spelling(question: str, found: list[str]) -> None:
    """Capitals inside a sentence, digits and codes; neither what opens a sentence nor "I"."""
    assert [each.text for each in phrases(question)] == found


def test_a_phrase_stands_where_its_words_do_together() -> None:
    """Its words in another order or apart are another thing; inflection does not matter."""
    [phrase] = phrases("Does the Corvel 7 ring?")
    assert phrase.stands_in(searchable("A Corvel 7 rings."))
    assert not phrase.stands_in(searchable("The Corvel 5 weighs 7 kilograms."))


def test_a_number_alone_is_an_amount() -> None:
    """48 and 1,250 are amounts; a version and a model are not."""
    asked = "Is it 48 months, 1,250 kroner, release 4.7.0 or a Ridge 7?"
    assert [each.amount for each in phrases(asked)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Corvel 7", "The Corvel 5 and the Corvel 3, not the Ridge 7. A Corvel 5.", ("Corvel 5", "Corvel 3")),
        ("Pack XXL", "Pack S, Pack M, Pack L and Pack XL.", ("Pack S", "Pack M", "Pack L")),
        ("E19", "E07 and P1 mean nothing.", ("E07",)),
        ("Rotterdam", "Utrecht and Cologne.", ()),
        ("Corvel 7", "The Corvel 7.", ()),
    ],
)
def test_models_of_one_family_stand_in_for_each_other(name: str, text: str, found: tuple[str, ...]) -> None:
    """Of a model or a code the others of its family are found, each once; of any other name nothing is."""
    assert siblings(name, text) == found
