"""Demo and production side by side: what is compared, and how it is told."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from eval import gap as gaps
from eval import gap_show
from eval.demo import DemoAnswer
from ingestion import pipeline as ingestion
from service.core.answers import Caller, Citation, Question
from service.core.app import App
from service.core.errors import ModelBrokeOff
from service.rag.demo import DemoSource
from service.rag.simulated import Simulated
from tests.corpus import write_corpus

ASKED = "How long is the battery covered by the warranty?"
READER = Caller("default", "gap")


class Says:
    """A demo that says a given text, or dies of an error."""

    simulated = False

    def __init__(self, text: str = "24 months.", error: Exception | None = None) -> None:
        self.text, self.error = text, error

    def ask(self, _: str) -> DemoAnswer:
        """The text."""
        if self.error:
            raise self.error
        sources = (DemoSource("public/warranty.md", "…"), DemoSource("board/memo.md", "…"), DemoSource("other.md", "…"))
        return DemoAnswer(self.text, sources, {"retrieve": 1.0, "answer": 2.0, "total": 3.0})


@pytest.fixture
def filled(fake_app: App, tmp_path: Path) -> Iterator[App]:
    """The small corpus in a space for everyone, and a memo in one for the board."""
    ingestion.run(fake_app, [write_corpus(tmp_path / "public")], "public")
    memo = tmp_path / "memo.md"
    memo.write_text("# Battery\n\nThe battery warranty is covered by a secret fund of 7 million.\n")
    ingestion.run(fake_app, [memo], "board")
    fake_app.records.set_readers("default", "board", frozenset({"board"}))
    return fake_app


def asked(app: App, question: str = ASKED, demo: Any = None) -> gaps.Gap:
    """Both sides of a question, asked as a reader of no group."""
    return gaps.gap(app, demo or Says(), Question(question, READER))


def shown(found: gaps.Gap) -> str:
    """What a person sees at a width of 100 characters."""
    console = Console(width=100, file=StringIO())
    gap_show.show(console, found)
    return console.file.getvalue()


def test_citations_are_read_back_from_the_records(filled: App) -> None:
    """A citation holds when the document says the quote at that place, and not when either was changed."""
    found = asked(filled)
    assert found.production.states
    assert set(found.production.states) == {"holds"}
    answer = found.production.answer
    [citation, *_] = answer.citations

    def state(changed: Citation, caller: Caller = READER) -> str:
        return gaps.state(filled, caller, changed, answer.hits)

    for broken in (
        replace(citation, quote="Another text."),
        replace(citation, start=citation.start + 1),
        replace(citation, document="doc_gone"),
        replace(citation, end=citation.start, quote=""),
    ):
        assert state(broken) == "does not hold"
    assert state(citation, replace(READER, tenant="other")) == "does not hold"
    assert state(replace(citation, quote="*****", redacted=True)) == "redacted"
    assert state(replace(citation, sentence="The battery is covered for 36 months.")) == "not supported"
    assert state(replace(citation, chunk="chk_gone")) == "not supported"
    assert state(Citation("", "", "", 0, 0, "Made up.", "", "", "")) == "no source"


def test_the_demos_sources_are_held_against_the_askers_rights(filled: App) -> None:
    """A document of a space that the asker may not read is marked; one of no known space is not."""
    assert [each.readable for each in asked(filled).demo.sources] == [True, False, True]


def test_what_ends_a_side_is_shown_and_the_other_side_goes_on(filled: App) -> None:
    """A demo that crashes and a production that refuses each say so, with the control that refused."""
    crashed = asked(filled, demo=Says(error=ModelBrokeOff("It broke off.", "Ask again.")))
    assert crashed.demo.error.startswith("ModelBrokeOff")
    assert crashed.production.answer is not None
    assert "It crashed: ModelBrokeOff" in shown(crashed)
    broken = asked(replace(filled, model=Simulated("sim:break")))
    assert broken.production.error.code == "model-broke-off"
    assert broken.demo.text == "24 months."
    assert "model-broke-off" in shown(broken)
    assert {each.name for each in broken.production.controls} >= {"access", "abstention"}


def test_it_fits_a_hundred_columns_and_labels_a_simulated_model(filled: App) -> None:
    """No line is longer than 100 characters, text with brackets survives, and a simulated model is named as one."""
    text = shown(replace(asked(filled, demo=Says("See [bold]this[/bold] " * 30)), simulated=True))
    assert max(map(len, text.splitlines())) <= 100
    assert "SIMULATED MODEL" in text
    assert "[bold]this[/bold]" in text
    assert "may not be read by this" in text
    assert "SIMULATED" not in shown(asked(filled))


def test_json_has_the_documented_form(filled: App) -> None:
    """The body has exactly the fields of the example in docs/gap.md, down to the last level."""
    page = Path(gaps.__file__).parents[1] / "docs" / "gap.md"
    [example] = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    body = json.loads(json.dumps(gaps.body(asked(filled))))
    assert form(body) == form(json.loads(example))


def form(value: Any) -> Any:
    """The fields of a JSON value; of a list those of its first item, of timings and errors none."""
    if isinstance(value, dict):
        return {name: None if name in {"timings_ms", "error"} else form(each) for name, each in value.items()}
    return [form(value[0])] if isinstance(value, list) and value else type(value).__name__ if value is None else None
