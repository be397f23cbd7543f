"""Statistics of a detector's scores."""

import numpy as np
import pytest

from eval import ranking
from eval.ranking import auc, average_precision, detected_at_one_percent, estimate_by_class, threshold_at_one_percent

TRUTH = np.asarray([0.0, 0.0, 1.0, 1.0])


def test_auc_is_the_chance_to_rank_right() -> None:
    """1 when every positive scores higher, 0 when every one scores lower, a half for ties and for chance."""
    for scores, value in (([0.1, 0.2, 0.3, 0.4], 1.0), ([0.4, 0.3, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5)):
        assert float(auc(TRUTH, np.asarray(scores))) == value
    assert float(auc(TRUTH, np.asarray([0.1, 0.3, 0.2, 0.4]))) == 0.75


def test_shuffled_labels_score_as_chance() -> None:
    """The null control: labels that have nothing to do with the scores give an AUC near a half."""
    draw = np.random.default_rng(0)
    assert float(auc(draw.integers(0, 2, 4_000).astype(float), draw.random(4_000))) == pytest.approx(0.5, abs=0.03)


def test_average_precision_is_that_of_the_ranking() -> None:
    """(1/1 + 2/3) / 2 where the second positive comes third."""
    assert float(average_precision(TRUTH, np.asarray([0.1, 0.3, 0.2, 0.4]))) == pytest.approx((1 + 2 / 3) / 2)


def test_detection_counts_before_the_first_false_alarm_too_many() -> None:
    """With few negatives none may be above; with a hundred one may."""
    assert float(detected_at_one_percent(TRUTH, np.asarray([0.1, 0.3, 0.2, 0.4]))) == 0.5
    truth = np.asarray([1.0, 0.0, 1.0, *[0.0] * 99])
    assert float(detected_at_one_percent(truth, -np.arange(102.0))) == 1.0


def test_each_works_row_by_row() -> None:
    """A bootstrap hands over many resamples at once."""
    scores = np.asarray([[0.1, 0.2, 0.3, 0.4], [0.1, 0.3, 0.2, 0.4]])
    truth = np.broadcast_to(TRUTH, (2, 4))
    for statistic in (auc, average_precision, detected_at_one_percent):
        assert np.allclose(statistic(truth, scores, axis=-1), [float(statistic(TRUTH, each)) for each in scores])


def test_one_score_for_all_is_one_step() -> None:
    """Equal scores are not ranked by the order of the cases: precision is the share of positives, nothing is found."""
    same = np.zeros(400)
    truth = np.asarray([1.0] * 100 + [0.0] * 300)
    assert float(average_precision(truth, same)) == 0.25
    assert float(detected_at_one_percent(truth, same)) == 0.0
    assert threshold_at_one_percent(truth.tolist(), same.tolist()) is None


def test_the_threshold_keeps_one_percent() -> None:
    """Of 200 negatives two may be found, and the positives above the third are what is detected."""
    truth = [0.0] * 200 + [1.0] * 4
    score = [0.1] * 197 + [0.5, 0.6, 0.7] + [0.2, 0.55, 0.65, 0.8]
    assert threshold_at_one_percent(truth, score) == 0.55
    assert float(detected_at_one_percent(np.asarray(truth), np.asarray(score))) == 0.75


def test_intervals_keep_both_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three positives among many: each resample has them, and the interval is around the value."""
    monkeypatch.setattr(ranking, "RESAMPLES", 200)
    found = estimate_by_class(auc, [1.0] * 3 + [0.0] * 40, [0.2, 0.9, 0.95, *np.linspace(0, 1, 40)])
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < found.value < found.high <= 1.0
    assert found.n == 43


def test_perfect_separation_of_few_is_no_certainty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of each class told apart are an AUC of 1 whose interval goes far down; one class alone is none."""
    monkeypatch.setattr(ranking, "RESAMPLES", 50)
    found = estimate_by_class(auc, TRUTH.tolist(), [0.1, 0.2, 0.3, 0.4])
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low is not None
    assert found.low < 0.4
    assert estimate_by_class(auc, [1.0, 1.0], [0.1, 0.2]).value is None
