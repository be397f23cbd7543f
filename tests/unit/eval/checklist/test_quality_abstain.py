"""When declining counts as knowing what one does not know."""

from collections.abc import Callable

import pytest

from eval.checklist.probes.quality_abstain import Declined, found, judged, trivial
from eval.checklist.states import Figure, State
from eval.outcome import Scored

MOST = Figure(0.9, 0.85, 0.95, 100, "share")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Declined(Figure(0.7, 0.6, 0.8, 100, "score"), 0.4, MOST), "pass"),
        (Declined(Figure(0.5, 0.35, 0.6, 100, "score"), 0.4, MOST), "cannot tell"),
        (Declined(Figure(0.39, 0.3, 0.5, 100, "score"), 0.4, MOST), "fail"),
        (Declined(Figure(0.7, 0.6, 0.8, 100, "score"), 0.4, Figure(0.6, 0.45, 0.7, 50, "share")), "cannot tell"),
        (Declined(Figure(0.7, 0.6, 0.8, 100, "score"), 0.4, Figure(0.2, 0.1, 0.3, 50, "share")), "fail"),
    ],
)
def test_the_trivial_products_have_to_be_beaten(seen: Declined, state: State) -> None:
    """F1 has to be above that of declining always, and most of what can be answered has to be answered."""
    assert judged(seen) == state


def test_who_knows_passes_and_both_trivial_products_fail(scored_of: Callable[..., Scored]) -> None:
    """Declining exactly where there is no answer passes; declining always or never on the same questions does not."""
    knows = [scored_of(f"a{place}") for place in range(30)]
    knows += [scored_of(f"u{place}", None, answerable=False) for place in range(10)]
    assert (found(knows).state, trivial(knows).state) == ("pass", "fail")


def test_many_questions_without_an_answer_do_not_let_declining_always_pass(scored_of: Callable[..., Scored]) -> None:
    """Where nine of ten questions have no answer, declining all of them has a high F1 and still fails."""
    always = [scored_of("a", None)] + [scored_of(f"u{place}", None, answerable=False) for place in range(9)]
    assert (found(always).state, trivial(always).state) == ("fail", "fail")
