"""Judges behind HTTP, asked through a provider's own client: good, random, swayed, failing; all are scripted."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval.answer_labels import Labelled
from eval.calibrating import measured
from eval.calibration import Calibration
from eval.checklist.lab import SAMPLES, SEALED
from eval.checklist.scripted import Script, refusing, saying, scripted
from eval.checklist.simulated_judges import JUDGES, NAME, made_answers, simulated_judge
from eval.judge import Submission, judgement, open_judge
from eval.judgement import NoRating, Rating, Rubric
from eval.suite import read_suite
from service.core.errors import ModelUnavailable
from service.core.settings import Settings

SETTINGS = Settings(model_retries=2, model_timeout_seconds=5, _env_file=None)
GOOD = '{"reason": "It says so.", "score": 1}'
SUBMISSION = Submission("How long?", "For 24 months.", ("24 months",))


@pytest.fixture(scope="module")
def answers() -> list[Labelled]:
    """Answers that are right or wrong by construction."""
    return made_answers([case for case in read_suite(SAMPLES).cases if case.split != SEALED], 64)


@pytest.fixture(scope="module")
def found(answers: list[Labelled]) -> dict[str, Calibration]:
    """Every simulated judge's calibration."""
    return {name: calibrated(name, answers) for name in JUDGES}


def calibrated(name: str, answers: Sequence[Labelled], rubric: Rubric = "correctness") -> Calibration:
    """The calibration of a simulated judge."""
    with simulated_judge(name, SETTINGS, repeats=2) as judge:
        (made,) = asyncio.run(measured(judge, {rubric: answers}, at_once=8))
    return made


def test_made_answers_are_balanced(answers: list[Labelled]) -> None:
    """Half of them are right, half of each kind are of the judge's model, and half of each are long."""
    assert sum(each.label for each in answers) == sum(each.model == NAME for each in answers) == 32
    assert sum(each.label for each in answers if each.model == NAME) == 16


def test_only_the_perfect_judge_is_calibrated(found: dict[str, Calibration]) -> None:
    """It has kappa 1 on all answers, wavers on none and is swayed by nothing; no other one is calibrated."""
    assert [name for name, each in found.items() if each.standing == "calibrated"] == ["perfect"]
    perfect = found["perfect"]
    assert (perfect.kappa.value, perfect.n, perfect.wavering.value, perfect.unrated.value) == (1.0, 64, 0.0, 0.0)
    assert {each.verdict for each in vars(perfect.biases).values()} == {"none"}


def test_a_random_judge_is_refused(found: dict[str, Calibration]) -> None:
    """Its interval reaches down to chance, and it wavers on about half of the answers."""
    assert found["random"].standing == "refused"
    assert 0.3 < found["random"].wavering.value < 0.7


@pytest.mark.parametrize(
    ("name", "bias"),
    [("prefers length", "length"), ("prefers what comes first", "position"), ("prefers its own", "own")],
)
def test_what_sways_a_judge_is_found(found: dict[str, Calibration], name: str, bias: str) -> None:
    """Each planted bias is found under its name, and none of the other two."""
    verdicts = {kind: each.verdict for kind, each in vars(found[name].biases).items()}
    assert [kind for kind, verdict in verdicts.items() if verdict == "found"] == [bias]


@pytest.mark.parametrize("name", ["no number", "prose"])
def test_what_is_no_rating_is_a_failure(found: dict[str, Calibration], name: str) -> None:
    """A judge that writes NaN or prose has rated nothing: every answer failed, there is no kappa and no zero."""
    each = found[name]
    assert (each.n, each.unrated.value, each.unrated.n, each.kappa.value, each.same.value) == (0, 1.0, 64, None, None)
    assert each.standing == "uncalibrated"


def test_a_flaky_judge_is_counted(found: dict[str, Calibration]) -> None:
    """Where the provider fails at a third of the answers, they are in no figure and keep it from its standing."""
    each = found["flaky"]
    assert 0.15 < each.unrated.value < 0.45
    assert (each.n, each.kappa.value, each.standing) == (round(64 * (1 - each.unrated.value)), 1.0, "uncalibrated")
    assert "it rated only" in each.why[0]


def test_groundedness_is_calibrated_too() -> None:
    """By the other rubric the sources are what counts."""
    made = [
        Labelled(Submission("How long?", f"It lasts {n} months.", (f"It lasts {n + n % 2} months.",)), 1 - n % 2)
        for n in range(40)
    ]
    found = calibrated("perfect", made, "groundedness")
    assert (found.standing, found.rubric, found.kappa.value) == ("calibrated", "groundedness", 1.0)


def asked(*scripts: Script, **settings: float) -> tuple[Rating | NoRating, int]:
    """What one judgement is by a server with these scripts, and how often it was asked."""
    with scripted() as server:
        server.scripts = list(scripts)
        ours = Settings(**{**SETTINGS.model_dump(), "judge_url": server.url, "judge_api_key": "k" * 30, **settings})
        found = asyncio.run(judgement(open_judge(NAME, ours), "correctness", SUBMISSION))
        return found.ratings[0], len(server.asked)


def test_a_busy_provider_is_asked_again() -> None:
    """429 and 503 are no failures of a judgement while there are tries left."""
    assert asked(refusing(429), refusing(503), saying(GOOD)) == (Rating(1, "It says so."), 3)


@pytest.mark.parametrize(
    ("scripts", "code"),
    [
        ([refusing(401)], "model-unavailable"),
        ([refusing(500)], "model-unavailable"),
        ([saying(GOOD[:20], finish="length")], "judgement-unusable"),
        ([saying(GOOD[:20])], "judgement-unusable"),
        ([saying("")], "model-broke-off"),
        ([saying(GOOD, pause=3)], "model-timeout"),
    ],
)
def test_a_bad_day_of_a_provider_is_a_failed_judgement(scripts: list[Script], code: str) -> None:
    """A wrong key, errors to the end, an answer that is cut off, empty or late: a failure, never a score."""
    found, _ = asked(*scripts, model_timeout_seconds=1.0)
    assert isinstance(found, NoRating)
    assert found.code == code


def test_a_judge_that_nobody_reaches_is_an_error(answers: list[Labelled]) -> None:
    """Where the provider refuses every question there is nothing to calibrate, and that is raised."""
    with scripted() as server:
        server.scripts = [refusing(401)]
        ours = Settings(**{**SETTINGS.model_dump(), "judge_url": server.url, "judge_api_key": "k" * 30})
        with pytest.raises(ModelUnavailable, match="401"):
            asyncio.run(measured(open_judge(NAME, ours), {"correctness": answers[:3]}))


def test_the_samples_hold_no_made_up_calibration() -> None:
    """Nobody has labelled answers to the sample questions, so the sample suite vouches for no judge."""
    assert not list(Path(SAMPLES).glob("judge/*"))
