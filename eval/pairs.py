"""Two questions asked as one: how often both get an answer that their cases accept, by strategy.

`python -m eval.pairs SUITE [SPLIT]` on the data folder of the settings, into which the suite's corpus is ingested.
Pairs are drawn from answerable cases of the same spaces, with a seed, and joined by "and". Nothing is compared here.
"""

import asyncio
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from eval.metrics import accepted
from eval.statistics import mean
from eval.suite import Case, read_suite
from eval.target import InProcess
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.settings import load_settings
from service.rag.strategies import STRATEGIES

SEED = 7


@dataclass(frozen=True)
class Pair:
    """Two cases of the same spaces."""

    first: Case
    second: Case

    @property
    def question(self) -> str:
        """Both questions in one sentence."""
        second = self.second.question
        return f"{self.first.question.rstrip('?')}, and {second[0].lower()}{second[1:]}"


def pairs(cases: Sequence[Case]) -> list[Pair]:
    """Answerable cases that are one question of one sentence, in pairs, each at most once."""
    of_spaces: dict[tuple[str, ...] | None, list[Case]] = defaultdict(list)
    for case in random.Random(SEED).sample(list(cases), len(cases)):  # noqa: S311  # no secret
        if case.answerable and case.question.count("?") == 1 and "." not in case.question[:-1]:
            of_spaces[case.spaces].append(case)
    return [Pair(*two) for each in of_spaces.values() for two in list(pairwise(each))[::2]]


async def both_answered(target: InProcess, asked: Sequence[Pair]) -> dict[str, Any]:
    """Shares of pairs of which both, and at least one, are answered as accepted; each with interval and n."""
    found = []
    for pair in asked:
        spaces = pair.first.spaces
        seen = await target.ask(pair.question, spaces, target.reader_of(spaces))
        said = "" if seen.abstained else seen.text
        found.append([accepted(each, said) for each in (pair.first, pair.second)])
    return {
        "both": vars(mean([float(all(each)) for each in found])),
        "at_least_one": vars(mean([float(any(each)) for each in found])),
    }


def main(suite: Path, split: str) -> dict[str, Any]:
    """The shares of every strategy. Raises PathMissing, InvalidSuite."""
    read = read_suite(suite, split)
    asked = pairs(read.cases)
    with open_app(load_settings(controls_off=frozenset({"exact-cache"})), holder="eval.pairs", writes=True) as app:
        for _ in ingest_spaces(app, read.corpus):
            pass
        return {name: asyncio.run(both_answered(InProcess(app, name), asked)) for name in STRATEGIES}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), (*sys.argv[2:], "tune")[0]), indent=2) + "\n")
