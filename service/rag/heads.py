"""Small logistic heads: weights in a JSON file beside this module, with the card of the data that they were fitted on.

Only reads and applies them; `python -m eval.heads` fits them and writes the files.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "heads"


@dataclass(frozen=True)
class Scale:
    """Platt's scaling: the probability of a score is `sigmoid(slope * score + offset)`."""

    slope: float
    offset: float

    def probability(self, score: float) -> float:
        """The probability of a head's score.

        Platt, "Probabilistic Outputs for Support Vector Machines" (1999).
        """
        return sigmoid(self.slope * score + self.offset)


@dataclass(frozen=True)
class Head:
    """A bias and a weight for each feature, what turns the score into probabilities, and the card of its data."""

    bias: float
    weights: Mapping[str, float]
    scales: Mapping[str, Scale]
    card: Mapping[str, Any]

    def score(self, features: Mapping[str, float]) -> float:
        """The weighted sum. Raises KeyError for a feature that is not there."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def probability(self, scale: str, features: Mapping[str, float]) -> float:
        """The probability that a scale makes of the features' score, 0 to 1."""
        return self.scales[scale].probability(self.score(features))


@cache
def head(name: str) -> Head:
    """The head of that name, read once: `sufficiency` or `grounding`."""
    return read_head(FOLDER / f"{name}.json")


def read_head(path: Path) -> Head:
    """The head in a file. Raises what its file raises: it is part of the code."""
    held = json.loads(path.read_text(encoding="utf-8"))
    scales = {name: Scale(**each) for name, each in held["scales"].items()}
    return Head(held["bias"], held["weights"], scales, held["card"])


def sigmoid(value: float) -> float:
    """The logistic function."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))
