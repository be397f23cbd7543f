"""Labelling in the terminal and on the page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from eval.label_page import label_app
from eval.labelling import label_in_terminal, passage, session_of
from eval.labels import keep, labels_of
from eval.suite import read_suite
from service.terminal import out
from tests.golden import write_suite

SECRET = "a-secret-of-this-test"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite")


def keys(*given: str | type[BaseException]) -> Callable[[], str]:
    """Keys one after the other; an exception is raised in its place."""
    left = list(given)

    def read() -> str:
        key = left.pop(0)
        if isinstance(key, str):
            return key
        raise key

    return read


def labelled(suite: Path, *given: str | type[BaseException]) -> int:
    read = read_suite(suite)
    return label_in_terminal(session_of(suite, read.cases, "ann"), read.corpus, keys(*given))


def test_case_after_case_with_the_guideline(suite: Path) -> None:
    """The guideline, the question, its quote and the text around it are shown, and each key becomes a label."""
    (suite / "guideline.md").write_text("Judge by the documents.")
    with out.capture() as shown:
        assert labelled(suite, "r", "a", "n", "b", "r") == 5
    found = labels_of(suite, "ann", read_suite(suite).cases)
    assert [found[each].label for each in ("t1", "t2", "e1", "s1")] == [
        "right",
        "wrong-answer",
        "wrong-answerability",
        "bad-question",
    ]
    text = shown.get()
    assert "Judge by the documents." in text
    assert "How long do parcels travel at home?" in text
    assert "never left in the rain" in text


@pytest.mark.parametrize("end", [KeyboardInterrupt, EOFError, "q"])
def test_stopping_loses_nothing(suite: Path, end: str | type[BaseException]) -> None:
    """After Ctrl-C, the end of input or q every label is on disk, and the next session begins with the next case."""
    with out.capture():
        assert labelled(suite, "r", "r", end) == 2
        assert labelled(suite, "a", "a", "a") == 3
    found = labels_of(suite, "ann", read_suite(suite).cases)
    assert [each.label for each in found.values()] == ["right", "right", *["wrong-answer"] * 3]


def test_unknown_keys_and_skips(suite: Path) -> None:
    """A key that means nothing asks again, and a skipped case comes again the next time."""
    with out.capture():
        assert labelled(suite, "x", "s", "r", "q") == 1
    assert set(labels_of(suite, "ann", read_suite(suite).cases)) == {"t2"}


def test_the_adjudicator_sees_who_said_what(suite: Path) -> None:
    """Adjudicating shows the cases on which people differ, and no other, with each one's label and note."""
    cases = read_suite(suite).cases
    for each in cases:
        keep(suite, "ann", each, "right")
        keep(suite, "bob", each, "wrong-answer" if each.id == "e1" else "right", note="it is 15")
    session = session_of(suite, cases, "eve", adjudicate=True)
    with out.capture() as shown:
        assert label_in_terminal(session, suite / "corpus", keys("a")) == 1
    assert "it is 15" in shown.get()
    found = labels_of(suite, "adjudicated", cases)
    assert {name: (each.label, each.by) for name, each in found.items()} == {"e1": ("wrong-answer", "eve")}


def test_an_annotator_sees_nobody_elses_labels(suite: Path) -> None:
    """What others said is shown to who adjudicates only."""
    cases = read_suite(suite).cases
    keep(suite, "ann", cases[0], "wrong-answer")
    assert session_of(suite, cases, "bob").others(cases[0]) == {}


def test_a_document_that_cannot_be_read_is_said(suite: Path) -> None:
    """Where the passage cannot be shown, the reason stands in its place."""
    (suite / "corpus/shop/delivery.md").write_bytes(b"")
    assert "empty-document" in passage(suite / "corpus", read_suite(suite).cases[0])


@pytest.fixture
def page(suite: Path) -> TestClient:
    read = read_suite(suite)
    app = label_app(session_of(suite, read.cases, "ann"), read.corpus, SECRET)
    return TestClient(app, base_url="http://127.0.0.1")


def test_the_page_labels(suite: Path, page: TestClient) -> None:
    """The page shows a case beside the guideline, and a button keeps its label and leads to the next case."""
    shown = page.get(f"/{SECRET}/").text
    assert "How long do parcels travel at home?" in shown
    assert "Guideline for labelling" in shown
    sent = page.post(f"/{SECRET}/", data={"case": "t1", "label": "right", "note": "<b>yes</b>"})
    assert "Who paints the vans?" in sent.text
    found = labels_of(suite, "ann", read_suite(suite).cases)
    assert (found["t1"].label, found["t1"].note) == ("right", "<b>yes</b>")
    assert "What is charged for one parcel?" in page.get(f"/{SECRET}/?skip=1").text


def test_the_page_is_for_who_knows_its_address(page: TestClient) -> None:
    """Another address, another host, an unknown case and an unknown label keep nothing."""
    label = {"case": "t1", "label": "right"}
    assert page.get("/guess/").status_code == 404
    assert page.post("/guess/", data=label).status_code == 404
    assert page.get(f"/{SECRET}/", headers={"Host": "evil.example"}).status_code == 400
    assert page.post(f"/{SECRET}/", data={**label, "case": "zz"}).status_code == 404
    assert page.post(f"/{SECRET}/", data={**label, "label": "fine"}).status_code == 422
    assert page.get(f"/{SECRET}/").headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_runs_no_text(tmp_path: Path) -> None:
    """A question and a guideline are shown as text, whatever they hold."""
    suite = write_suite(
        tmp_path / "hostile",
        {"id": 'x"><script>', "question": "<script>alert(1)</script>?", "answerable": False, "spaces": ["shop"]},
    )
    (suite / "guideline.md").write_text("<img src=x onerror=alert(1)>")
    read = read_suite(suite)
    shown = TestClient(
        label_app(session_of(suite, read.cases, "ann"), read.corpus, SECRET), base_url="http://127.0.0.1"
    ).get(f"/{SECRET}/")
    assert "<script" not in shown.text
    assert "<img" not in shown.text
