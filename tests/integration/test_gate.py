"""The gate and the null controls on the sample suite: regressions that are planted in the product are stopped."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from eval.case_lines import line_of, outcome_of_line
from eval.gate import blocks
from eval.measures import declines_with_skill, estimates
from eval.null_checks import held_by, null_checks, with_texts
from eval.nulls import (
    always_declining,
    expected_by_chance,
    never_declining,
    random_retrieval,
    times_blocked,
    with_shuffled_citations,
)
from eval.outcome import Outcome, Scored
from eval.record import Record, record_of
from eval.run import check_quotes, run
from eval.suite import Suite, read_suite
from eval.target import InProcess
from service.core.app import App
from tests.conftest import SAMPLES
from tests.runs import CONFIG

NULLS = ("A/A", "shuffled citations", "never abstains", "always abstains", "retrieval off")


@pytest.fixture(scope="module")
def suite() -> Suite:
    return read_suite(SAMPLES, "test")


@pytest.fixture(scope="module")
def outcomes(samples_app: App, suite: Suite) -> list[Outcome]:
    """What the product as it is makes of the sample suite."""
    return asyncio.run(run(InProcess(samples_app), suite))


@pytest.fixture(scope="module")
def baseline(outcomes: list[Outcome]) -> Record:
    return recorded(outcomes)


def recorded(outcomes: list[Outcome]) -> Record:
    return record_of(CONFIG, outcomes)


def figures(outcomes: list[Outcome]) -> list[dict[str, float]]:
    return [dict(each.scores) for each in outcomes if isinstance(each, Scored)]


def changed(app: App, suite: Suite, off: frozenset[str] = frozenset(), **settings: Any) -> Record:
    """A run of the product with other settings, or with more controls off."""
    update = {**settings, "controls_off": app.settings.controls_off | off}
    other = replace(app, settings=app.settings.model_copy(update=update))
    return recorded(asyncio.run(run(InProcess(other), suite)))


def test_the_sample_suite_is_what_it_says(samples_app: App, suite: Suite) -> None:
    """Every quote of the suite stands in its document as ingestion stores it."""
    check_quotes(samples_app, suite)


def test_no_case_fails(outcomes: list[Outcome], suite: Suite) -> None:
    """Every case of the sample suite is scored."""
    assert [each for each in outcomes if not isinstance(each, Scored)] == []
    assert len(outcomes) == len(suite.cases)


def test_the_product_passes_its_own_gate(baseline: Record, suite: Suite) -> None:
    """Twenty repeats with other resamples and another order of cases: the product as it is is never stopped."""
    assert times_blocked(baseline, baseline, suite.thresholds) == 0


def test_asking_again_scores_the_same(samples_app: App, suite: Suite, baseline: Record) -> None:
    """The same questions once more have the same figures, but for time."""
    again = changed(samples_app, replace(suite, cases=suite.cases[:25]))
    for case, scores in again.scores.items():
        timeless = {name: value for name, value in scores.items() if name != "total_ms"}
        assert timeless.items() <= baseline.scores[case].items()


def test_a_product_that_looks_at_one_chunk_is_stopped(samples_app: App, suite: Suite, baseline: Record) -> None:
    """With one hit instead of eight, documents and answers are missed, and the gate says so."""
    found = blocks(baseline, changed(samples_app, suite, hits=1), suite.thresholds)
    assert found.blocked
    worse = {name for name, each in found.comparison.metrics.items() if each.verdict == "worse"}
    assert {"recall@5", "passage@5", "answer_accepted"} <= worse


def test_a_product_that_never_declines_is_stopped(samples_app: App, suite: Suite, baseline: Record) -> None:
    """With the control `abstention` off, questions without an answer get one, and the gate says so."""
    found = blocks(baseline, changed(samples_app, suite, off=frozenset({"abstention"})), suite.thresholds)
    assert found.blocked
    assert found.comparison.metrics["declined_of_unanswerable"].verdict == "worse"


def test_shuffled_citations_are_stopped(outcomes: list[Outcome], baseline: Record, suite: Suite) -> None:
    """The same answers with each other's sources are worse in every metric of citations."""
    found = blocks(baseline, recorded(with_shuffled_citations(outcomes)), suite.thresholds)
    assert found.blocked
    for name in ("citation_relevant", "citation_precision", "citation_recall"):
        assert found.comparison.metrics[name].verdict == "worse"


def test_every_null_control_of_the_run_passes(samples_app: App, outcomes: list[Outcome]) -> None:
    """On the sample suite each null control can be checked, and passes."""
    assert {each.name: each.state for each in null_checks(outcomes, held_by(samples_app))} == dict.fromkeys(
        NULLS, "passed"
    )


def test_a_run_that_went_on_has_the_same_null_controls(samples_app: App, outcomes: list[Outcome]) -> None:
    """Cases of an earlier pass come back without the texts of their hits, which are read again before the check."""
    read = [outcome_of_line(json.loads(line_of(each)), each.case) for each in outcomes]
    assert all(hit.text is None for each in read if isinstance(each, Scored) for hit in each.seen.hits)
    whole = null_checks(with_texts(read, samples_app), held_by(samples_app))
    assert whole == null_checks(outcomes, held_by(samples_app))


def test_declining_always_or_never_fails(outcomes: list[Outcome], baseline: Record, suite: Suite) -> None:
    """The product declines with skill; one that always or never declines does not, and is stopped."""
    assert declines_with_skill(figures(outcomes))
    for null in (always_declining(outcomes), never_declining(outcomes)):
        assert not declines_with_skill(figures(null))
        assert blocks(baseline, recorded(null), suite.thresholds).blocked


def test_retrieval_that_is_off_is_chance(samples_app: App, suite: Suite, outcomes: list[Outcome]) -> None:
    """Chunks drawn at random find a relevant document as often as chance says; the product far more often."""
    target = random_retrieval(samples_app)
    found = estimates(figures(asyncio.run(run(target, suite))))["document@5"]
    chance = expected_by_chance(target, suite, 5)
    assert found.low is not None
    assert found.low <= chance
    product = estimates(figures(outcomes))["document@5"]
    assert product.low is not None
    assert product.low > 3 * chance
