"""Two questions asked as one."""

from dataclasses import replace

from eval.pairs import pairs
from eval.suite import Case

CASE = Case("a", "Where is it?", True, (("here",),), (), ("public",), (), "test")


def test_pairs_are_of_the_same_spaces_and_use_a_case_once() -> None:
    """Only answerable one-sentence questions are paired, within their spaces, none twice."""
    cases = [
        *(replace(CASE, id=f"public-{number}", question=f"Where is {number}?") for number in range(5)),
        *(replace(CASE, id=f"hr-{number}", spaces=("hr",)) for number in range(2)),
        replace(CASE, id="hr-none", spaces=("hr",), answerable=False),
        replace(CASE, id="hr-long", spaces=("hr",), question="It broke. Where is it?"),
    ]
    made = pairs(cases)
    used = [each.id for pair in made for each in (pair.first, pair.second)]
    assert len(made) == 3
    assert len(set(used)) == 6
    assert all(pair.first.spaces == pair.second.spaces for pair in made)
    assert not {"hr-none", "hr-long"} & set(used)


def test_both_are_asked_in_one_sentence() -> None:
    """The two are joined by "and"."""
    [pair] = pairs([CASE, replace(CASE, id="b", question="When is it?")])
    assert pair.question in {"Where is it, and when is it?", "When is it, and where is it?"}
