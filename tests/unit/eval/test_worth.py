"""What a judge's scores may do: stop a change, advise, or not be shown."""

from pathlib import Path
from typing import Any

import pytest

from eval.calibration import Standing
from eval.compare import compare
from eval.gate import Gate, blocks
from eval.judge import rubric_prompt
from eval.junit import junit
from eval.suite import Threshold
from eval.worth import told, weighed
from tests.judged import MODEL, standing, suite_with
from tests.runs import record, shares

METRIC = "judged_correctness"
FULL, HALF = shares(METRIC, [1.0] * 60), shares(METRIC, [0.0, 1.0] * 30)


def config(**changes: Any) -> dict[str, Any]:
    """The part of a run's config that says who judged."""
    worth = {METRIC: {"prompt": rubric_prompt("correctness").id, "standing": "uncalibrated", "why": "not known"}}
    cases = {METRIC: {"n": 60, "failed": 0}}
    return {"judged": {"model": MODEL, "repeats": 1, "worth": worth, "cases": cases, **changes}}


def gated(suite: Path, thresholds: dict[str, Threshold] | None = None, *, enforce: bool = True, **changes: Any) -> Gate:
    """The gate on a run that the judge calls worse, with the calibrations of a suite."""
    after = weighed(config(**changes), suite, enforce=enforce)
    return blocks(record(FULL, **config()), record(HALF, **after), thresholds)


@pytest.mark.parametrize(("word", "blocked"), [("calibrated", True), ("uncalibrated", False)])
def test_only_a_calibrated_judge_stops_a_change(tmp_path: Path, word: Standing, blocked: bool) -> None:
    """What is worse by its word is a reason where it is calibrated, and advice where it is not; both say so."""
    found = gated(suite_with(tmp_path, standing(word)))
    assert found.blocked is blocked
    assert any(f"{METRIC} is worse" in each for each in (found.reasons if blocked else found.advice))
    why = found.comparison.metrics[METRIC].why
    assert why.startswith(f"judged by {MODEL}, {'calibrated: kappa 1.0' if blocked else 'advice only'}")
    assert junit(found, "small", on=True).count("<failure") == (2 if blocked else 0)


def test_a_judge_that_nobody_calibrated_is_advice(tmp_path: Path) -> None:
    """Without a calibration, or with one of another model or prompt, nothing is stopped."""
    assert not gated(tmp_path).blocked
    suite = suite_with(tmp_path, standing("calibrated"))
    assert not gated(suite, model="openai:judge-mini").blocked
    other = {METRIC: {"prompt": "judge-correctness-0-12345678", "standing": "calibrated", "why": ""}}
    assert not gated(suite, worth=other).blocked


def test_a_refused_judge_is_not_shown(tmp_path: Path) -> None:
    """Its scores are in no comparison and in no threshold; that it was left out is said."""
    found = gated(suite_with(tmp_path, standing("refused")), {METRIC: Threshold(floor=0.9)})
    assert not found.blocked
    assert METRIC not in found.comparison.metrics
    assert any("is left out" in each and "refused" in each for each in found.advice)


def test_floors_of_judged_metrics_need_a_calibrated_judge(tmp_path: Path) -> None:
    """A floor that is missed is advice until the judge is calibrated, also where nobody judged."""
    floor = {METRIC: Threshold(floor=0.9)}
    assert not gated(tmp_path, floor).blocked
    assert not blocks(record(shares("recall@5", [1.0] * 9)), record(shares("recall@5", [1.0] * 9)), floor).blocked
    found = gated(suite_with(tmp_path, standing("calibrated")), floor)
    assert any("its floor 0.9" in each for each in found.reasons)


def test_a_judge_that_failed_in_this_run_stops_nothing(tmp_path: Path) -> None:
    """Calibrated, and silent on a third of the cases: what is left of its word is advice."""
    found = gated(suite_with(tmp_path, standing("calibrated")), cases={METRIC: {"n": 40, "failed": 20}})
    assert not found.blocked
    assert "failed at 20 of 60 cases" in found.comparison.metrics[METRIC].why


def test_without_the_control_every_judge_counts(tmp_path: Path) -> None:
    """With `judge-calibration` off even a refused judge stops a change, and the reason is told."""
    found = gated(suite_with(tmp_path, standing("refused")), enforce=False)
    assert found.blocked
    assert "`judge-calibration` is off" in found.comparison.metrics[METRIC].why


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": "openai:other"}, "the judges differ"),
        ({"repeats": 3}, "numbers of times"),
        ({"worth": {METRIC: {"prompt": "another", "standing": "uncalibrated", "why": ""}}}, "prompts differ"),
    ],
)
def test_scores_of_another_judge_are_not_comparable(changes: dict[str, Any], says: str) -> None:
    """Another model, another prompt, another number of times: the judged metric is not compared, the others are."""
    before = {name: {**each, "recall@5": 1.0} for name, each in FULL.items()}
    found = compare(record(before, **config()), record(before, **config(**changes)))
    assert found.comparable
    assert (found.metrics[METRIC].verdict, says in found.metrics[METRIC].why) == ("not comparable", True)
    assert found.metrics["recall@5"].verdict == "cannot tell"


def test_a_run_without_a_judge_is_not_run() -> None:
    """Where one run was judged and the other was not, the metric was not run, and the others are compared."""
    before = {name: {**each, "recall@5": 1.0} for name, each in FULL.items()}
    after = {name: {"recall@5": 1.0} for name in FULL}
    found = compare(record(before, **config()), record(after, judged=None))
    assert (found.metrics[METRIC].verdict, found.comparable) == ("not run", True)
    assert not blocks(record(before, **config()), record(after, judged=None)).blocked


def test_nobody_judged_says_nothing() -> None:
    """A run without a judge, and one that was made before there were judges, has no word on one."""
    assert (told({}, METRIC), told({"judged": None}, METRIC), told(config(), "recall@5")) == ("", "", "")
    assert weighed({"a": 1}, Path("nowhere")) == {"a": 1}


def test_a_calibration_on_other_labels_counts_no_more(tmp_path: Path) -> None:
    """Where the suite's labels changed since, the judge is what it would be without the calibration."""
    suite = suite_with(tmp_path, standing("calibrated"))
    (suite / "judge/labels.jsonl").write_text(
        '{"question": "q", "answer": "a", "references": ["a"], "correct": true}\n', encoding="utf-8"
    )
    found = gated(suite)
    assert not found.blocked
    assert "the labels changed" in found.comparison.metrics[METRIC].why


def test_a_change_of_judge_is_told(tmp_path: Path) -> None:
    """A calibrated judge whose scores stand beside another one's stops nothing, and the gate says so."""
    after = weighed(config(), suite_with(tmp_path, standing("calibrated")))
    found = blocks(record(FULL, **config(model="openai:earlier")), record(HALF, **after))
    assert not found.blocked
    assert any(f"{METRIC} is not compared: the judges differ" in each for each in found.advice)
