"""The null controls that every run of a suite goes through, on its own outcomes: they tell whether it measures.

Each ends as passed, failed, or could not check with the reason. One that failed makes the run unusable: what let a
null through says nothing of the product. Questions are not asked again.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from eval.compare import compare
from eval.gate import blocks
from eval.measures import Scores, declines_with_skill
from eval.metrics import scores
from eval.nulls import always_declining, never_declining, reordered, with_shuffled_citations
from eval.outcome import Outcome, Scored
from eval.record import record_of
from eval.statistics import ALPHA, average, difference
from eval.suite import Case
from eval.target import Seen, SeenHit
from service.core.app import App

State: TypeAlias = Literal["passed", "failed", "could not check"]
Held: TypeAlias = Mapping[str, Sequence[str]]
"""By space the source of every chunk that it holds, one entry a chunk."""
CHANCE_ALPHA = 0.001
"""Random hits have to be this unlikely by chance before a run is stopped: a suite's draw is the same in every run."""
_DEPTH = 5
_FEWEST = 6
"""With fewer pairs no test can tell at 5%: 2 * 0.5**5 is more."""
_HOLDING = 0.5
"""Where fewer of a run's own citations hold, shuffled ones can hardly be worse."""
_MOVED = 0.5
"""Where shuffling gives fewer sentences another source, as with one document for most, it may well lose nothing."""
_KEPT = 0.9
"""Shuffled citations that keep so much of the figure have lost nothing."""
_AT_ONCE = 500
"""Chunks that are read at a time."""
_ITSELF: Mapping[str, Any] = {"suite_fingerprint": "", "split": None, "corpus": "", "judge": "", "machine": {}}


@dataclass(frozen=True)
class NullCheck:
    """A null control by name, what became of it, and why."""

    name: str
    state: State
    why: str


def null_checks(outcomes: Sequence[Outcome], held: Held | None) -> tuple[NullCheck, ...]:
    """Every null control of a run. `held` None: what the target's index holds is not known."""
    return (
        same_run(outcomes),
        shuffled_citations(outcomes),
        declining("never abstains", outcomes, never_declining(outcomes)),
        declining("always abstains", outcomes, always_declining(outcomes)),
        retrieval_off(outcomes, held),
    )


def held_by(app: App) -> Held:
    """What the App's tenant holds."""
    held: dict[str, list[str]] = {each.name: [] for each in app.records.spaces(app.settings.tenant)}
    for each in app.records.documents(app.settings.tenant, list(held)):
        held[each.space] += [each.source] * each.chunks
    return held


