"""Taking labels over into the cases."""

import json
from pathlib import Path

import pytest

from eval.acceptance import accept
from eval.labels import ADJUDICATED, Judgement, keep
from eval.suite import read_suite
from eval.versions import CHANGES, kept_version
from service.core.errors import InvalidSuite
from tests.golden import case, read_lines, write_suite

N = 24


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of proposals, one that was accepted earlier, and one that somebody skipped for another reason."""
    waiting = "a proposal that nobody has accepted"
    proposals = [case(f"p{at}", f"Question {at}?", "tune", tags=["proposal", "fact"], skip=waiting) for at in range(N)]
    own = case("own", "Written by hand?", "test", tags=["single-fact"])
    other = case("other", "Skipped by hand?", "test", skip="the page is being rewritten")
    return write_suite(tmp_path / "suite", *proposals, own, other)


def label(suite: Path, annotator: str, wrong: set[str], judgement: Judgement = "bad-question") -> None:
    """Label every case: those of `wrong` so, the others right."""
    for each in read_suite(suite).cases:
        keep(suite, annotator, each, judgement if each.id in wrong else "right")


def test_what_people_share_is_taken_over(suite: Path) -> None:
    """Right proposals are asked from then on, bad ones say why not, a disagreement waits, lines of others stay."""
    before = (suite / "cases.jsonl").read_text().splitlines()
    label(suite, "ann", {"p0", "p1", "p2", "p3", "p4"})
    label(suite, "bob", {"p0", "p1", "p2", "p3", "p5"})
    made = accept(suite)
    after = {each["id"]: each for each in read_lines(suite / "cases.jsonl")}
    assert after["p6"]["tags"] == ["fact"]
    assert "skip" not in after["p6"]
    assert after["p0"]["skip"] == "labelled bad-question"
    assert set(made.waiting) == {"p4", "p5"}
    assert (suite / "cases.jsonl").read_text().splitlines()[-2:] == before[-2:]
    assert (made.agreement.verdict, made.version.number) == ("agree", 1)
    assert "alpha" in (suite / CHANGES).read_text()


def test_labels_hold_after_they_were_taken_over(suite: Path) -> None:
    """Accepting changes no question, so nobody has to label again, and accepting twice changes nothing."""
    for name in ("ann", "bob"):
        label(suite, name, {"p0", "p1", "p2"})
    accept(suite)
    first = (suite / "cases.jsonl").read_text()
    again = accept(suite)
    assert (suite / "cases.jsonl").read_text() == first
    assert again.version.number == kept_version(suite).number == 1


def test_a_disagreement_is_decided_by_adjudication(suite: Path) -> None:
    """What an adjudicator decided stands, against either annotator."""
    label(suite, "ann", {"p0", "p1", "p2", "p3", "p4"})
    label(suite, "bob", {"p0", "p1", "p2", "p3", "p5"})
    cases = {each.id: each for each in read_suite(suite).cases}
    keep(suite, ADJUDICATED, cases["p4"], "right", by="eve")
    keep(suite, ADJUDICATED, cases["p5"], "wrong-answer", by="eve")
    made = accept(suite)
    assert "p4" in made.accepted
    assert "p5" in made.left_out
    assert made.waiting == ()


def test_labels_without_agreement_are_refused(suite: Path) -> None:
    """Where people do not agree nothing is taken over, unless the control is off."""
    label(suite, "ann", {f"p{at}" for at in range(0, N, 2)})
    label(suite, "bob", {f"p{at}" for at in range(1, N, 2)})
    before = (suite / "cases.jsonl").read_text()
    with pytest.raises(InvalidSuite, match="do not agree"):
        accept(suite)
    assert (suite / "cases.jsonl").read_text() == before
    assert accept(suite, enforce=False).agreement.verdict == "do not agree"


def test_one_person_is_not_two(suite: Path) -> None:
    """One person's labels are taken over only when one is said to be enough."""
    label(suite, "ann", {"p0"})
    with pytest.raises(InvalidSuite, match="not labelled twice"):
        accept(suite)
    made = accept(suite, 1)
    assert len(made.accepted) == N + 1
    assert json.loads((suite / "cases.jsonl").read_text().splitlines()[0])["skip"] == "labelled bad-question"
