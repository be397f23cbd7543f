"""Which sample cases are asked, and that none is asked twice."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eval.checklist import asked
from eval.checklist.lab import Lab
from eval.outcome import Failed, Scored
from eval.suite import Case
from eval.target import Seen
from service.core.answers import Caller
from service.core.errors import UnknownSpace
from service.core.settings import Settings


@dataclass
class Counting:
    """Declines everything, and counts how often it is asked."""

    broken: bool = False
    name: str = "counting"
    questions: list[str] = field(default_factory=list)

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:  # noqa: ARG002  # a Target
        """Decline, or fail."""
        self.questions.append(question)
        if self.broken:
            raise UnknownSpace("There is none.", "Make one.")
        return Seen("", True, "no-match", (), (), "hybrid", "none")

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:  # noqa: ARG002  # a Target
        """Nobody."""
        return None


class CountingLab(Lab):
    """A lab whose demo is a Counting."""

    counting = Counting()

    @contextmanager
    def demo(self, corpus: Path | None = None, **changes: Any) -> Iterator[Any]:  # noqa: ARG002  # the lab's signature
        """The Counting, whatever is changed."""
        yield self.counting


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[CountingLab]:
    """A lab that counts, from nothing."""
    with CountingLab(Settings(data_folder=tmp_path, _env_file=None)) as made:
        made.counting = Counting()
        yield made


def test_no_sealed_case_is_ever_drawn(lab: Lab) -> None:
    """The sealed split stays unopened, whatever is drawn."""
    assert {case.split for case in asked.drawn(lab)} == {"tune", "test"}
    assert {case.split for case in lab.cases(1_000)} == {"tune", "test"}


def test_fewer_cases_are_the_first_of_more(lab: Lab) -> None:
    """A quick probe asks what a whole one asks first, with and without the questions that have no answer."""
    assert asked.drawn(lab, 20) == asked.drawn(lab)[:20]
    answerable = [case for case in asked.drawn(lab) if case.answerable]
    assert list(asked.drawn(lab, 20, answerable=True)) == answerable[:20]


def test_a_case_is_asked_once_in_one_way(counting: CountingLab) -> None:
    """A second probe gets the answers of the first one; another setting or control is another way."""
    cases = asked.drawn(counting, 5)
    first = asyncio.run(asked.outcomes(counting, "demo", cases[:3]))
    assert asyncio.run(asked.outcomes(counting, "demo", cases))[:3] == first
    assert len(counting.counting.questions) == 5
    asyncio.run(asked.outcomes(counting, "demo", cases, hits=1))
    asyncio.run(asked.outcomes(counting, "demo", cases, frozenset({"hybrid"})))
    assert len(counting.counting.questions) == 15


def test_where_everything_fails_nothing_was_measured(counting: CountingLab) -> None:
    """A path that fails at every case could not be measured, and names the first reason."""
    counting.counting.broken = True
    with pytest.raises(RuntimeError, match=r"all 3 cases failed, the first one so: unknown-space There is none\."):
        asyncio.run(asked.outcomes(counting, "demo", asked.drawn(counting, 3)))


def test_a_pass_with_failed_cases_is_none(scored_of: Callable[..., Scored]) -> None:
    """What did not fail proves nothing about what did; a fail stays one."""
    failed = Failed(Case("b", "?", True, (), (), ("public",), (), "tune"), "code", "detail")
    assert asked.failures([scored_of("a"), failed], [failed]) == 2
    assert asked.unless_failed("pass", 1) == "cannot tell"
    assert (asked.unless_failed("fail", 1), asked.unless_failed("pass", 0)) == ("fail", "pass")
