"""When a judge may be trusted: agreement with people, its interval, and what keeps a judge from being calibrated."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from eval.calibration import calibration_of, kappa, kept
from eval.judge_figures import standings
from service.core.errors import InvalidSuite
from tests.judged import MODEL, calibrated, rated, standing, suite_with


def test_kappa_is_that_of_a_library() -> None:
    """On drawn tables kappa is scikit-learn's, and its interval holds it."""
    draw = np.random.default_rng(1)
    for _ in range(30):
        table = draw.integers(1, 40, 4)
        found = kappa(table)
        expected = cohen_kappa_score([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=table)
        assert found.value == pytest.approx(expected, abs=1e-4)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= expected <= found.high
        assert found.n == table.sum()


def test_the_interval_of_kappa_holds_the_truth_as_often_as_promised() -> None:
    """Of 400 samples of 80 answers from a known table, about 95 in 100 intervals hold its kappa."""
    shares = np.array([0.4, 0.1, 0.05, 0.45])
    truth = kappa((shares * 10_000).astype(int)).value
    draw = np.random.default_rng(2)
    found = [kappa(draw.multinomial(80, shares), seed) for seed in range(400)]
    held = sum(each.low <= truth <= each.high for each in found)
    assert 0.91 * 400 <= held <= 0.98 * 400


def test_a_judge_like_people_is_calibrated() -> None:
    """Full agreement on 60 answers is calibrated, with kappa 1 and no reason against it."""
    found = calibrated(rated(each % 2, [each % 2] * 3) for each in range(60))
    assert (found.standing, found.why, found.kappa.value, found.n, found.same.value) == ("calibrated", (), 1.0, 60, 1.0)
    assert (found.unrated.value, found.wavering.value) == (0.0, 0.0)


def test_random_judges_are_refused() -> None:
    """Of 100 judges that draw their scores none is calibrated, and all but two at most are refused."""
    draw = np.random.default_rng(3)
    found = [
        calibrated(rated(each % 2, [int(score)] * 2) for each, score in enumerate(draw.integers(0, 2, 60))).standing
        for _ in range(100)
    ]
    assert found.count("calibrated") == 0
    assert found.count("refused") >= 98


@pytest.mark.parametrize("score", [0, 1])
def test_a_judge_that_always_says_the_same_is_not_calibrated(score: int) -> None:
    """Kappa 0: what it says has nothing to do with people's labels."""
    found = calibrated(rated(each % 2, [score] * 2) for each in range(60))
    assert found.standing == "refused"
    assert found.kappa.value == 0.0


def test_labels_that_are_all_the_same_calibrate_nobody() -> None:
    """Where people call everything right, nobody knows whether a judge would see what is wrong."""
    found = calibrated(rated(1, [1, 1]) for _ in range(60))
    assert (found.standing, found.kappa.value) == ("uncalibrated", None)
    assert "undefined" in found.why[-1]


def test_few_labels_calibrate_nobody() -> None:
    """Twenty answers in full agreement say too little; so do sixty of which three are wrong."""
    few = calibrated(rated(each % 2, [each % 2] * 2) for each in range(20))
    assert (few.standing, few.kappa.value) == ("uncalibrated", 1.0)
    assert "20 answers" in few.why[0]
    rare = calibrated(rated(int(each > 2), [int(each > 2)] * 2) for each in range(60))
    assert rare.standing == "uncalibrated"
    assert "3 of the rarer label" in rare.why[0]


def test_middling_agreement_is_advice() -> None:
    """A judge that is surely better than chance and perhaps not good enough is neither refused nor calibrated."""
    found = standing("uncalibrated")
    assert found.kappa.low is not None
    assert 0.2 < found.kappa.low < 0.6
    assert "may be below 0.6" in found.why[0]


def test_a_judge_that_fails_often_is_not_calibrated() -> None:
    """Right wherever it says anything, and silent on a fifth: those are counted, are in no kappa, and keep it out."""
    ratings = [rated(each % 2, [None, None] if each % 5 == 0 else [each % 2] * 2) for each in range(100)]
    found = calibrated(ratings)
    assert (found.n, found.kappa.value, found.unrated.value, found.unrated.n) == (80, 1.0, 0.2, 100)
    assert (found.standing, found.why) == ("uncalibrated", ("it rated only 80% of the answers",))


def test_a_judge_without_a_rating_has_no_figures() -> None:
    """Where every judgement failed there is no kappa, no agreement, and no standing but uncalibrated."""
    found = calibrated(rated(each % 2, [None, None]) for each in range(40))
    assert (found.n, found.kappa.value, found.same.value, found.standing) == (0, None, None, "uncalibrated")
    assert found.unrated.value == 1.0


def test_wavering_is_told() -> None:
    """The share of answers whose repeats differ; asked once, nothing is known of it."""
    found = calibrated(rated(each % 2, [each % 2, int(each < 10) ^ (each % 2), each % 2]) for each in range(60))
    assert (found.wavering.value, found.wavering.n) == (round(10 / 60, 4), 60)
    assert calibrated(rated(each % 2, [each % 2]) for each in range(60)).wavering.n == 0


def test_a_bias_keeps_a_judge_out() -> None:
    """Agreement that would do does not, where longer answers are called good for their length."""
    ratings = [
        rated(each % 2, [1 if each % 10 == 0 else each % 2] * 2, answer="x" * (99 if each % 10 == 0 else 9))
        for each in range(200)
    ]
    found = calibrated(ratings)
    assert found.kappa.low is not None
    assert found.kappa.low > 0.6
    assert found.standing == "uncalibrated"
    assert found.why[0].startswith("bias of length")


def test_a_calibration_is_kept_and_found_by_model_and_prompt(tmp_path: Path) -> None:
    """What is written is read again, the newer one in place of the older, for exactly its model and prompt."""
    suite_with(tmp_path, standing("refused"), standing("calibrated"), standing("uncalibrated", "groundedness"))
    every = kept(tmp_path)
    assert len(every) == 2
    wanted = standing("calibrated")
    assert calibration_of(every, MODEL, wanted.prompt) == wanted
    assert calibration_of(every, "openai:judge-2", wanted.prompt) is None
    assert calibration_of(every, MODEL, "judge-correctness-2") is None


def test_a_calibration_that_is_none_is_refused(tmp_path: Path) -> None:
    """A file that was damaged or made up lets nobody through."""
    path = next(suite_with(tmp_path, standing("calibrated")).glob("judge/*.json"))
    body = json.loads(path.read_text())
    path.write_text(json.dumps({**body, "standing": "excellent"}))
    with pytest.raises(InvalidSuite, match="is no calibration"):
        kept(tmp_path)


def test_a_judge_at_the_border_rarely_passes() -> None:
    """Of 200 judges whose true kappa is .6, the border, at most a tenth are calibrated; of those at .9 nearly all."""
    assert standings(0.6, 100, 200)["calibrated"] <= 20
    assert standings(0.9, 100, 200)["calibrated"] >= 190
