"""What a judge's scores are worth in a run: whether they may stop a change, are advice, or are not shown at all.

A run keeps, in `judged` of its config, the judge's model, and for each judged metric the prompt and where the judge
stood when it was asked. The gate looks again at what the suite holds. Nobody is asked here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.answer_labels import FILE, FOLDER, identities
from eval.calibration import LEAST_RATED, Standing, calibration_of, kept
from eval.judgement import Asked
from eval.measures import JUDGED_BY_RAGAS

METRICS: Mapping[Asked, str] = {
    "correctness": "judged_correctness",
    "groundedness": "judged_groundedness",
    "faithfulness": "ragas_faithfulness",
    "answer_relevancy": "ragas_answer_relevancy",
}
NOT_CALIBRATED = "no calibration of this model and prompt"


@dataclass(frozen=True)
class Worth:
    """Which prompt a metric's scores come from, where the judge stands by it, and why."""

    prompt: str
    standing: Standing
    why: str


def worth_of(model: str, prompt: str, suite: Path, *, enforce: bool = True) -> Worth:
    """What a model's scores by a prompt are worth, as the suite's calibrations say. Raises InvalidSuite.

    With `enforce` off nobody asks for a calibration.
    """
    if not enforce:
        return Worth(prompt, "calibrated", "the control `judge-calibration` is off")
    found = calibration_of(kept(suite), model, prompt)
    if found is None:
        return Worth(prompt, "uncalibrated", NOT_CALIBRATED)
    labels = suite / FOLDER / FILE
    if labels.is_file() and identities(labels).get(found.rubric) != found.labels:
        return Worth(prompt, "uncalibrated", "the labels changed since the calibration")
    if found.standing == "calibrated":
        kappa = found.kappa
        return Worth(prompt, "calibrated", f"kappa {kappa.value} ({kappa.low} to {kappa.high}, n {found.n})")
    return Worth(prompt, found.standing, "; ".join(found.why))


def weighed(config: Mapping[str, Any], suite: Path, *, enforce: bool = True) -> dict[str, Any]:
    """A run's config with what its judged metrics are worth now. Raises InvalidSuite."""
    judged = config.get("judged")
    if not judged:
        return dict(config)
    worth = {
        name: each
        if name in JUDGED_BY_RAGAS
        else asdict(worth_of(judged["model"], each["prompt"], suite, enforce=enforce))
        for name, each in judged["worth"].items()
    }
    return {**config, "judged": {**judged, "worth": worth}}


def standing(config: Mapping[str, Any], wanted: Standing) -> frozenset[str]:
    """The judged metrics of a run, by its config, whose judge stands there.

    A judge that failed at more of the run's cases than a calibration allows vouches for none of them.
    """
    judged = config.get("judged") or {}
    found = {name for name, each in judged.get("worth", {}).items() if each["standing"] == wanted}
    return frozenset(found - set(_failing(judged)) if wanted == "calibrated" else found)


def told(config: Mapping[str, Any], metric: str) -> str:
    """Who gave a metric's scores and what they are worth, in words; empty where nobody judged."""
    judged = config.get("judged") or {}
    if metric not in judged.get("worth", {}):
        return ""
    each = judged["worth"][metric]
    failing = _failing(judged).get(metric)
    if each["standing"] == "calibrated" and not failing:
        return f"judged by {judged['model']}, calibrated: {each['why']}"
    word = each["standing"] if each["standing"] == "refused" else "advice only"
    return f"judged by {judged['model']}, {word}: {failing or each['why']}"


def judges_apart(baseline: Mapping[str, Any], candidate: Mapping[str, Any], metric: str) -> str:
    """Why a judged metric of two runs, by their configs, cannot be compared; empty where it can."""
    first, second = (config.get("judged") or {} for config in (baseline, candidate))
    pairs = {
        "judges": (first.get("model"), second.get("model")),
        "judges' prompts": tuple(each.get("worth", {}).get(metric, {}).get("prompt") for each in (first, second)),
        "numbers of times that the judge was asked": (first.get("repeats"), second.get("repeats")),
    }
    return next((f"the {name} differ: {a} and {b}" for name, (a, b) in pairs.items() if a != b), "")


def _failing(judged: Mapping[str, Any]) -> dict[str, str]:
    """The metrics for which too many of a run's judgements failed, and how many, in words."""
    counts = {name: (each["failed"], each["n"] + each["failed"]) for name, each in judged.get("cases", {}).items()}
    return {
        name: f"it failed at {failed} of {asked} cases"
        for name, (failed, asked) in counts.items()
        if failed > (1 - LEAST_RATED) * asked
    }
