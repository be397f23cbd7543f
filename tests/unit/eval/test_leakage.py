"""Leaks between golden questions and other texts."""

from pathlib import Path

import pytest

from eval.leak_check import worst
from eval.leak_sources import Asked, Source, of_corpus, of_prompts, of_training
from eval.leakage import Compared, Detector, compared, same_things
from eval.proposals import Page
from eval.suite import read_suite
from service.core.errors import InvalidSuite, PathMissing
from tests.fakes import FakeEncoder
from tests.golden import RETURNS, case, write_suite

QUESTION = "How long does the warranty of the battery last?"


def told(left: str, right: str, cosine: float = 0.0) -> str:
    """What two texts are to each other."""
    found = compared(Asked("left", left), Asked("right", right), cosine)
    return found.state if found else "none"


@pytest.mark.parametrize(
    "other",
    [
        "how long does the warranty of the battery last",
        "How long does the waranty of the battery last?",
        "How long does warranty of the battery last?",
        "  How long, does the warranty of the battery last??",
    ],
)
def test_a_copy_is_confirmed(other: str) -> None:
    """Layout, a typing error and a word that says nothing make no other question."""
    assert told(QUESTION, other) == "confirmed"


def test_a_paraphrase_is_possible() -> None:
    """The same content words in another order, and vectors that are close, may be the same question."""
    assert told(QUESTION, "Battery: how long is its warranty, when does it last to?") == "possible"
    assert told(QUESTION, "For what time is the accumulator guaranteed?", cosine=0.9) == "possible"
    assert told(QUESTION, "For what time is the accumulator guaranteed?", cosine=0.5) == "none"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("What weighs the Corvel 3 with a battery?", "What weighs the Corvel 5 with a battery?"),
        ("How heavy is the new Tarn with a battery?", "How heavy is the new Loma with a battery?"),
        ("May I return a bike that I rode?", "May I not return a bike that I rode?"),
    ],
)
def test_another_number_name_or_denial_is_another_question(left: str, right: str) -> None:
    """Two questions of one form about two things are two questions, however close their vectors are."""
    assert told(left, right, cosine=0.99) == "none"


def test_names_count_in_any_case() -> None:
    """A name written small is the same name, and don't is a denial as do not is."""
    assert same_things("How heavy is the Tarn?", "how heavy is the tarn")
    assert same_things("Why don't bikes fly?", "Why do not bikes fly?")
    assert not same_things("Why don't bikes fly?", "Why do bikes fly?")


def test_splits_that_share_a_question(tmp_path: Path) -> None:
    """A question that stands in two splits is confirmed with both ids; within one split it is no leak."""
    cases = [
        case("a", QUESTION, "tune"),
        case("b", QUESTION.lower(), "test"),
        case("c", "Who paints the vans?", "test"),
        case("d", "Who paints all the vans?", "test"),
    ]
    read = read_suite(write_suite(tmp_path / "suite", *cases)).cases
    found = Detector(FakeEncoder()).splits(read, with_sealed=True)
    assert found.state == "confirmed"
    assert [(each.case, each.other) for each in found.leaks if each.state == "confirmed"] == [("b", "a")]


def test_a_shut_split_is_not_clean(tmp_path: Path) -> None:
    """Where the sealed split was not looked at, the state is unknown and never none."""
    read = read_suite(write_suite(tmp_path / "suite")).cases[:3]
    detector = Detector(FakeEncoder())
    assert detector.splits(read, with_sealed=False).state == "unknown"
    assert detector.splits(read, with_sealed=True).state == "none"


def test_what_is_missing_is_unknown() -> None:
    """A source that cannot be had is unknown with its reason, and so is the whole."""
    detector = Detector(FakeEncoder())
    for source in (of_training([]), of_prompts([Path("/nowhere")]), of_corpus([])):
        found = detector.source((), source)
        assert (found.state, bool(found.unknown)) == ("unknown", True)
    assert worst([Compared("a", "none", 1, 1), Compared("b", "unknown", 1, 0, unknown="gone")]) == "unknown"
    assert worst([Compared("a", "possible", 1, 1), Compared("b", "unknown", 1, 0)]) == "possible"
    assert worst([Compared("a", "none", 1, 1)]) == "none"


def test_examples_in_a_prompt_are_texts(tmp_path: Path) -> None:
    """Each sentence of a prompt is compared, under its file and line; short pieces are not."""
    (tmp_path / "ask-1.txt").write_text(f"Answer.\n- {QUESTION} It lasts long enough for you.\n")
    found = of_prompts([tmp_path])
    assert [(each.id, each.text) for each in found.texts] == [
        ("ask-1.txt, line 2", QUESTION),
        ("ask-1.txt, line 2", "It lasts long enough for you."),
    ]


def test_training_data_is_lines(tmp_path: Path) -> None:
    """JSON lines with a question or text, plain lines, and folders of both are read; other lines are named."""
    (tmp_path / "a.jsonl").write_text('{"question": "One?"}\n{"text": "Two."}\n')
    (tmp_path / "b.txt").write_text("Three\n\nFour\n")
    assert [each.text for each in of_training([tmp_path]).texts] == ["One?", "Two.", "Three", "Four"]
    (tmp_path / "a.jsonl").write_text('{"label": 1}\n')
    with pytest.raises(InvalidSuite, match="line 1"):
        of_training([tmp_path])
    with pytest.raises(PathMissing):
        of_training([tmp_path / "none.jsonl"])


def test_questions_of_documents_are_texts() -> None:
    """A question that is a heading of a document is compared with the golden ones."""
    source = of_corpus([Page("shop/returns.md", "Returns", RETURNS)])
    assert isinstance(source, Source)
    assert [each.text for each in source.texts] == ["Can I return a gift?"]


def test_texts_that_repeat_others_are_named() -> None:
    """The same question in other small words is among the repeated texts, one about something else is not."""
    golden = ["How long is the warranty of the Corvel 5?"]
    asked = ["How long is a warranty of the Corvel 5?", "How long is the warranty of the Ridge 7?", "!"]
    assert Detector(FakeEncoder()).repeated(asked, golden) == {asked[0]}
