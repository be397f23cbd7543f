"""The metrics of a ranking, by ir-measures, which hands them to trec_eval. The only module that calls it.

Grades count as they are in nDCG, as in BEIR's own figures; a document is relevant from grade 1 on, one that nobody
judged is not. A ranking says the order, so that no two documents are equal. Nothing is averaged here.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import ir_measures
from ir_measures import AP, RR, R, nDCG

CUTS = (1, 5, 10, 20, 50, 100)
PASS_CUTS = (5, 10, 20)
RANKED = 10
"""nDCG and MRR look at so many documents."""
Grades: TypeAlias = Mapping[str, Mapping[str, int]]
_BY_NAME = {f"ndcg@{RANKED}": nDCG @ RANKED, "map": AP, **{f"recall@{cut}": R @ cut for cut in CUTS}}


def ranking_figures(rankings: Mapping[str, Sequence[str]], grades: Grades) -> dict[str, list[float]]:
    """Each metric of each ranking, best document first, in the order of `rankings`, from 0 to 1.

    `grades` has each query that was ranked, with a relevant document or more. A ranking without a document scores 0.
    `pass@k`, the share of the relevant documents in the first k, is recall@k by another name.
    """
    found = _calculated(_BY_NAME, rankings, grades)
    # trec_eval's reciprocal rank has no cut
    first = {query: ranked[:RANKED] for query, ranked in rankings.items()}
    found |= _calculated({f"mrr@{RANKED}": RR}, first, grades)
    return found | {f"pass@{cut}": found[f"recall@{cut}"] for cut in PASS_CUTS}


def _calculated(
    measures: Mapping[str, ir_measures.Measure], rankings: Mapping[str, Sequence[str]], grades: Grades
) -> dict[str, list[float]]:
    judged = {query: dict(grades[query]) for query in rankings}
    run = {
        query: {document: float(-place) for place, document in enumerate(ranked)} for query, ranked in rankings.items()
    }
    figures = {
        (each.measure, each.query_id): each.value
        for each in ir_measures.pytrec_eval.iter_calc(list(measures.values()), judged, run)
    }
    return {name: [float(figures[measure, query]) for query in rankings] for name, measure in measures.items()}
