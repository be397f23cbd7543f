"""What the grounding head learns from: answers of which people said whether their context supports them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.detect import claims, grounding_cases
from eval.fit import Example, Line, line, out_of_fold, scale
from eval.halves import tuned_on
from eval.head_file import auc_of, head_file
from eval.leakage import Detector
from service.core.answers import Claim
from service.core.embedder import Encoder
from service.rag.alignment import SIGNS, features


def fit(encoder: Encoder, detector: Detector, files: Sequence[Path], golden: Sequence[str]) -> dict[str, Any]:
    """The head as its file holds it. Each file counts as much as every other."""
    every = {path.stem: [_example(encoder, case) for case in grounding_cases(path)] for path in files}
    leaked = detector.repeated((each.group for some in every.values() for each in some), golden)
    weighed = {name: [replace(each, weight=1 / len(some)) for each in some] for name, some in every.items()}
    learnt = [one for some in weighed.values() for one in some if tuned_on(one.group) and one.group not in leaked]
    made = _line(learnt)
    scores = out_of_fold(learnt, [], _line)
    scales = {"supported": scale(scores.tolist(), [each.positive for each in learnt], balanced=True)}
    figures = {
        f"auc, {name}, {half}": auc_of(made, _half(some, half))
        for name, some in every.items()
        for half in ("tune", "report")
    }
    card = {
        "trained_on": {name: sum(one in learnt for one in some) for name, some in weighed.items()},
        "leaked": len(leaked),
        "figures": figures,
    }
    return head_file(made, scales, learnt, encoder, card)


def _line(some: Sequence[Example]) -> Line:
    return line(some, SIGNS)


def _half(some: Sequence[Example], half: str) -> list[Example]:
    return [each for each in some if tuned_on(each.group) is (half == "tune")]


def _example(encoder: Encoder, case: dict[str, Any]) -> Example:
    """An answer by the worst of its sentences, feature by feature."""
    found = [_features(each, encoder) for each in claims(case["context"], case["answer"], encoder)]
    worst = {name: (min if sign > 0 else max)(each[name] for each in found) for name, sign in SIGNS.items()}
    return Example(worst, case["grounded"], 1.0, case["answer"])


def _features(claim: Claim, encoder: Encoder) -> dict[str, float]:
    assert claim.hit is not None  # noqa: S101  # claims() ties each to a piece
    return features(claim.text, claim.hit, claim.start, claim.end, encoder)
