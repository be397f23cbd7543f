"""Null controls: what must not pass does not."""

from eval.measures import declines_with_skill, estimates
from eval.nulls import always_declining, never_declining, with_shuffled_answers, with_shuffled_citations
from eval.outcome import Failed, Outcome, Scored
from tests.runs import case, numbered

OUTCOMES: list[Outcome] = [*map(numbered, range(60)), Failed(case("broken"), "internal", "it broke")]


def figures(outcomes: list[Outcome]) -> dict[str, float | None]:
    return {name: each.value for name, each in estimates(scores_of(outcomes)).items()}


def scores_of(outcomes: list[Outcome]) -> list[dict[str, float]]:
    return [dict(each.scores) for each in outcomes if isinstance(each, Scored)]


def test_shuffled_references_fail() -> None:
    """Answers that are judged by the references of other questions are not accepted."""
    assert figures(OUTCOMES)["answer_accepted"] == 1.0
    assert figures(with_shuffled_answers(OUTCOMES))["answer_accepted"] < 0.1


def test_shuffled_citations_fail():
    """Sentences that cite the sources of other sentences lose precision, recall and relevance."""
    before, after = figures(OUTCOMES), figures(with_shuffled_citations(OUTCOMES))
    for name in ("citation_precision", "citation_recall", "citation_relevant"):
        assert before[name] == 1.0
        assert after[name] < 0.1
    assert after["answer_accepted"] == 1.0


def test_neither_silence_nor_talking_passes():
    """Declining with reason has skill; declining always, or never, has none."""
    assert declines_with_skill(scores_of(OUTCOMES))
    assert not declines_with_skill(scores_of(always_declining(OUTCOMES)))
    assert not declines_with_skill(scores_of(never_declining(OUTCOMES)))
    assert figures(always_declining(OUTCOMES))["declined_of_unanswerable"] == 1.0


def test_failures_stay_failures():
    """No null control turns a failed case into a scored one."""
    for null in (with_shuffled_citations, always_declining, never_declining):
        assert sum(isinstance(each, Failed) for each in null(OUTCOMES)) == 1
