"""Does the right passage arrive? Recall@5 and nDCG@10 over documents, beside chance and beside dense search alone.

Scored is what reaches the reader: eight hits of production as it is set, four pieces of the demo. A question that
several documents answer, each alone, has one relevant document, whichever comes first.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eval.checklist import asked
from eval.checklist.lab import Lab, Off
from eval.checklist.states import Figure, Finding, PathName, State, figure
from eval.ir_metrics import ranking_figures
from eval.metrics import documents_found
from eval.nulls import RandomRetrieval, random_retrieval
from eval.outcome import Outcome
from eval.run import outcome_of
from eval.statistics import average, difference, mean
from eval.suite import SEVERAL_DOCUMENTS, Case
from eval.target import SeenHit

RECALL, NDCG = "recall@5", "nDCG@10"
# The demo retrieves before its model says anything, so here it has one that costs nothing.
_SILENT = "sim:ttft0-itl0-len1"
ByCase: TypeAlias = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Compared:
    """What the rule looks at: recall, what chance would give, and how much more of each than dense search alone."""

    recall: Figure
    chance: float
    more_recall: Figure
    more_ndcg: Figure


async def measure(lab: Lab, path: PathName, off: Off = frozenset()) -> Finding:
    """The hits of the path, and of dense search alone in production. Fewer cases could not tell the two apart."""
    cases = asked.drawn(lab, answerable=True)
    naive = await asked.outcomes(lab, "naive", cases, off - {"hybrid"})
    if path == "demo":
        run = await asked.outcomes(lab, "demo", cases, model=_SILENT)
        return _finding(lab, run, naive, "It hands on four pieces, from every space, whoever asks. ")
    return _finding(lab, await asked.outcomes(lab, "hybrid", cases, off), naive)


async def null_control(lab: Lab) -> Finding:
    """Chunks drawn at random. Raises RuntimeError when they score otherwise than chance: then the scores are wrong."""
    cases = asked.drawn(lab, answerable=True)
    with lab.samples() as app:
        target = random_retrieval(app, lab.seed)
    run = [await outcome_of(target, case) for case in cases]
    found = _finding(lab, run, await asked.outcomes(lab, "naive", cases), "A random ranking scores what chance gives. ")
    recall, chance = found.figures[RECALL], found.figures["by chance"].value
    if not (recall.low or 0.0) <= chance <= (recall.high or 0.0):
        raise RuntimeError(f"a random ranking scores {recall.low} to {recall.high}, and chance is {chance}")
    return found


def judged(seen: Compared) -> State:
    """Pass: recall above chance and above dense search alone, each by its interval, and no loss of nDCG by its own."""
    if (seen.recall.low or 0.0) <= seen.chance or min(seen.more_recall.high or 0.0, seen.more_ndcg.high or 0.0) < 0:
        return "fail"
    return "pass" if (seen.more_recall.low or 0.0) > 0 else "cannot tell"


def ndcg_of(case: Case, hits: Sequence[SeenHit]) -> float:
    """nDCG@10 of the documents that the hits come from, each at its first hit."""
    alone = SEVERAL_DOCUMENTS not in case.tags
    needed = {name: "any" if alone else name for name in case.documents}
    ranked = list(dict.fromkeys(needed.get(hit.source, f"other {hit.source}") for hit in hits))
    return ranking_figures({"": ranked}, {"": dict.fromkeys(needed.values(), 1)})["ndcg@10"][0]


def chance_of(case: Case, target: RandomRetrieval, k: int = 5) -> float:
    """What recall@k is on average when the hits are chunks drawn at random from the spaces that are asked."""
    held = Counter(each.source for space in case.spaces for each in target.held.get(space, ()))
    counts = [held[document] for document in case.documents]
    if SEVERAL_DOCUMENTS not in case.tags:
        counts = [sum(counts)]
    total = sum(held.values())
    return sum(1.0 - math.comb(total - each, k) / math.comb(total, k) for each in counts) / len(counts)


def _finding(lab: Lab, run: Sequence[Outcome], naive: Sequence[Outcome], says: str = "") -> Finding:
    scores, before = _scores(run), _scores(naive)
    both = [case for case in scores if case in before]
    figures = {name: figure(mean([each[name] for each in scores.values()]), "score") for name in (RECALL, NDCG)}
    figures |= {
        f"{name} more than dense alone": asked.difference_figure(
            difference(average, [], ([before[case][name] for case in both], [scores[case][name] for case in both]))
        )
        for name in (RECALL, NDCG)
    }
    with lab.samples() as app:
        target = random_retrieval(app)
    chances = [chance_of(each.case, target) for each in asked.scored(run).values()]
    figures["by chance"] = Figure(round(sum(chances) / len(chances), 4), None, None, len(chances), "score")
    more = [figures[f"{name} more than dense alone"] for name in (RECALL, NDCG)]
    failed = asked.failures(run, naive)
    state = judged(Compared(figures[RECALL], figures["by chance"].value, *more))
    return Finding(asked.unless_failed(state, failed), figures, f"{says}{said(*more)}", failed)


def said(more_recall: Figure, more_ndcg: Figure) -> str:
    """What beside dense search alone is shown, and what is not."""
    words = {
        name: "more" if (each.low or 0.0) > 0 else "less" if (each.high or 0.0) < 0 else "not shown to be more"
        for name, each in ((RECALL, more_recall), (NDCG, more_ndcg))
    }
    return f"Beside dense search alone: {', '.join(f'{name} is {word}' for name, word in words.items())}."


def _scores(run: Sequence[Outcome]) -> ByCase:
    return {
        case: {
            RECALL: documents_found(each.case, each.seen.hits, 5),
            NDCG: ndcg_of(each.case, each.seen.hits),
        }
        for case, each in asked.scored(run).items()
    }
