"""Statistics of a detector's scores."""

import numpy as np
import pytest

from eval.ranking import auc, average_precision, detected_at_one_percent, precision

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
    assert np.allclose(precision(truth, np.asarray([[1, 0, 1, 0], [0, 0, 0, 0]]), axis=-1), [0.5, 0.0])
