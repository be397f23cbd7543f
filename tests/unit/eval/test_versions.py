"""Versions of a golden set."""

from pathlib import Path

import pytest

from eval.suite import read_suite
from eval.versions import CHANGES, FILE, changed_since, keep_version, kept_version
from service.core.errors import InvalidSuite
from tests.golden import CASES, case, write_suite


def test_a_version_says_what_it_changed(tmp_path: Path) -> None:
    """Each version has a number, the suite's fingerprint and the ids of added, changed and removed cases."""
    suite = write_suite(tmp_path / "suite")
    first = keep_version(suite, "the first ones")
    assert (first.number, first.fingerprint, len(first.cases)) == (1, read_suite(suite).fingerprint, len(CASES))
    write_suite(suite, *CASES[1:4], case("s2", "Which colour has the door?", "sealed"), case("n1", "Who else?", "test"))
    change = changed_since(suite, kept_version(suite))
    assert (change.added, change.changed, change.removed) == (("n1",), ("s2",), ("t1",))
    second = keep_version(suite, "one gone")
    text = (suite / CHANGES).read_text()
    assert text.index(second.fingerprint) < text.index(first.fingerprint)
    assert "one gone" in text
    assert "n1" in text
    assert "Who else" not in text


def test_nothing_changed_is_no_version(tmp_path: Path) -> None:
    """Keeping the same cases again gives the same version, whatever their order."""
    suite = write_suite(tmp_path / "suite")
    first = keep_version(suite)
    write_suite(suite, *reversed(CASES))
    assert keep_version(suite) == first


def test_a_damaged_version_is_refused(tmp_path: Path) -> None:
    """A file that is no version is not taken for a suite that never had one."""
    suite = write_suite(tmp_path / "suite")
    (suite / FILE).write_text("{}")
    with pytest.raises(InvalidSuite, match="no version"):
        keep_version(suite)
