"""Null controls: runs that must not pass, and pairs of runs between which there is nothing to tell.

A measurement that these get through measures nothing. Everything here is drawn with a seed.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eval.gate import blocks
from eval.metrics import scores
from eval.outcome import Outcome, Scored
from eval.record import Record
from eval.suite import Case, Suite, Threshold
from eval.target import Seen, SeenHit
from service.core.answers import Caller
from service.core.app import App
from service.core.types import StoredChunk

REPEATS = 20


def times_blocked(
    baseline: Record, again: Record, thresholds: Mapping[str, Threshold] | None = None, repeats: int = REPEATS
) -> int:
    """How often the gate stops a run of the same product, with other resamples and another order of cases each time."""
    return sum(
        blocks(baseline, reordered(again, seed), thresholds, seed=seed).blocked for seed in range(1, repeats + 1)
    )


def with_shuffled_citations(outcomes: Sequence[Outcome], seed: int = 0) -> list[Outcome]:
    """Every sentence keeps its words and gets the source of another one, drawn from all answers."""
    pool = [each for outcome in outcomes if isinstance(outcome, Scored) for each in outcome.seen.citations]
    given = iter(random.Random(seed).sample(pool, len(pool)))  # noqa: S311  # no secret
    return [
        _again(outcome, citations=tuple(replace(next(given), sentence=own.sentence) for own in outcome.seen.citations))
        if isinstance(outcome, Scored)
        else outcome
        for outcome in outcomes
    ]


def with_shuffled_answers(outcomes: Sequence[Outcome], seed: int = 0) -> list[Outcome]:
    """Every answer keeps its words and is judged by the reference of another question, drawn from all of them."""
    answered = [each for each in outcomes if isinstance(each, Scored) and each.case.parts]
    given = iter(random.Random(seed).sample([each.case.parts for each in answered], len(answered)))  # noqa: S311  # no secret
    return [
        _judged_as(each, replace(each.case, parts=next(given)))
        if isinstance(each, Scored) and each.case.parts
        else each
        for each in outcomes
    ]


def always_declining(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The same questions put to a product that never answers."""
    return [
        _again(each, abstained=True, text="", citations=(), reason_code="null") if isinstance(each, Scored) else each
        for each in outcomes
    ]


def never_declining(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The same questions put to a product that always answers."""
    return [_again(each, abstained=False, reason_code=None) if isinstance(each, Scored) else each for each in outcomes]


@dataclass(frozen=True)
class RandomRetrieval:
    """Retrieval switched off: the hits are chunks drawn at random from the spaces that are asked. Answers nothing."""

    held: Mapping[str, Sequence[StoredChunk]]
    hits: int
    draw: random.Random
    name: str = "random"

    async def ask(self, question: str, spaces: tuple[str, ...] | None = None, caller: Caller | None = None) -> Seen:  # noqa: ARG002  # neither matters
        """Chunks at random."""
        chunks = [each for space in spaces or self.held for each in self.held.get(space, ())]
        drawn = self.draw.sample(chunks, min(self.hits, len(chunks)))
        hits = [
            SeenHit(each.source, each.space, each.chunk.document_id, each.chunk.id, None, each.text) for each in drawn
        ]
        return Seen("", abstained=False, reason_code=None, citations=(), hits=tuple(hits), strategy=self.name, model="")

    def reader_of(self, spaces: tuple[str, ...]) -> Caller | None:  # noqa: ARG002  # everybody is served alike
        """None: it asks nobody who they are."""
        return None

    def chance(self, case: Case, k: int) -> float:
        """The probability that one of k random chunks comes from a relevant document."""
        sources = [each.source in case.documents for space in case.spaces for each in self.held.get(space, ())]
        n, relevant = len(sources), sum(sources)
        return 1.0 - math.comb(n - relevant, k) / math.comb(n, k) if n >= k else float(relevant > 0)


def random_retrieval(app: App, seed: int = 0) -> RandomRetrieval:
    """Random retrieval over everything that the App's tenant holds."""
    held = {}
    for space in app.records.spaces(app.settings.tenant):
        stored = app.records.chunks([space.index], sorted(app.records.chunk_ids(space.index)))
        held[space.name] = [stored[each] for each in sorted(stored)]
    return RandomRetrieval(held, app.settings.hits, random.Random(seed))  # noqa: S311  # no secret


def expected_by_chance(target: RandomRetrieval, suite: Suite, k: int) -> float:
    """Mean of the chances of the suite's answerable cases: what document@k is when retrieval is off."""
    chances = [target.chance(case, k) for case in suite.cases if case.relevant]
    return sum(chances) / len(chances)


def _again(outcome: Scored, **changes: object) -> Scored:
    seen = replace(outcome.seen, **changes)  # type: ignore[arg-type]  # fields of Seen, named by this module
    return Scored(outcome.case, seen, scores(outcome.case, seen))


def _judged_as(outcome: Scored, case: Case) -> Scored:
    return Scored(case, outcome.seen, scores(case, outcome.seen))


def reordered(record: Record, seed: int) -> Record:
    """The same run with its cases in another order."""
    cases = list(record.scores)
    random.Random(seed).shuffle(cases)  # noqa: S311  # no secret
    return replace(record, scores={case: record.scores[case] for case in cases})
