"""The gate's findings as Markdown."""

from html.parser import HTMLParser

from markdown_it import MarkdownIt

from eval.gate import blocks
from eval.gate_comment import MAX_REASONS, markdown
from eval.suite import Threshold
from tests.runs import record, shares

GOOD = record(shares("recall@5", [1.0] * 90 + [0.0] * 10))
BAD = record(shares("recall@5", [1.0] * 50 + [0.0] * 50), commit="dddd", dirty=True)
RENDER = MarkdownIt("commonmark", {"html": True}).enable("table")


def test_a_comment_says_what_stops_the_change():
    """Heading, reasons, the metrics that can be told first, both commits, and a mark to find the comment by."""
    said = markdown(blocks(GOOD, BAD), "small", True, (GOOD, BAD))
    lines = said.splitlines()
    assert lines[:2] == ["<!-- ragready-eval-small -->", "### small: blocked"]
    assert lines[3].startswith("- recall@5 is worse: 0.9 became 0.5")
    first = next(line for line in lines if line.startswith("| `"))
    assert first.startswith("| `recall@5` | 0.9 | 0.5 | -0.4 (")
    assert "**worse**" in first
    assert lines[-1].endswith("Baseline of commit cccc, this run of dddd with changes that are in no commit.")


def test_a_change_that_cannot_be_told_says_what_could_be():
    """Passed, and beside each metric the smallest difference that would have been seen; a missed aim is told."""
    found = blocks(GOOD, GOOD, {"recall@5": Threshold(aim=0.95)})
    said = markdown(found, "small", True, (GOOD, GOOD))
    assert "### small: passed" in said
    assert "cannot tell, could have told 0." in said
    assert "its aim 0.95" in said
    off = markdown(blocks(GOOD, BAD), "small", False, (GOOD, BAD))
    assert "### small: would be blocked, and the control `gate` is off" in off


class Elements(HTMLParser):
    """The elements of a text of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the signature of HTMLParser
        self.names.add(tag)


def test_no_text_acts():
    """A case's id or a suite's name with markup, a link, a picture or a mention is text, and breaks no table."""
    hostile = "<img src=x> ![a](http://drop.example/b) [c](http://d.example) @everyone | `x` **y**\n# z"
    lost = record({hostile: {"recall@5": 1.0}, **GOOD.scores})
    said = markdown(blocks(lost, GOOD), hostile, True, (lost, GOOD))
    html = RENDER.render(said)
    assert Elements(html).names <= {
        "h3",
        "ul",
        "li",
        "p",
        "em",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "strong",
    }
    assert "@everyone" not in html
    assert "drop.example" in html
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {6}


def test_many_reasons_are_cut():
    """A comment has an end."""
    many = {f"metric-{each}": each for each in range(100)}
    found = blocks(GOOD, BAD)
    long = type(found)(True, tuple(many), (), found.comparison)
    said = markdown(long, "small", True, (GOOD, BAD))
    assert f"and {100 - MAX_REASONS} more reasons" in said
    assert "metric-99" not in said
