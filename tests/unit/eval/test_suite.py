"""Suites that would score something else than they say are refused."""

import json
from pathlib import Path

import pytest

from eval.suite import Threshold, _asked, read_suite
from service.core.errors import InvalidSuite, PathMissing

CASE = {
    "id": "one",
    "question": "How long?",
    "answerable": True,
    "answers": ["24 months"],
    "also": [["€ 89"]],
    "relevant": [{"document": "public/a.md", "quote": "24 months"}],
    "spaces": ["public"],
    "split": "tune",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus/public").mkdir(parents=True)
    (tmp_path / "corpus/public/a.md").write_text("24 months")
    (tmp_path / "corpus/secret.md").write_text("24 months")
    (tmp_path / "suite.toml").write_text('name = "small"\n')
    return tmp_path


def write(folder: Path, *cases: object) -> Path:
    (folder / "cases.jsonl").write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in cases))
    return folder


def test_a_suite_is_read(folder: Path):
    """A suite has its cases with every part of their answers, limited to the split that is asked for."""
    suite = read_suite(write(folder, CASE, {**CASE, "id": "two", "split": "test"}), "tune")
    [case] = suite.cases
    assert (suite.name, case.parts, case.relevant) == (
        "small",
        (("24 months",), ("€ 89",)),
        (("public/a.md", "24 months"),),
    )


@pytest.mark.parametrize(
    ("cases", "named"),
    [
        ([CASE, CASE], "'one' more than once"),
        ([{**CASE, "relevant": [{"document": "public/b.md", "quote": "x"}]}], "public/b.md"),
        ([{**CASE, "relevant": [{"document": "public/../secret.md", "quote": "24 months"}]}], "does not hold"),
        ([{**CASE, "spaces": ["hr"]}], "none of its spaces"),
        ([{**CASE, "spaces": []}], "spaces"),
        ([{"id": "one"}], "line 1"),
        (["no object"], "line 1"),
        ([{**CASE, "relevent": []}], "relevent"),
        ([{**CASE, "answerable": "yes"}], "answerable"),
        ([{**CASE, "answers": ["**"]}], "any text would hold"),
        ([{**CASE, "must_pass": True, "skip": "not now"}], "must pass"),
        ([{**CASE, "must_pass": True, "answers": [], "also": []}], "must pass"),
        ([{**CASE, "must_contain": ["-"]}], "any text would hold"),
        (
            [{**CASE, "must_contain": ["Two  years"], "must_not_contain": ["**two years**"]}],
            "must not contain 'two years'",
        ),
        ([{**CASE, "must_contain": "24 months"}], "must_contain"),
        ([{**CASE, "answers": "24 months"}], "answers"),
        ([{**CASE, "answers": [], "also": [], "relevant": []}], "nothing can be scored"),
        ([{**CASE, "answerable": False}], "not answerable"),
        ([], "no case"),
    ],
    ids=[
        *("repeated id", "missing document", "document outside", "unreadable document", "no space", "missing field"),
        *("no object", "unknown key", "wrong type", "empty answer", "must pass, skipped", "must pass unanswered"),
        *("empty phrase", "phrase wanted and not", "phrases in one string"),
        *("answers in one string", "nothing to score", "unanswerable with answers", "no case"),
    ],
)
def test_a_broken_suite_is_refused(folder: Path, cases: list[object], named: str):
    """What contradicts itself, its corpus or the layout is refused with what is wrong and where."""
    with pytest.raises(InvalidSuite, match=named):
        read_suite(write(folder, *cases))


def test_one_case_is_a_suite(folder: Path):
    """A suite may hold a single case."""
    assert len(read_suite(write(folder, CASE)).cases) == 1


def test_a_very_long_case_is_read(folder: Path):
    """A question of a megabyte is a case like any other: whether it can be asked is the product's matter."""
    [case] = read_suite(write(folder, {**CASE, "question": "long " * 200_000})).cases
    assert len(case.question) == 1_000_000


def test_an_error_quotes_no_long_input(folder: Path):
    """What is wrong with a line of a megabyte is said in a few words."""
    with pytest.raises(InvalidSuite) as error:
        read_suite(write(folder, {**CASE, "question": 1, "answers": ["x" * 1_000_000]}))
    assert len(error.value.detail) < 500


