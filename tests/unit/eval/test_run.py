"""Asking a suite's questions: how many at a time, and what was asked before."""

import asyncio
from pathlib import Path

import pytest

from eval.outcome import Failed, Outcome, Scored
from eval.run import outside_quotes, run
from eval.suite import Suite
from eval.target import Seen
from service.core.errors import StorageFull, TargetUnavailable
from tests.fakes import SlowTarget
from tests.runs import case

SUITE = Suite("small", Path("corpus"), tuple(case(str(number), question=f"{number}?") for number in range(9)))


@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_no_more_questions_than_allowed_are_asked_at_a_time(at_once: int):
    """As many as allowed and no more, each once, with the outcomes in the suite's order."""
    target = SlowTarget()
    outcomes = asyncio.run(run(target, SUITE, at_once=at_once))
    assert target.most == min(at_once, 9)
    assert sorted(target.asked) == [each.question for each in SUITE.cases]
    assert [each.case for each in outcomes] == list(SUITE.cases)


def test_what_was_asked_before_is_not_asked_again():
    """Cases of an earlier pass keep what became of them, failures too, and progress counts them."""
    target, told = SlowTarget(), []
    done = {"0": Failed(SUITE.cases[0], "model-timeout", "slow"), "4": Failed(SUITE.cases[4], "internal", "no")}
    outcomes = asyncio.run(run(target, SUITE, lambda *said: told.append(said), done=done))
    assert len(target.asked) == 7
    assert [outcomes[0], outcomes[4]] == list(done.values())
    assert all(isinstance(outcomes[place], Scored) for place in (1, 2, 3, 5, 6, 7, 8))
    assert (told[0][:2], told[-1][:2]) == ((3, 9), (9, 9))


def test_answers_that_stand_in_no_quote_are_named() -> None:
    """A case is named when no variant of a part stands in any of its quotes; a case without quotes is not."""
    cases = (
        case("good", parts=(("two years", "24 months"),)),
        case("part", parts=(("24 months",), ("89 euros",))),
        case("no", parts=(("no",),)),
        case("quoteless", relevant=()),
    )
    assert outside_quotes(Suite("small", Path("corpus"), cases)) == ["part", "no"]


def test_what_cannot_be_kept_ends_the_run():
    """Where a case cannot be written down, the run ends with that error instead of going on for nothing."""

    async def full(outcome: Outcome) -> Outcome:
        raise StorageFull(f"no room for {outcome.case.id}", "free some")

    target = SlowTarget()
    with pytest.raises(StorageFull):
        asyncio.run(run(target, SUITE, at_once=2, finish=full))
    assert len(target.asked) < 9


class _Silent(SlowTarget):
    """Answers only these of its questions, and none of the others."""

    def __init__(self, answered: set[int]) -> None:
        super().__init__()
        self._answered = answered

    async def ask(self, question: str, *given: object) -> Seen:  # noqa: ARG002  # the signature of Target
        """As SlowTarget, or nothing."""
        if len(self.asked) in self._answered:
            return await super().ask(question)
        self.asked.append(question)
        raise TargetUnavailable("it hangs", "wait")


def test_a_target_that_went_silent_ends_the_run_and_loses_nothing() -> None:
    """After 20 questions without an answer the run stops; what was answered before is kept, the 20 are asked again."""
    suite = Suite("long", Path("corpus"), tuple(case(str(number), question=f"{number}?") for number in range(60)))
    kept = []

    async def keep(outcome: Outcome) -> Outcome:
        kept.append(outcome)
        return outcome

    target = _Silent({0, 1, 2, 5})
    with pytest.raises(TargetUnavailable, match=r"20 questions.*it hangs"):
        asyncio.run(run(target, suite, finish=keep))
    assert len(target.asked) == 26
    assert sum(isinstance(each, Scored) for each in kept) == 4
    assert [each.code for each in kept if isinstance(each, Failed)] == ["target-unavailable"] * 2


def test_a_target_that_is_silent_now_and_then_is_asked_everything() -> None:
    """Nine questions of nine without an answer are nine failures of a run that ends in order."""
    outcomes = asyncio.run(run(_Silent(set()), SUITE))
    assert [each.case for each in outcomes] == list(SUITE.cases)
    assert all(isinstance(each, Failed) for each in outcomes)
