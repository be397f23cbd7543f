"""Spelling of a question, repaired against what the chunks hold."""

from collections.abc import Collection

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from service.rag import repair

HELD = {"warranty": 9, "battery": 4, "battle": 1, "kestrel": 2, "lamp": 3, "lamb": 1}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def tokenizer() -> Tokenizer:
    """An encoder's tokenizer that has a token for some words and letters for the rest."""
    whole = ["warranty", "battery", "ration", "lamb"]
    pieces = ["[UNK]", *whole, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    made = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.pre_tokenizer = BertPreTokenizer()
    return made


def holders(words: Collection[str]) -> dict[str, int]:
    """How many chunks hold each word."""
    return {word: HELD[word] for word in words if word in HELD}


@pytest.mark.parametrize("slip", ["waranty", "warrannty", "warrenty", "warratny"])
def test_one_slip_in_a_word_is_repaired(tokenizer: Tokenizer, slip: str) -> None:
    """A letter dropped, added, changed or exchanged with its neighbour is repaired, and nothing else is touched."""
    assert repair.repaired(f"How long is the {slip}, 2 years?", holders, tokenizer) == (
        "How long is the warranty, 2 years?"
    )


@pytest.mark.parametrize(
    "question",
    [
        "How long is the warranty?",  # held
        "Is the kestrel quiet?",  # held, no token of the encoder
        "Is a ration given?",  # not held, and a word of the encoder's
        "Is the Quernstone quiet?",  # near nothing that is held
        "Is Ab1x or lmp in?",  # too short, or no word
        "wartanry",  # two slips
        "Is the Waranty of Jule Lamo long?",  # names: nobody becomes somebody else
        "Do rations help?",  # a word of the encoder's with an ending
        "Which unlamb?",  # or with a beginning
        "",
        "?!",
    ],
)
def test_what_is_no_slip_stays_as_it_is(tokenizer: Tokenizer, question: str) -> None:
    """Words that a chunk holds, that the encoder knows, or that are near nothing are left alone."""
    assert repair.repaired(question, holders, tokenizer) == question


def test_a_word_that_the_encoder_knows_goes_before_a_more_frequent_one(tokenizer: Tokenizer) -> None:
    """Of two words that one slip could have meant, the one that the encoder has a token for is taken."""
    assert repair.repaired("Which lamv?", holders, tokenizer) == "Which lamb?"


def test_a_question_of_unknown_words_is_not_repaired(tokenizer: Tokenizer) -> None:
    """A question in another language than the index is left alone, whatever its words are near to."""
    asked = "waranty battry kestrl batle lammp"
    assert repair.repaired(asked, holders, tokenizer) == asked


def test_only_what_is_asked_for_is_looked_up(tokenizer: Tokenizer) -> None:
    """A question that is spelt right costs one look at the words that the encoder has no token for."""
    looked: list[Collection[str]] = []

    def watched(words: Collection[str]) -> dict[str, int]:
        looked.append(set(words))
        return holders(words)

    repair.repaired("Is the kestrel a warranty?", watched, tokenizer)
    assert looked == [{"kestrel"}]