def test_lines_end_at_line_feeds_alone(folder: Path):
    """A question may hold characters at which other programs break lines."""
    [case] = read_suite(write(folder, {**CASE, "question": "How\u2028long\x85?"})).cases
    assert case.question == "How\u2028long\x85?"


@pytest.mark.parametrize("name", ["cases.jsonl", "suite.toml"])
def test_a_file_in_another_encoding_is_named(folder: Path, name: str):
    """A file that is not UTF-8 is named with the byte where that shows."""
    write(folder, CASE)
    (folder / name).write_bytes('name = "Größe"\n'.encode("latin-1"))
    with pytest.raises(InvalidSuite, match=rf"{name} is not UTF-8 at byte 10"):
        read_suite(folder)


@pytest.mark.parametrize(
    ("toml", "named"),
    [("name = ", "no TOML"), ('nam = "x"', "nam"), ('name = "x"\nthresholds = {"recall@5" = {min = 1.0}}', "min")],
)
def test_a_broken_description_is_refused(folder: Path, toml: str, named: str):
    """suite.toml that is no TOML or has an unknown key is refused."""
    (write(folder, CASE) / "suite.toml").write_text(toml)
    with pytest.raises(InvalidSuite, match=named):
        read_suite(folder)


def test_thresholds_are_read(folder: Path):
    """Floors and aims stand beside each other."""
    (write(folder, CASE) / "suite.toml").write_text('name = "x"\n[thresholds."recall@5"]\nfloor = 0.5\naim = 0.9\n')
    assert read_suite(folder).thresholds == {"recall@5": Threshold(0.5, 0.9)}


def test_the_fingerprint_is_that_of_the_cases(folder: Path):
    """The order of cases and the thresholds change nothing; a word of a question does."""
    second = {**CASE, "id": "two"}
    before = read_suite(write(folder, CASE, second)).fingerprint
    (folder / "suite.toml").write_text('name = "small"\n[thresholds."recall@5"]\nfloor = 0.5\n')
    assert read_suite(write(folder, second, CASE)).fingerprint == before
    assert read_suite(write(folder, CASE, {**second, "question": "How far?"})).fingerprint != before


def test_an_empty_split_is_refused(folder: Path):
    """A split without a case is an error that says which splits there are, not a score of nothing."""
    with pytest.raises(InvalidSuite, match=r"sealed.*Splits: tune"):
        read_suite(write(folder, CASE), "sealed")


def test_a_folder_without_a_suite_is_named(tmp_path: Path):
    """A folder that holds no suite.toml is named."""
    with pytest.raises(PathMissing, match=str(tmp_path)):
        read_suite(tmp_path)


def test_a_suite_without_its_cases_is_named(folder: Path):
    """A suite whose cases are not there is named with the file."""
    with pytest.raises(PathMissing, match=r"cases\.jsonl"):
        read_suite(folder)


def test_what_must_pass_is_known_by_split_and_no_part_of_the_identity(folder: Path) -> None:
    """Demanding an answer changes no case, so that an earlier run can still be compared."""
    before = read_suite(write(folder, CASE, {**CASE, "id": "two", "split": "test"}))
    after = read_suite(write(folder, {**CASE, "must_pass": True}, {**CASE, "id": "two", "split": "test"}))
    assert (after.must_pass("tune"), after.must_pass("test"), after.must_pass(None)) == (("one",), (), ("one",))
    assert after.fingerprint == before.fingerprint


def test_a_question_without_an_answer_may_have_to_be_declined(folder: Path) -> None:
    """A case that must pass need not have an answer: it is held to declining."""
    case = {"id": "no", "question": "Who?", "answerable": False, "spaces": ["public"], "must_pass": True}
    assert read_suite(write(folder, CASE, case)).must_pass(None) == ("no",)


def test_phrases_are_part_of_the_identity_where_there_are_any(folder: Path) -> None:
    """A suite without phrases keeps the identity that it had before cases could have them."""
    plain = read_suite(write(folder, CASE))
    assert "must_contain" not in _asked(plain.cases[0])
    demanding = read_suite(write(folder, {**CASE, "must_contain": ["24 months"], "must_not_contain": ["forever"]}))
    assert (demanding.cases[0].must_contain, demanding.cases[0].must_not_contain) == (("24 months",), ("forever",))
    assert demanding.fingerprint != plain.fingerprint
