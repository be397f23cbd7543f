"""When the gate counts as one."""

from collections.abc import Callable

import pytest

from eval.checklist.probes.quality_gate import judged, noisy
from eval.checklist.states import State, share
from eval.outcome import Scored


@pytest.mark.parametrize(
    ("blocked", "repeats", "noisy_repeats", "state"),
    [(4, 0, 0, "pass"), (4, 0, 2, "pass"), (4, 0, 3, "fail"), (4, 1, 0, "fail"), (3, 0, 0, "fail"), (0, 0, 0, "fail")],
)
def test_a_gate_blocks_every_regression_and_no_repeat(
    blocked: int, repeats: int, noisy_repeats: int, state: State
) -> None:
    """A regression that gets through fails, and so does a repeat that is blocked; noise may be blocked twice."""
    assert judged(share(blocked, 4), share(repeats, 20), share(noisy_repeats, 20)) == state


def test_noisy_repeats_hold_every_outcome_of_both_runs(scored_of: Callable[..., Scored]) -> None:
    """Outcomes are exchanged between the two runs and never lost, and another seed exchanges others."""
    run, other = ([scored_of(f"c{place}", said) for place in range(30)] for said in ("It is so.", "It is not."))
    first, second = noisy(run, other, seed=1)
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if isinstance(a, Scored) and isinstance(b, Scored)]
    assert [{a.seen.text, b.seen.text} for a, b in pairs] == [{"It is so.", "It is not."}] * 30
    assert first not in (run, other)
    assert noisy(run, other, seed=2)[0] != first
