"""Making a suite and adding to one."""

import json
from pathlib import Path

import pytest

from eval.new_suite import add, from_folder, split_of
from eval.proposals import Proposal, proposed
from eval.suite import read_suite
from eval.versions import kept_version
from service.core.errors import InvalidSuite, PathMissing
from tests.golden import read_lines, write_documents

MAX = 2**20


def test_a_new_suite_is_read_as_one(tmp_path: Path) -> None:
    """Documents become a suite that read_suite takes, all of whose cases are skipped until somebody accepts them."""
    suite = tmp_path / "suite"
    source = from_folder(write_documents(tmp_path / "files"), suite, "shop", MAX)
    made = add(suite, [each for page in source.pages for each in proposed(page, 4)], "suite", "the guideline")
    read = read_suite(suite)
    assert len(read.cases) == made.added > 5
    assert all(case.skip and "proposal" in case.tags for case in read.cases)
    assert (suite / "guideline.md").read_text() == "the guideline"
    assert (made.version, kept_version(suite).fingerprint) == (1, read.fingerprint)


def test_related_cases_share_a_split(tmp_path: Path) -> None:
    """Every case of a document stands in the split that follows from the document's name."""
    suite = tmp_path / "suite"
    source = from_folder(write_documents(tmp_path / "files"), suite, "shop", MAX)
    add(suite, [each for page in source.pages for each in proposed(page, 6)], "suite", "")
    for line in read_lines(suite / "cases.jsonl"):
        assert line["group"] == line["relevant"][0]["document"]
        assert line["split"] == split_of(line["group"])


def test_splits_have_their_shares() -> None:
    """Of many groups half are to tune on, three tenths to test on and a fifth sealed."""
    drawn = [split_of(f"document {number}") for number in range(2_000)]
    assert 0.45 < drawn.count("tune") / 2_000 < 0.55
    assert 0.26 < drawn.count("test") / 2_000 < 0.34
    assert 0.17 < drawn.count("sealed") / 2_000 < 0.23


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    """Adding again leaves every line and file as it was, and adds only questions that are not there."""
    suite = tmp_path / "suite"
    source = from_folder(write_documents(tmp_path / "files"), suite, "shop", MAX)
    found = [each for page in source.pages for each in proposed(page, 4)]
    add(suite, found, "suite", "first")
    (suite / "suite.toml").write_text('name = "mine"\nowner = "me"\n')
    before = (suite / "cases.jsonl").read_text()
    more = Proposal("Something else?", "feedback", answerable=False, space="shop")
    made = add(suite, [*found, more], "suite", "second")
    assert (made.suite, made.added, made.known) == ("mine", 1, len(found))
    assert (suite / "cases.jsonl").read_text().startswith(before)
    assert (suite / "guideline.md").read_text() == "first"


def test_another_file_of_a_name_is_refused(tmp_path: Path) -> None:
    """A document that the suite holds with another content is not replaced."""
    suite, files = tmp_path / "suite", write_documents(tmp_path / "files")
    from_folder(files, suite, "shop", MAX)
    (files / "care.md").write_text("# Care\n\nOtherwise.\n")
    with pytest.raises(InvalidSuite, match="another content"):
        from_folder(files, suite, "shop", MAX)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that ingestion could not read is listed with its code; the others are taken."""
    files = write_documents(tmp_path / "files")
    (files / "broken.pdf").write_bytes(b"no pdf at all")
    source = from_folder(files, tmp_path / "suite", "shop", MAX)
    assert len(source.pages) == 3
    assert [name for name, _ in source.problems] == ["shop/broken.pdf"]


def test_files_without_a_space_are_refused(tmp_path: Path) -> None:
    """A folder of files alone does not say which space they belong to."""
    with pytest.raises(PathMissing, match="no subfolder"):
        from_folder(write_documents(tmp_path / "files"), tmp_path / "suite", None, MAX)


def test_nothing_to_propose_is_refused(tmp_path: Path) -> None:
    """A suite of no case is not made."""
    with pytest.raises(InvalidSuite, match="Nothing could be proposed"):
        add(tmp_path / "suite", [], "suite", "")


def test_cases_by_hand_keep_their_bytes(tmp_path: Path) -> None:
    """A line that somebody wrote in a form of their own stays as it is."""
    suite = tmp_path / "suite"
    suite.mkdir()
    own = json.dumps({"spaces": ["shop"], "id": "own", "question": "Mine?", "answerable": False}, indent=None)
    (suite / "suite.toml").write_text('name = "mine"\n')
    (suite / "cases.jsonl").write_text(f"{own}\n")
    add(suite, [Proposal("Other?", "feedback", answerable=False, space="shop")], "suite", "")
    assert (suite / "cases.jsonl").read_text().split("\n")[0] == own
