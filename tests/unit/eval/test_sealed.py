"""The sealed split stays shut, and its openings are counted."""

from pathlib import Path

import pytest

from eval.sealed import FILE, asked_split, cases_of, opened, openings
from service.core.errors import InvalidSuite, StorageFull
from tests.golden import CASES, write_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


def test_without_a_split_no_sealed_case_is_asked(suite: Path) -> None:
    """A suite without a split named holds every case but the sealed ones, and nothing is written down."""
    assert [case.id for case in cases_of(suite, None).cases] == ["t1", "t2", "e1"]
    assert [case.id for case in cases_of(suite, "test").cases] == ["e1"]
    assert not (suite / FILE).exists()
    assert openings(suite) == ()


def test_each_opening_is_counted(suite: Path) -> None:
    """Opening the sealed split gives its cases alone and adds one line that says when, who, why and how many."""
    assert [case.id for case in cases_of(suite, "sealed").cases] == ["s1", "s2"]
    opened(suite, "leaks")
    found = openings(suite)
    assert [(each.why, each.cases) for each in found] == [("run", 2), ("leaks", 2)]
    assert all(each.at and each.by for each in found)


def test_going_on_with_a_run_is_the_same_look(suite: Path) -> None:
    """A run that goes on after an interruption is counted once; without a line of its beginning it is counted then."""
    assert [case.id for case in cases_of(suite, "sealed", again=True).cases] == ["s1", "s2"]
    assert len(openings(suite)) == 1
    for _ in range(3):
        assert [case.id for case in cases_of(suite, "sealed", again=True).cases] == ["s1", "s2"]
    assert len(openings(suite)) == 1
    cases_of(suite, "sealed")
    assert len(openings(suite)) == 2


def test_a_look_at_something_else_is_not_gone_on_with(suite: Path) -> None:
    """An opening to search for leaks is no beginning of a run: the run is counted."""
    opened(suite, "leaks")
    cases_of(suite, "sealed", again=True)
    assert [each.why for each in openings(suite)] == ["leaks", "run"]


def test_an_opening_that_cannot_be_counted_is_refused(suite: Path) -> None:
    """Where the opening cannot be written down, no case is handed out."""
    (suite / FILE).mkdir()
    with pytest.raises(StorageFull, match="stays shut"):
        opened(suite, "run")


def test_a_damaged_count_is_no_count(suite: Path) -> None:
    """A line that is no opening is refused by its number, and not counted as nothing."""
    (suite / FILE).write_text("{}\n")
    with pytest.raises(InvalidSuite, match="line 1"):
        openings(suite)


@pytest.mark.parametrize(("split", "sealed"), [("sealed", False), ("sealed", True), ("tune", True)])
def test_only_one_option_opens_it(split: str, sealed: bool) -> None:
    """The sealed split is not opened by --split, and --sealed goes with no other split."""
    with pytest.raises(InvalidSuite, match="--sealed"):
        asked_split(split, sealed=sealed)


def test_the_options_name_a_split() -> None:
    """--sealed means the sealed split, and nothing means every open case."""
    assert (asked_split(None, sealed=True), asked_split("tune", sealed=False), asked_split(None, sealed=False)) == (
        "sealed",
        "tune",
        None,
    )


def test_a_suite_of_sealed_cases_alone_has_nothing_to_ask(tmp_path: Path) -> None:
    """A suite all of whose cases are sealed says so."""
    suite = write_suite(tmp_path / "suite", *CASES[3:])
    with pytest.raises(InvalidSuite, match="Every case"):
        cases_of(suite, None)
