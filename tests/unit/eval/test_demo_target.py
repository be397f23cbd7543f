"""The demo as something to ask."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from eval.demo import Demo, DemoAnswer
from eval.demo_target import DemoTarget
from eval.metrics import scores
from service.rag.demo import DemoSource
from tests.runs import case


@dataclass(frozen=True)
class Saying:
    """A demo that always says the same."""

    text: str
    simulated: bool = False

    def ask(self, question: str) -> DemoAnswer:  # noqa: ARG002  # the signature of Demo.ask
        sources = (DemoSource("public/b.md", "It is blue."), DemoSource("public/a.md", "It lasts 24 months."))
        return DemoAnswer(self.text, sources, {"total": 5.0})


def target(**fields: Any) -> DemoTarget:
    return DemoTarget(cast(Demo, Saying(**fields)), "extractive")


def test_what_the_demo_says_is_scored_like_any_answer() -> None:
    """Its pieces are hits with their text, and a sentence that it ties to nothing has no citation."""
    found = scores(case(), asyncio.run(target(text="It lasts 24 months.").ask("How long?")))
    assert (found["recall@5"], found["document@1"], found["passage@5"], found["answer_accepted"]) == (
        1.0,
        0.0,
        1.0,
        1.0,
    )
    assert (found["citation_recall"], found["total_ms"]) == (0.0, 5.0)
    assert "citation_precision" not in found


def test_the_demo_declines_in_words() -> None:
    """To say that it does not know, as its prompt tells it to, is to decline."""
    assert asyncio.run(target(text="Sorry, I don’t know.").ask("How long?")).abstained
    assert not asyncio.run(target(text="It lasts 24 months.").ask("How long?")).abstained


def test_a_simulated_model_is_labelled() -> None:
    """An answer by a model that only imitates one says so."""
    assert asyncio.run(target(text="It lasts.", simulated=True).ask("How long?")).simulated
