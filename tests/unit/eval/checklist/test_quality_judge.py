"""When judges count as told apart."""

import pytest

from eval.checklist.probes.quality_judge import judged
from eval.checklist.simulated_judges import JUDGES, Shown, shown
from eval.checklist.states import State, share
from eval.judge import Submission, _pieces
from eval.judgement import rating
from service.core.errors import JudgementUnusable


@pytest.mark.parametrize(
    ("trusted", "refused", "kept_from", "state"),
    [(True, True, 7, "pass"), (False, True, 7, "fail"), (True, False, 7, "fail"), (True, True, 6, "fail")],
)
def test_one_judge_is_heard_and_no_other(trusted: bool, refused: bool, kept_from: int, state: State) -> None:
    """The perfect one has to be calibrated, the random one refused, and none but the first may stop a change."""
    assert judged(trusted, refused, share(kept_from, 7)) == state


def asked(answer: str, *references: str, turned: bool = False, before: int = 0) -> Shown:
    """What a judge is shown of an answer."""
    return shown(_pieces("correctness", Submission("How long?", answer, references), turned), before)


def test_simulated_judges_read_their_prompt() -> None:
    """The perfect one finds every reference in the answer or not, whatever is escaped and in whichever order."""
    facts = ("24 months / two years", "AT&T <x>")
    for turned in (False, True):
        assert asked("It is AT&T <x> for two years.", *facts, turned=turned).right
        assert not asked("It is AT&T <x> for 240 months.", *facts, turned=turned).right
        assert asked("so", *facts, turned=turned).answer_first is turned


def test_simulated_judges_err_as_they_are_named() -> None:
    """A wrong answer is called right for its length, its place or its author; prose and NaN are no rating."""
    wrong = {
        "prefers length": asked("x" * 120, "24 months"),
        "prefers what comes first": asked("x", "24 months", turned=True),
        "prefers its own": asked("In short: x", "24 months"),
    }
    for name, each in wrong.items():
        assert rating(JUDGES[name](each)).score == 1
        assert rating(JUDGES["perfect"](each)).score == 0
        assert rating(JUDGES[name](asked("x", "24 months"))).score == 0
    for name in ("no number", "prose"):
        with pytest.raises(JudgementUnusable):
            rating(JUDGES[name](asked("24 months", "24 months")))
    drawn = [rating(JUDGES["random"](asked("x", "24 months", before=times))).score for times in range(60)]
    assert 10 < sum(drawn) < 50
