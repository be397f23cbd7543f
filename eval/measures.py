"""Every metric of a suite: which figures of a case go into it, how they become one number, which way is better.

A metric is made of the cases that have every figure it needs. What a figure of one case is stands in eval.metrics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eval.statistics import Estimate, Statistic, average, calibration_error, estimate, f1, middle, percentile_95, skill

JUDGE = "2"
"""Version of how a case is scored: to be raised with every change after which the same answer scores otherwise."""

Scores: TypeAlias = Mapping[str, float]


@dataclass(frozen=True)
class Metric:
    """A named statistic over one figure of a run (`own`) and figures that are the case's own (`shared`).

    `blocks` tells whether the gate may stop a change for it: only what is the same on every machine and every time.
    `optional`: not told where no case has it. `judged`: a model gives it, and the gate may stop a change for it where
    that model is calibrated.
    """

    name: str
    statistic: Statistic = average
    own: str = ""
    shared: tuple[str, ...] = ()
    higher_is_better: bool = True
    blocks: bool = True
    optional: bool = False
    judged: bool = False

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures in the order of the statistic's columns."""
        return (*self.shared, self.own or self.name)


METRICS: tuple[Metric, ...] = (
    Metric("document@1"),
    Metric("document@5"),
    Metric("document_mrr", blocks=False),
    Metric("recall@5"),
    Metric("passage@1"),
    Metric("passage@5"),
    Metric("passage_mrr", blocks=False),
    Metric("answer_accepted"),
    Metric("exact_match", blocks=False),
    Metric("token_f1", blocks=False),
    Metric("numbers_right", blocks=False, optional=True),
    Metric("must_contain", optional=True),
    Metric("must_not_contain", optional=True),
    Metric("semantic_similarity", blocks=False, optional=True),
    Metric("citation_relevant"),
    Metric("citation_precision"),
    Metric("citation_recall"),
    Metric("grounded", blocks=False, optional=True),
    Metric("answered_of_answerable"),
    Metric("declined_of_unanswerable"),
    Metric("abstention_f1", f1, "declined", ("unanswerable",)),
    Metric("abstention_skill", skill, "declined", ("unanswerable",)),
    Metric("calibration_error", calibration_error, "signed_confidence", higher_is_better=False, blocks=False),
    Metric("ragas_context_recall", blocks=False, optional=True),
    Metric("ragas_context_precision", blocks=False, optional=True),
    Metric("ragas_string_similarity", blocks=False, optional=True),
    Metric("ragas_string_presence", blocks=False, optional=True),
    Metric("judged_correctness", blocks=False, optional=True, judged=True),
    Metric("judged_groundedness", blocks=False, optional=True, judged=True),
    Metric("ragas_faithfulness", blocks=False, optional=True, judged=True),
    Metric("ragas_answer_relevancy", blocks=False, optional=True, judged=True),
    Metric("model_tokens", higher_is_better=False, blocks=False, optional=True),
    Metric("cost", higher_is_better=False, blocks=False, optional=True),
    Metric("total_ms", higher_is_better=False, blocks=False),
    Metric("total_ms_p50", middle, "total_ms", higher_is_better=False, blocks=False),
    Metric("total_ms_p95", percentile_95, "total_ms", higher_is_better=False, blocks=False),
)
OPTIONAL = frozenset(metric.name for metric in METRICS if metric.optional)
JUDGED = frozenset(metric.name for metric in METRICS if metric.judged)
JUDGED_BY_RAGAS = ("ragas_faithfulness", "ragas_answer_relevancy")
LATENCY = frozenset({"total_ms", "total_ms_p50", "total_ms_p95"})
"""The metrics that depend on the machine."""


_DEMANDED = ("answer_accepted", "declined_of_unanswerable", "must_contain", "must_not_contain")


def passes(scores: Scores) -> bool:
    """Whether a case does all that it can be held to: accepted or declined as it should, each phrase as demanded."""
    held = [scores[name] for name in _DEMANDED if name in scores]
    return bool(held) and all(each == 1.0 for each in held)


def estimates(every: Sequence[Scores]) -> dict[str, Estimate]:
    """Each metric of some cases. One that no case has the figures for has n 0, or is left out if it is optional."""
    found = {metric.name: _estimate(metric, every) for metric in METRICS}
    return {name: each for name, each in found.items() if each.n or name not in OPTIONAL}


def declines_with_skill(every: Sequence[Scores]) -> bool:
    """Whether declining depends on whether there is an answer: the skill's interval lies above zero.

    Neither a product that always declines nor one that never does can pass, whatever the mix of cases; F1 alone would
    let the first of them look good.
    """
    found = estimates(every)["abstention_skill"]
    return found.low is not None and found.low > 0


def having(metric: Metric, every: Mapping[str, Scores]) -> list[str]:
    """Ids of the cases that have every figure of a metric, in order."""
    return [case for case, scores in every.items() if all(figure in scores for figure in metric.figures)]


def _estimate(metric: Metric, every: Sequence[Scores]) -> Estimate:
    able = [scores for scores in every if all(figure in scores for figure in metric.figures)]
    return estimate(metric.statistic, [[scores[figure] for scores in able] for figure in metric.figures])
