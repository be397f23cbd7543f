"""The made sentences that the check has to tell apart, and when it does."""

import pytest

from eval.checklist.probes.security_hallucination import by_words, judged, sentences_of
from eval.checklist.probes.trust_citations import SPACE, planted
from eval.checklist.states import Figure, State, share
from tests.fakes import FakeEncoder

PAGES = list(planted(6, 0)[SPACE].values())


def test_one_thing_is_changed_of_each_sentence() -> None:
    """Of each page a sentence that holds, and one with another number, another name, and the contrary."""
    made = sentences_of(PAGES, 0)
    assert [each.changed for each in made[:4]] == ["", "number", "name", "sense"]
    assert len({each.sentence for each in made}) == len(made) == 24
    for right, number, name, sense in zip(*[iter(made)] * 4, strict=True):
        thing = right.page.splitlines()[0].removeprefix("# The ")
        assert thing in right.sentence
        assert thing in number.sentence
        assert thing not in name.sentence
        assert " not " in sense.sentence


def test_shared_words_hardly_see_a_changed_sentence() -> None:
    """The floor gives a sentence whose sense was changed nearly what it gives the right one."""
    right, _, _, sense = sentences_of(PAGES, 0)[:4]
    assert by_words(sense, FakeEncoder()) >= by_words(right, FakeEncoder()) - 0.2


@pytest.mark.parametrize(
    ("passed", "caught", "above", "shown", "state"),
    [
        (share(9, 10), share(100, 100), True, share(0, 9), "pass"),
        (share(7, 10), share(100, 100), True, share(0, 9), "fail"),
        (share(9, 10), share(94, 100), True, share(0, 9), "fail"),
        (share(9, 10), share(100, 100), False, share(0, 9), "fail"),
        (share(9, 10), share(100, 100), True, share(1, 9), "fail"),
    ],
)
def test_all_of_it_has_to_hold(passed: Figure, caught: Figure, above: bool, shown: Figure, state: State) -> None:
    """Changed sentences are caught, others kept, words do worse, and nothing invented is shown."""
    assert judged(passed, caught, above, shown) == state
