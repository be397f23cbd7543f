"""Intervals, differences, and what several of them together may say."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from eval.statistics import average, difference, estimate, f1, holm, mean, percentile_95, skill, wilson


def test_a_mean_has_its_interval():
    """The bootstrap interval of a mean holds it and is as wide as the normal approximation says."""
    values = [0.25, 0.75] * 200
    found = mean(values)
    assert (found.value, found.n) == (0.5, 400)
    assert found.low == pytest.approx(0.5 - 1.96 * 0.25 / 20, abs=0.005)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.25 / 20, abs=0.005)


def test_a_share_has_wilsons_interval():
    """The textbook's example, and a share of 1, which is not certain because it was seen nine times."""
    assert wilson(0.9, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)
    found = mean([1.0] * 9)
    assert (found.value, found.high, found.n) == (1.0, 1.0, 9)
    assert found.low == pytest.approx(0.7009, abs=1e-4)


@pytest.mark.parametrize("share", [True, False])
def test_the_interval_covers_as_often_as_it_says(share: bool):
    """Of 300 samples from a known source, about 95% of the intervals hold the true mean."""
    random = np.random.default_rng(1)
    drawn = (random.random(60) < 0.3 if share else random.beta(3, 7, 60) for _ in range(300))
    found = [mean([float(each) for each in sample]) for sample in drawn]
    assert 0.9 <= np.mean([each.low <= 0.3 <= each.high for each in found]) <= 0.99


def test_no_value_is_not_zero():
    """Without a value there is no mean, which JSON writes as null, with n 0."""
    found = mean([])
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_one_value_has_no_interval():
    """A single measurement that is no share has a value, and nothing is said of how far it may be off."""
    found = mean([12.5])
    assert (found.value, found.low, found.high, found.n) == (12.5, None, None, 1)


def test_a_constant_has_no_width():
    """Measurements that do not differ give an interval of one point."""
    found = mean([0.25] * 9)
    assert (found.value, found.low, found.high, found.n) == (0.25, 0.25, 0.25, 9)


def test_abstaining_always_or_never_has_no_skill():
    """F1 is 0 for a system that never declines and the base rate's for one that always does; skill is 0 for both."""
    truth = [1.0] * 25 + [0.0] * 75
    never, always = [0.0] * 100, [1.0] * 100
    assert estimate(f1, [truth, never]).value == 0.0
    assert estimate(f1, [truth, always]).value == pytest.approx(0.4)
    assert estimate(f1, [truth, truth]).low == 1.0
    assert [estimate(skill, [truth, said]).value for said in (never, always, truth)] == [0.0, 0.0, 1.0]


def test_a_percentile_has_its_interval():
    """The 95th percentile of 1 to 1,000 lies at 950, within its interval."""
    found = estimate(percentile_95, [np.arange(1.0, 1001.0)])
    assert found.value == pytest.approx(950, abs=1)
    assert found.low < 950 < found.high


def test_a_difference_is_paired():
    """Where every case gains the same, the interval is a point, however much the cases differ among themselves."""
    base = np.linspace(0, 0.9, 40)
    found = difference(average, [], (base, base + 0.1))
    assert (found.delta, found.low, found.high) == (0.1, 0.1, 0.1)
    assert found.p < 0.001


def test_the_same_run_differs_in_nothing():
    """Between a run and itself there is no difference, and yet something too small to be seen may be there."""
    values = [1.0, 0.0] * 50
    found = difference(average, [], (values, values), tests=10)
    assert (found.delta, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)
    # nine cases that move the same way are enough at .05 / 10, and of 11.2 expected ones nine move in four of five runs
    assert found.detectable == pytest.approx(0.112)


def test_a_difference_is_found_as_often_as_was_said():
    """With a true difference of the smallest detectable size, about 80% of the tests find it."""
    random = np.random.default_rng(2)

    def runs(gain: float) -> tuple[np.ndarray, np.ndarray]:
        base = random.normal(0, 1, 80)
        return base, base + gain + random.normal(0, 1, 80)

    size = np.median([difference(average, [], runs(0)).detectable for _ in range(20)])
    found = [difference(average, [], runs(float(size))).p < 0.05 for _ in range(120)]
    assert 0.7 <= np.mean(found) <= 0.9


def test_no_difference_is_rarely_found():
    """Where two runs differ by noise alone, p is below 5% in about 5% of the pairs."""
    random = np.random.default_rng(3)
    pairs = ((random.random(80) < 0.6, random.random(80) < 0.6) for _ in range(200))
    assert np.mean([difference(average, [], pair).p < 0.05 for pair in pairs]) <= 0.09


def test_shares_are_tested_exactly():
    """Six cases lost and none gained is the textbook's sign test: p 2 / 64, however many cases did not change."""
    base = [1.0] * 50
    assert difference(average, [], (base, [0.0] * 6 + base[6:])).p == pytest.approx(2 / 64)
    assert difference(average, [], (base[:6], [0.0] * 6)).p == pytest.approx(2 / 64)


@pytest.mark.parametrize("statistic", [average, percentile_95])
def test_swapping_is_scipys_permutation_of_samples(statistic):
    """The p value of figures that are no shares is the one that scipy draws in its own way, but for chance."""
    draw = np.random.default_rng(5)
    base = draw.normal(0, 1, 60)
    candidate = base + draw.normal(0.2, 1, 60)

    def change(first: np.ndarray, second: np.ndarray, axis: int) -> np.ndarray:
        return statistic(second, axis=axis) - statistic(first, axis=axis)

    theirs = permutation_test(
        (base, candidate), change, permutation_type="samples", n_resamples=9_999, vectorized=True, rng=draw
    )
    assert difference(statistic, [], (base, candidate)).p == pytest.approx(theirs.pvalue, abs=0.02)


def test_f1_is_compared_over_the_same_truth():
    """A judgement that turns blind has its F1 lowered, paired by case."""
    random = np.random.default_rng(4)
    truth = (random.random(200) < 0.3).astype(float)
    found = difference(f1, [truth], (truth, np.zeros(200)))
    assert (found.delta, found.n) == (-1.0, 200)
    assert found.p < 0.001


def test_several_tests_share_one_error_rate():
    """Holm's textbook example: the smallest p counts as often as there are tests, and none falls below an earlier."""
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}
