"""Several runs of one suite as one table, and whether the simpler systems are good enough beside the last one.

Good enough is what a comparison can say: no metric of quality is told to be better in the last run. Where nobody can
tell, the answer says how large a difference would have been seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from eval.compare import Verdict, compare
from eval.measures import METRICS, estimates
from eval.record import Record
from eval.statistics import Estimate

Answer: TypeAlias = Literal["yes", "no", "mixed", "cannot tell", "not comparable"]
QUALITY = ("recall@5", "passage@5", "answer_accepted", "citation_precision", "citation_recall", "abstention_f1")
SPEED = ("total_ms_p50", "total_ms_p95")


@dataclass(frozen=True)
class Row:
    """A run's figures by metric, for one line of the table."""

    strategy: str
    n: int
    failed: int
    figures: Mapping[str, Estimate]


@dataclass(frozen=True)
class GoodEnough:
    """Whether one system is good enough beside another, and the metrics that say so."""

    strategy: str
    beside: str
    answer: Answer
    says: str


def row(record: Record) -> Row:
    """One run."""
    found = estimates(list(record.scores.values()))
    return Row(
        record.config["strategy"],
        len(record.scores),
        len(record.failed),
        {each: found[each] for each in QUALITY + SPEED},
    )


def good_enough(simpler: Record, chosen: Record) -> GoodEnough:
    """Whether the simpler system could take the place of the chosen one, over the cases that both scored."""
    found = compare(simpler, chosen)
    names = simpler.config["strategy"], chosen.config["strategy"]
    if not found.comparable:
        return GoodEnough(*names, "not comparable", "; ".join(found.why))
    verdicts = {each.name: found.metrics[each.name] for each in METRICS if each.name in QUALITY}
    gains = [_said(name, each) for name, each in verdicts.items() if each.verdict == "better"]
    losses = [_said(name, each) for name, each in verdicts.items() if each.verdict == "worse"]
    unseen = [_unseen(name, each) for name, each in verdicts.items() if each.verdict == "cannot tell"]
    says = "; ".join(
        f"{word} {', '.join(each)}"
        for word, each in (("better:", gains), ("worse:", losses), ("cannot tell:", unseen))
        if each
    )
    if gains:
        return GoodEnough(*names, "mixed" if losses else "no", says)
    return GoodEnough(*names, "yes" if losses else "cannot tell", says)


def markdown(rows: Sequence[Row], judged: Sequence[GoodEnough]) -> str:
    """The table, and below it a sentence for each simpler system."""
    names = QUALITY + SPEED
    lines = [f"| strategy | n | failed | {' | '.join(names)} |", "|---" * (len(names) + 3) + "|"]
    for each in rows:
        figures = " | ".join(_figure(name, each.figures[name]) for name in names)
        lines.append(f"| {each.strategy} | {each.n} | {each.failed} | {figures} |")
    questions = [
        f"Is {each.strategy} good enough beside {each.beside}? {each.answer.capitalize()}. {each.says}."
        for each in judged
    ]
    return "\n".join([*lines, "", *questions])


def _figure(name: str, found: Estimate) -> str:
    if not found.n:
        return "–"
    digits = 1 if name in SPEED else 3
    interval = "" if found.low is None else f" ({found.low:.{digits}f} to {found.high:.{digits}f})"
    return f"{found.value:.{digits}f}{interval}"


def _said(name: str, each: Verdict) -> str:
    return f"{name} {each.delta:+.3f} ({each.low:.3f} to {each.high:.3f})"


def _unseen(name: str, each: Verdict) -> str:
    return name if each.detectable is None else f"{name} (a difference of {each.detectable:.3f} would have been seen)"