def with_texts(outcomes: Sequence[Outcome], app: App) -> list[Outcome]:
    """The outcomes with the text of each hit: those of an earlier pass come without, and then no citation is judged."""
    lacking = {hit.chunk for each in outcomes if isinstance(each, Scored) for hit in each.seen.hits if not hit.text}
    if not lacking:
        return list(outcomes)
    indexes = [each.index for each in app.records.spaces(app.settings.tenant)]
    names = sorted(lacking)
    parts = (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
    texts = {name: each.text for part in parts for name, each in app.records.chunks(indexes, part).items()}
    return [_with_texts(each, texts) if isinstance(each, Scored) else each for each in outcomes]


def same_run(outcomes: Sequence[Outcome]) -> NullCheck:
    """A/A: the run beside itself in another order. No metric may differ, and the gate may not stop it."""
    run = record_of(_ITSELF, outcomes)
    if not run.scores:
        return NullCheck("A/A", "could not check", "no case was scored")
    again = reordered(run, 1)
    told = [name for name, each in compare(run, again).metrics.items() if each.verdict in {"better", "worse"}]
    if told or blocks(run, again).blocked:
        return NullCheck("A/A", "failed", f"the run differs from itself: {', '.join(told) or 'the gate stops it'}")
    return NullCheck("A/A", "passed", f"{len(run.scores)} cases do not differ from themselves")


def shuffled_citations(outcomes: Sequence[Outcome], seed: int = 0) -> NullCheck:
    """Sentences with each other's sources have to score lower than with their own."""
    name, null = "shuffled citations", with_shuffled_citations(outcomes, seed)
    before, after = _figures(outcomes), _figures(null)
    by_quote = any("citation_precision" in each for each in after.values())
    metric = "citation_precision" if by_quote else "citation_relevant"
    cases = [case for case in before if metric in before[case] and metric in after[case]]
    if len(cases) < _FEWEST:
        return NullCheck(name, "could not check", f"{len(cases)} cases with citations are too few")
    given = zip(_cited(outcomes, by_quote), _cited(null, by_quote), strict=True)
    moved = sum(each != other for each, other in given) / len(_cited(null, by_quote))
    own, shuffled = ([figures[case][metric] for case in cases] for figures in (before, after))
    found = difference(average, [], (own, shuffled))
    means = sum(own) / len(own), sum(shuffled) / len(shuffled)
    said = f"{metric} {means[0]:.3f} became {means[1]:.3f} (n {found.n}, p {found.p:.3g})"
    if found.high < 0 and found.p < ALPHA:
        return NullCheck(name, "passed", said)
    lost_nothing = moved >= _MOVED and means[0] >= _HOLDING and means[1] > _KEPT * means[0]
    return NullCheck(name, "failed" if lost_nothing else "could not check", f"{said}, {moved:.2f} of the sources moved")


def declining(name: str, outcomes: Sequence[Outcome], null: Sequence[Outcome]) -> NullCheck:
    """A product that always says the same has no skill at declining; the run has to have some, to be told from it."""
    before, after = list(_figures(outcomes).values()), list(_figures(null).values())
    lacking = [word for word, kind in (("answerable", 0.0), ("unanswerable", 1.0)) if not _of_kind(before, kind)]
    if lacking:
        return NullCheck(name, "could not check", f"no {lacking[0]} case was scored")
    if declines_with_skill(after):
        return NullCheck(name, "failed", "a product that always says the same declines with skill")
    if not declines_with_skill(before):
        return NullCheck(name, "could not check", "the run's own skill at declining is not shown to be above zero")
    return NullCheck(name, "passed", "it has no skill at declining, the run has")


def retrieval_off(outcomes: Sequence[Outcome], held: Held | None, seed: int = 0) -> NullCheck:
    """Chunks drawn at random may not find a relevant document more often than chance says."""
    name = "retrieval off"
    cases = [each.case for each in outcomes if isinstance(each, Scored) and each.case.relevant]
    if not cases:
        return NullCheck(name, "could not check", "no case with a relevant document was scored")
    if held is None:
        return NullCheck(name, "could not check", "what the target has indexed is not known")
    chances = [_chance(case, held) for case in cases]
    expected = sum(chances) / len(cases)
    if expected > _KEPT:
        return NullCheck(name, "could not check", f"chance finds {expected:.3f} of the documents: too few chunks")
    draw = random.Random(seed)  # noqa: S311  # no secret
    found = sum(_found_at_random(case, held, draw) for case in cases)
    p = at_least(round(found), chances)
    said = f"document@{_DEPTH} {found / len(cases):.3f}, by chance {expected:.3f} (n {len(cases)}, p {p:.3g})"
    return NullCheck(name, "failed" if p < CHANCE_ALPHA else "passed", said)


def at_least(found: int, chances: Sequence[float]) -> float:
    """The probability of `found` hits or more where each case is one with a chance of its own: Poisson's binomial."""
    counts = np.ones(1)
    for each in chances:
        counts = np.convolve(counts, [1 - each, each])
    return float(counts[found:].sum())


def _chance(case: Case, held: Held) -> float:
    """The probability that one of the first random chunks comes from a relevant document."""
    relevant = [source in case.documents for space in case.spaces for source in held.get(space, ())]
    n, k = len(relevant), min(_DEPTH, len(relevant))
    return 1.0 - math.comb(n - sum(relevant), k) / math.comb(n, k) if n else 0.0


def _found_at_random(case: Case, held: Held, draw: random.Random) -> float:
    """What the scoring makes of random hits."""
    sources = [source for space in case.spaces for source in held.get(space, ())]
    drawn = draw.sample(sources, min(_DEPTH, len(sources)))
    hits = tuple(SeenHit(each, each.partition("/")[0], each, each, None) for each in drawn)
    return scores(case, Seen("", abstained=False, reason_code=None, citations=(), hits=hits, strategy="", model=""))[
        f"document@{_DEPTH}"
    ]


def _with_texts(outcome: Scored, texts: Mapping[str, str]) -> Scored:
    hits = tuple(replace(hit, text=hit.text or texts.get(hit.chunk)) for hit in outcome.seen.hits)
    return replace(outcome, seen=replace(outcome.seen, hits=hits))


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Scores]:
    return {each.case.id: each.scores for each in outcomes if isinstance(each, Scored)}


def _cited(outcomes: Sequence[Outcome], by_quote: bool) -> list[str]:
    """What each citation rests on, in order: its quote, or the document where quotes are not judged."""
    cited = [one for each in outcomes if isinstance(each, Scored) for one in each.seen.citations]
    return [each.quote if by_quote else each.source for each in cited]


def _of_kind(figures: Sequence[Scores], unanswerable: float) -> bool:
    return any(each["unanswerable"] == unanswerable for each in figures)
