"""A run as a page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from eval.metrics import scores
from eval.outcome import Outcome, Scored
from eval.reasons import reasons
from eval.record import read_record, write_baseline
from eval.report import MAX_CHARACTERS, write_report
from eval.run import summary
from service.core.errors import InvalidRun, PathMissing
from tests.runs import CONFIG, HOSTILE, answered_run, case, citation, seen, write_run


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def test_every_text_is_text(tmp_path: Path):
    """Markup in a question, an answer, a quote, an error or a case's id is shown and is no element of the page."""
    run = answered_run(tmp_path / "run", [HOSTILE, "24 months"], command=HOSTILE, suite=HOSTILE)
    beside = answered_run(tmp_path / "beside", ["24 months", HOSTILE], suite=HOSTILE)
    page = write_report(run, beside).read_text()
    elements = Elements(page)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(elements.names)
    assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in elements.attributes)
    assert "&lt;script&gt;alert" in page
    assert "{{ 7 * 7 }}" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_page_says_what_was_run_and_how_it_went(tmp_path: Path):
    """Command, commit, fingerprints, figures with intervals, the floor that is missed, failures and skips."""
    page = write_report(
        answered_run(tmp_path / "run", ["24 months", "blue"], command="ragready eval run small")
    ).read_text()
    for said in ("ragready eval run small", "cccc", "bbbb", "aaaa", "floor 0.9 missed", "model-timeout", "late"):
        assert said in page
    assert "0.500" in page
    assert "0.095 to 0.905, n 2" in page


def test_a_baseline_shows_what_fell(tmp_path: Path):
    """Beside a baseline: verdicts, what differs, and the case that fell with both answers, sources and the reason."""
    before = answered_run(tmp_path / "before", ["24 months", "24 months"])
    after = answered_run(tmp_path / "after", ["24 months", "It is blue."], settings={"hits": 4})
    page = write_report(after, before, tmp_path / "page.html").read_text()
    assert "cannot tell" in page
    assert "settings.hits" in page
    fell = page.partition("The cases that fell most")[2].partition("</article>")[0]
    for said in ("case-1", "answer_accepted", "The answer lacks: 24 months.", "It is blue.", "public/a.md"):
        assert said in fell
    assert not (after / "page.html").exists()


def test_a_baseline_file_has_no_text_to_show(tmp_path: Path):
    """Beside a baseline file the figures are compared, and it is said that there is no answer of the baseline."""
    before = answered_run(tmp_path / "before", ["24 months"])
    write_baseline(read_record(before), tmp_path / "kept.json")
    page = write_report(answered_run(tmp_path / "after", ["blue"]), tmp_path / "kept.json").read_text()
    assert "A baseline file holds no text." in page


def test_runs_that_cannot_be_compared_say_so(tmp_path: Path):
    """Another corpus: the page says that nothing can be said, and why."""
    page = write_report(
        answered_run(tmp_path / "after", ["blue"], corpus="other"), answered_run(tmp_path / "before", ["blue"])
    ).read_text()
    assert "Not comparable: the corpora differ" in page


def test_a_text_of_a_megabyte_is_cut(tmp_path: Path):
    """A page stays small whatever a case holds, and says how long the text was."""
    long = citation("x" * 1_000_000)
    asked, answered = case("long", question="y" * 1_000_000), seen("x" * 1_000_000, citations=(long,))
    found = scores(asked, answered)
    outcomes: list[Outcome] = [Scored(asked, answered, found, reasons(asked, answered, found))]
    write_run(tmp_path / "run", CONFIG, outcomes, summary(outcomes))
    page = write_report(tmp_path / "run").read_text()
    assert "(1,000,000 characters)" in page
    assert len(page) < 30_000 + 10 * MAX_CHARACTERS


def test_what_is_no_run_has_no_page(tmp_path: Path):
    """A folder without a run, and nothing at all, are named."""
    with pytest.raises(InvalidRun):
        write_report(tmp_path)
    with pytest.raises(PathMissing):
        write_report(tmp_path / "nothing")
