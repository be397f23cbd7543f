"""A head's file: weights, scales, and the card of what it was fitted on. One half of every file is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval import provenance
from eval.fit import Example, Line
from eval.ranking import auc, estimate_by_class
from eval.statistics import Estimate
from service.core.embedder import Encoder
from service.rag.heads import Scale


def auc_of(by: Line | NDArray[np.float64], examples: Sequence[Example]) -> Estimate:
    """AUC of the examples by a line, or by scores that are there already."""
    scores = [by.score(each.features) for each in examples] if isinstance(by, Line) else by
    return estimate_by_class(auc, [float(each.positive) for each in examples], list(scores))


def head_file(
    made: Line, scales: Mapping[str, Scale], learnt: Sequence[Example], encoder: Encoder, card: Mapping[str, Any]
) -> dict[str, Any]:
    """The contents of the file. `card["figures"]` are estimates; the rest of the card is written as it is."""
    return {
        "bias": made.bias,
        "weights": made.weights,
        "scales": {name: {"slope": each.slope, "offset": each.offset} for name, each in scales.items()},
        "card": {
            **card,
            "n": len(learnt),
            "positive": sum(each.positive for each in learnt),
            "feature_means": {
                name: round(float(np.mean([each.features[name] for each in learnt])), 4) for name in made.weights
            },
            "figures": {name: asdict(each) for name, each in card["figures"].items()},
            "encoder": encoder.fingerprint.as_dict(),
            "commit": provenance.commit(),
            "date": datetime.now(UTC).date().isoformat(),
        },
    }
