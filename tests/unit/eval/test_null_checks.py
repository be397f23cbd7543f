"""The null controls of a run: what each says where it can tell, where it cannot, and where something is let through."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.compare import compare
from eval.gate import blocks
from eval.metrics import scores
from eval.null_checks import NullCheck, at_least, declining, null_checks, retrieval_off, same_run, shuffled_citations
from eval.nulls import always_declining, never_declining
from eval.outcome import Failed, Outcome, Scored
from eval.record import failed_nulls, write_baseline
from service.core.errors import InvalidRun
from tests.runs import case, citation, hit, numbered, record, seen, shares

OUTCOMES: list[Outcome] = [*map(numbered, range(60)), Failed(case("broken"), "internal", "it broke")]
HELD = {"public": [f"public/{number}.md" for number in range(60)]}
FAILED = {"nulls": [{"name": "A/A", "state": "failed", "why": "it differs"}]}


def states(checks: tuple[NullCheck, ...]) -> dict[str, str]:
    return {each.name: each.state for each in checks}


def same_template(number: int) -> Scored:
    """An answer whose citation would hold for every other one: half of the words are the same, and so is the chunk."""
    sentences = [f"The small part weighs nothing {each}lpha" for each in "abcdefghij"]
    asked = case(str(number), parts=(("nothing",),))
    said = seen(sentences[number], citations=(citation(sentences[number]),), hits=(hit(text=". ".join(sentences)),))
    return Scored(asked, said, scores(asked, said))


def test_a_run_that_measures_passes_every_null_control() -> None:
    """Shuffled citations, two products that always say the same, random hits and the run itself are all told."""
    assert set(states(null_checks(OUTCOMES, HELD)).values()) == {"passed"}


def test_a_run_of_one_case_says_what_could_not_be_checked() -> None:
    """One case is no failure: what needs more of them says so by name, and the run can be used."""
    found = null_checks([numbered(1)], HELD)
    assert states(found) == {
        "A/A": "passed",
        "shuffled citations": "could not check",
        "never abstains": "could not check",
        "always abstains": "could not check",
        "retrieval off": "passed",
    }
    assert all(each.why for each in found)


def test_a_run_without_a_scored_case_checks_nothing() -> None:
    """Where every case failed, no null control says that it passed."""
    assert set(states(null_checks([OUTCOMES[-1]], HELD)).values()) == {"could not check"}


def test_citations_that_hold_whatever_they_cite_are_a_failure() -> None:
    """Ten different citations of which each supports every sentence: shuffling loses nothing, which stops the run."""
    found = shuffled_citations([same_template(number) for number in range(10)])
    assert (found.state, "1.000 became 1.000" in found.why) == ("failed", True)


def test_few_citations_cannot_be_shuffled() -> None:
    """Five cases are too few for any test, and many cases with one citation have nothing to exchange."""
    few = shuffled_citations([numbered(number) for number in (1, 2, 4, 5, 7)])
    assert (few.state, few.why) == ("could not check", "5 cases with citations are too few")
    same = shuffled_citations([replace(numbered(1), case=case(str(number))) for number in range(10)])
    assert (same.state, "0.00 of the sources moved" in same.why) == ("could not check", True)


def test_citations_without_texts_are_told_by_their_documents() -> None:
    """Over HTTP hits carry no text: what is shuffled then is the document that is cited."""
    bare = []
    for each in map(numbered, range(60)):
        said = replace(each.seen, hits=tuple(replace(hit, text=None) for hit in each.seen.hits))
        bare.append(Scored(each.case, said, scores(each.case, said)))
    found = shuffled_citations(bare)
    assert (found.state, found.why.split()[0]) == ("passed", "citation_relevant")


@pytest.mark.parametrize(("kind", "lacking"), [(0, "answerable"), (1, "unanswerable")])
def test_declining_needs_both_kinds_of_case(kind: int, lacking: str) -> None:
    """Where all cases have an answer, or none has, that is said by name."""
    cases = [numbered(number) for number in range(30) if (number % 3 > 0) == bool(kind)]
    assert declining("never", cases, never_declining(cases)).why == f"no {lacking} case was scored"


def test_a_null_with_skill_is_a_failure() -> None:
    """If what should have no skill at declining had some, the run would be stopped."""
    assert declining("never", OUTCOMES, OUTCOMES).state == "failed"


def test_a_run_that_never_declines_cannot_be_told_from_one_that_never_does() -> None:
    """A product without abstention is measured all the same: this null control says that it has nothing to compare."""
    same = never_declining(OUTCOMES)
    assert declining("never", same, always_declining(same)).state == "could not check"


def test_random_hits_are_as_good_as_chance() -> None:
    """Five of sixty chunks find one document in five of sixty draws; what is not indexed at all is never found."""
    found = retrieval_off(OUTCOMES, HELD)
    assert (found.state, "by chance 0.083" in found.why) == ("passed", True)
    tiny = retrieval_off([numbered(1)], {"public": ["public/1.md"]})
    assert (tiny.state, "too few chunks" in tiny.why) == ("could not check", True)
    assert "is not known" in retrieval_off(OUTCOMES, None).why


def test_unequal_chances_add_up() -> None:
    """Of two cases with chances of a half and a quarter, one or more is found in 5 of 8, both in 1 of 8."""
    assert [at_least(count, [0.5, 0.25]) for count in (0, 1, 2, 3)] == pytest.approx([1, 5 / 8, 1 / 8, 0])


def test_a_run_is_like_itself() -> None:
    """A/A says so with the number of cases."""
    assert same_run(OUTCOMES) == NullCheck("A/A", "passed", "60 cases do not differ from themselves")


def test_a_run_whose_null_control_failed_is_neither_compared_nor_a_baseline(tmp_path: Path) -> None:
    """The gate stops it by name, as candidate and as baseline, and no baseline is made of it."""
    good, bad = record(shares("recall@5", [1.0] * 9)), record(shares("recall@5", [1.0] * 9), **FAILED)
    assert failed_nulls(bad.config) == ["A/A"]
    for pair, who in (((good, bad), "candidate"), ((bad, good), "baseline")):
        assert compare(*pair).why == (f"null controls of the {who} failed: A/A",)
        assert blocks(*pair).blocked
    with pytest.raises(InvalidRun, match="A/A"):
        write_baseline(bad, tmp_path / "baseline.json")


def test_what_could_not_be_checked_is_advice() -> None:
    """The gate names it and stops nothing."""
    unknown = {"nulls": [{"name": "retrieval off", "state": "could not check", "why": "what is indexed is not known"}]}
    good = record(shares("recall@5", [1.0] * 9), **unknown)
    found = blocks(good, good)
    assert not found.blocked
    assert any("retrieval off (what is indexed is not known)" in each for each in found.advice)
