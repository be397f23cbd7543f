"""Intervals."""

import numpy as np
import pytest

from eval.statistics import f1, mean


def test_a_mean_has_its_interval():
    """The interval of a mean holds it and narrows with n as the normal approximation says."""
    values = [0.0, 1.0] * 200
    found = mean(values)
    assert (found.value, found.n) == (0.5, 400)
    assert found.low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.01)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.01)


def test_the_interval_covers_as_often_as_it_says():
    """Of 200 samples from a known source, about 95% of the intervals hold the true mean."""
    random = np.random.default_rng(1)
    found = [mean([float(each) for each in random.random(60) < 0.3]) for _ in range(200)]
    assert 0.88 <= np.mean([each.low <= 0.3 <= each.high for each in found]) <= 0.99


def test_no_value_is_not_zero():
    """Without a value there is no mean, which JSON writes as null, with n 0."""
    found = mean([])
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_a_constant_has_no_width():
    """Values that do not differ give an interval of one point."""
    found = mean([1.0] * 9)
    assert (found.value, found.low, found.high, found.n) == (1.0, 1.0, 1.0, 9)


def test_abstaining_always_or_never_scores_low():
    """F1 of abstention is 0 for a system that never declines and the base rate's for one that always does."""
    truth = [True] * 25 + [False] * 75
    assert f1(truth, [False] * 100).value == 0.0
    assert f1(truth, [True] * 100).value == pytest.approx(0.4)
    assert f1(truth, truth).low == 1.0
