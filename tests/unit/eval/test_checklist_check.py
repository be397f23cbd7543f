"""A check as a whole: what is run, what is kept, what the score is made of, and how it is shown."""

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from eval.checklist.check import Checked, Wanted, check, evidence_folder, kept
from eval.checklist.evidence import Observation, Result
from eval.checklist.lab import Lab, Off
from eval.checklist.lines import SECTIONS, Line, chosen, lines
from eval.checklist.show import body, show
from eval.checklist.states import State, count, share
from service.core.settings import Settings

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Finding:
    """A runner that finds the same of every line that has a probe, and remembers what it was asked to run."""

    def __init__(self, state: State = "pass") -> None:
        self.state = state
        self.asked: list[str] = []

    def __call__(self, _lab: Lab, asked: Sequence[Line], _off: Off, _limit: float) -> Iterator[Result]:
        self.asked = [line.id for line in asked]
        for line in asked:
            if line.probe:
                figures = {"found": share(9, 10), "seen": count(3, 10)}
                yield Result(
                    line, Observation("fail", at=AT), Observation(self.state, figures, "As planted.", 2, AT, 1.5)
                )
            else:
                yield Result(line, Observation("not run"), Observation("not run", says=line.missing))


def ran(settings: Settings, *ids: str, state: State = "pass", **wanted: object) -> Checked:
    """A check of some lines that all find the same."""
    return check(settings, Wanted(chosen(lines(), ids), **wanted), lambda *_: None, Finding(state))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on a folder of the test."""
    return Settings(data_folder=tmp_path)


def test_only_the_lines_asked_for_run(settings: Settings) -> None:
    """A check of two lines runs these two and shows these two."""
    runs = Finding()
    done = check(settings, Wanted(chosen(lines(), ["data-freshness", "privacy-access"])), lambda *_: None, runs)
    assert runs.asked == [each.line.id for each in done.results] == ["data-freshness", "privacy-access"]


def test_the_total_is_that_of_the_whole_checklist(settings: Settings) -> None:
    """A check of one line counts what is kept of the others; a section without a point makes the total nothing."""
    ran(settings, "privacy-access")
    done = ran(settings, "data-freshness")
    assert (done.score.sections["data"], done.score.sections["privacy"], done.score.total) == (1.0, 1.0, 0.0)
    assert set(done.score.sections) == set(SECTIONS)
    assert sum(done.score.states.values()) == 46


def test_a_failing_line_takes_its_point_back(settings: Settings) -> None:
    """The newest evidence of a line counts, whatever an older one said."""
    ran(settings, "privacy-access")
    assert ran(settings, "privacy-access", state="fail").score.sections["privacy"] == 0
    assert kept(settings, lines()).score.sections["privacy"] == 0


def test_last_shows_what_is_kept_and_runs_nothing(settings: Settings) -> None:
    """Kept evidence comes back as it was; under other settings it is stale, and no point."""
    ran(settings, "data-freshness")
    assert kept(settings, chosen(lines(), ["data-freshness"])).results[0].production.state == "pass"
    other = settings.model_copy(update={"hits": 3})
    assert kept(other, chosen(lines(), ["data-freshness"])).results[0].production.state == "stale"
    assert kept(other, lines()).score.sections["data"] == 0


@pytest.mark.parametrize("wanted", [{"off": frozenset({"duplicates"})}, {"url": "http://127.0.0.1:9", "key": "k"}])
def test_a_check_of_something_else_keeps_nothing(settings: Settings, wanted: dict[str, object]) -> None:
    """With a control off for this check, or over a URL, no evidence is kept, and the score is of these lines alone."""
    ran(settings, "data-freshness", state="fail")
    done = ran(settings, "data-freshness", **wanted)
    assert (done.score.sections, done.score.total) == ({"data": 1.0}, 1.0)
    assert kept(settings, chosen(lines(), ["data-freshness"])).results[0].production.state == "fail"


def test_a_line_without_a_probe_leaves_no_file(settings: Settings) -> None:
    """Nothing is kept of what was not run."""
    ran(settings, "people-report")
    assert list(evidence_folder(settings).iterdir()) == []


def test_whether_all_ran(settings: Settings) -> None:
    """A failing line ran; one that could not run did not."""
    assert ran(settings, "data-freshness", "people-report", state="fail").all_ran
    assert not ran(settings, "data-freshness", state="could not run").all_ran


def test_as_json(settings: Settings) -> None:
    """The object has lines with both paths, sections, total and commit; only what never ran has no time."""
    done = ran(settings, "data-freshness", "people-report")
    shown = json.loads(json.dumps(body(done.results, done.score, done.subject)))
    line, missing = shown["lines"]
    assert line == {
        "id": "data-freshness",
        "section": "data",
        "question": "Does a correction or a deletion reach the next answer?",
        "demo": {"state": "fail", "figures": {}, "says": "", "failed": 0, "at": AT.isoformat(), "seconds": 0.0},
        "production": {
            "state": "pass",
            "figures": {
                "found": {"value": 0.9, "low": 0.5958, "high": 0.9821, "n": 10, "unit": "share"},
                "seen": {"value": 3, "n": 10, "unit": "count"},
            },
            "says": "As planted.",
            "failed": 2,
            "at": AT.isoformat(),
            "seconds": 1.5,
        },
        "command": "ragready check data-freshness",
    }
    assert (missing["production"]["state"], missing["production"]["at"]) == ("not run", None)
    assert shown["total"] == 0
    assert shown["sections"]["data"] == 1
    assert shown["commit"]


def test_for_a_person(settings: Settings) -> None:
    """Tables name each line with both states, every figure with interval and n, what is missing, and the total."""
    done, shown = ran(settings, "data-freshness", "people-report"), io.StringIO()
    show(Console(file=shown, width=150), done.results, done.score, done.subject)
    text = " ".join(shown.getvalue().split())
    assert "data-freshness │ fail │ pass" in text
    assert "0.9 (0.596 to 0.982), n 10" in text
    assert "2 cases failed" in text
    assert "There is no report made from the evidence." in text
    assert "Total 0, that of the lowest section: problem" in text
    assert "Of 46 lines on the production path 1 were proved by a command" in text
