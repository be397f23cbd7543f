"""Five verdicts, and what each rests on."""

import numpy as np
import pytest

from eval.compare import compare
from tests.runs import record, shares

GOOD = [1.0] * 90 + [0.0] * 10
BAD = [1.0] * 50 + [0.0] * 50
METRIC = "recall@5"


def test_worse_and_better():
    """Forty cases of a hundred lost is worse; the other way round it is better."""
    baseline, candidate = record(shares(METRIC, GOOD)), record(shares(METRIC, BAD))
    found = compare(baseline, candidate)
    verdict = found.metrics[METRIC]
    assert (found.comparable, verdict.verdict, verdict.baseline, verdict.candidate) == (True, "worse", 0.9, 0.5)
    assert verdict.low < verdict.delta == -0.4 < verdict.high < 0
    assert compare(candidate, baseline).metrics[METRIC].verdict == "better"


def test_a_lower_time_is_better():
    """A metric knows which way is good."""
    slow, fast = ([20.0 + each for each in range(40)], [10.0 + each for each in range(40)])
    found = compare(record(shares("total_ms", slow)), record(shares("total_ms", fast)))
    assert found.metrics["total_ms"].verdict == "better"
    assert "load" in found.metrics["total_ms"].why


def test_the_same_run_cannot_be_told_apart():
    """A run beside itself: cannot tell, with the smallest difference that could have been told."""
    found = compare(record(shares(METRIC, GOOD)), record(shares(METRIC, GOOD))).metrics[METRIC]
    assert (found.verdict, found.delta, found.n) == ("cannot tell", 0.0, 100)
    assert 0 < found.detectable < 0.1


def test_one_case_of_twenty_cannot_be_told():
    """A difference that may be chance is not called worse."""
    found = compare(record(shares(METRIC, [1.0] * 20)), record(shares(METRIC, [0.0] + [1.0] * 19))).metrics[METRIC]
    assert (found.verdict, found.delta) == ("cannot tell", -0.05)
    assert found.detectable > 0.05


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("corpus", "other", "corpora"),
        ("suite_fingerprint", "other", "cases"),
        ("split", None, "splits"),
        ("judge", "1", "scoring"),
        ("corpus", None, "corpora"),
    ],
)
def test_what_differs_otherwise_is_not_compared(name: str, value: str | None, word: str):
    """Another corpus, other cases, another split, another scoring: not comparable, and it is said why."""
    found = compare(record(shares(METRIC, GOOD)), record(shares(METRIC, BAD), **{name: value}))
    assert (found.comparable, found.metrics[METRIC].verdict, found.metrics[METRIC].delta) == (
        False,
        "not comparable",
        None,
    )
    assert word in found.why[0]


def test_two_unknown_corpora_are_not_the_same():
    """What nobody knows of either run cannot be taken to be equal."""
    found = compare(record(shares(METRIC, GOOD), corpus=None), record(shares(METRIC, GOOD), corpus=None))
    assert not found.comparable


def test_a_metric_that_one_run_lacks_was_not_run():
    """Nothing is said of a metric without figures in both runs."""
    found = compare(record(shares(METRIC, GOOD)), record(shares("document@1", GOOD)))
    assert found.metrics[METRIC].verdict == found.metrics["document@1"].verdict == "not run"
    assert (found.metrics[METRIC].baseline, found.metrics[METRIC].candidate) == (0.9, None)


def test_times_of_two_machines_are_not_compared():
    """Times on another machine are not comparable; the answers are."""
    figures = {name: {METRIC: 1.0, "total_ms": 10.0 + int(name)} for name in map(str, range(20))}
    found = compare(record(figures), record(figures, machine={"processor": "another", "cores": 64}))
    assert found.comparable
    assert (found.metrics["total_ms"].verdict, found.metrics[METRIC].verdict) == ("not comparable", "cannot tell")


def test_only_cases_of_both_runs_count():
    """Cases are compared pair by pair, whatever their order, and those of one run alone are left out."""
    baseline = record(shares(METRIC, GOOD))
    fewer = dict(reversed(list(shares(METRIC, GOOD).items())[:60]))
    found = compare(baseline, record(fewer)).metrics[METRIC]
    assert (found.n, found.delta, found.baseline) == (60, 0.0, 1.0)


def test_many_metrics_do_not_make_a_finding():
    """With noise in six metrics of equal runs, few of forty comparisons call any of them worse or better."""
    random = np.random.default_rng(5)
    names = ["document@1", "document@5", "recall@5", "passage@1", "passage@5", "answer_accepted"]

    def noise() -> dict[str, dict[str, float]]:
        return {str(each): {name: float(random.random() < 0.7) for name in names} for each in range(60)}

    told = [
        any(each.verdict in {"better", "worse"} for each in compare(record(noise()), record(noise())).metrics.values())
        for _ in range(40)
    ]
    assert sum(told) <= 6
