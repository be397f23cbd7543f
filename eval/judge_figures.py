"""How often a judge of a known kappa is calibrated or refused: `python -m eval.judge_figures` prints a Markdown table.

Judges are drawn, not asked: half of the labels are of each kind, and errors fall on either at random.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from eval.biases import Bias, Biases
from eval.calibration import Standing, kappa, stands
from eval.statistics import Estimate, wilson

KAPPAS, LABELS, JUDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9), (40, 60, 100, 200), 400
_ALL_RATED = Estimate(0.0, 0.0, 0.0, 1)
_NONE = Bias(_ALL_RATED, "none", "")
_UNSWAYED = Biases(_NONE, _NONE, _NONE)


def standings(true_kappa: float, labels: int, judges: int = JUDGES, seed: int = 0) -> Mapping[Standing, int]:
    """How many of some drawn judges end where. Labels are half and half, so a kappa is twice the agreement less 1."""
    draw = np.random.default_rng([seed, labels, int(100 * true_kappa)])
    people = np.arange(labels) % 2
    found: Counter[Standing] = Counter()
    for number in range(judges):
        said = np.where(draw.random(labels) < (1 + true_kappa) / 2, people, 1 - people)
        table = np.bincount(2 * people + said, minlength=4)
        found[stands(kappa(table, number), table, _ALL_RATED, _UNSWAYED)[0]] += 1
    return found


def table() -> str:
    """The shares of judges that are calibrated and refused, with Wilson's 95% intervals."""
    lines = [f"| true kappa | {' | '.join(f'n {each}' for each in LABELS)} |", f"|---|{'---|' * len(LABELS)}"]
    for word in ("calibrated", "refused"):
        for true_kappa in KAPPAS:
            shown = [_share(standings(true_kappa, labels)[word]) for labels in LABELS]
            lines.append(f"| {word}, {true_kappa:g} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _share(hits: int) -> str:
    low, high = wilson(hits / JUDGES, JUDGES)
    return f"{hits / JUDGES:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    print(table())  # noqa: T201  # the table is what the module is run for
