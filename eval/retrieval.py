"""Scores retrieval on a set in BEIR's layout, beside dense search, BM25, their fusion and a BM25 library if wanted.

Documents go through the product's own splitting and index; a document ranks where its best chunk does. Nothing is read,
judged or cited.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from eval.beir import RetrievalSet, Text, read_retrieval_set
from eval.bm25 import Bm25
from eval.halves import HALVES, half_of
from eval.ir_metrics import CUTS, RANKED, Grades, ranking_figures
from eval.statistics import average, difference, mean
from ingestion.pipeline import Progress
from ingestion.prepare import Prepared, chunks_of
from ingestion.write import CHUNKS_A_BATCH, embedded, put
from service.core.app import App
from service.core.controls import ControlName
from service.core.errors import InvalidSuite, RagreadyError, UnknownStrategy
from service.core.names import content_hash, document_id
from service.core.types import Document, Index, Space
from service.rag import guard, retrieve
from service.rag.access import Reach
from service.rag.controls import Controls

SPACE = "beir"
RRF = 60
"""The constant of reciprocal rank fusion: Cormack, Clarke and Büttcher (2009)."""
STRATEGIES = {"hybrid": (retrieve.fused, retrieve.reranked), "naive": (retrieve.nearest, retrieve.best)}
"""What searches and what orders, as service.rag.strategies have it: here candidates beyond the hits are ranked too."""
Rankings: TypeAlias = dict[str, dict[str, list[str]]]
OFF: frozenset[ControlName] = frozenset({"duplicates"})
"""Judgements know nothing of copies: where a set holds a passage twice, under two ids, one of the two is judged."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a set: a strategy, one of HALVES or None for every query, and whether baselines rank too."""

    strategy: str = "hybrid"
    half: str | None = None
    baselines: bool = False


async def evaluate(app: App, folder: Path, asked: Asked, progress: Progress) -> dict[str, Any]:
    """Index the corpus into the empty data folder of `app`, ask every judged query, and score the rankings.

    Raises PathMissing and InvalidSuite naming the file, or the half.
    """
    started = time.perf_counter()
    if asked.half not in (None, *HALVES):
        raise InvalidSuite(f"There is no half {asked.half!r}.", f"Halves: {', '.join(HALVES)}.")
    given = read_retrieval_set(folder)
    if asked.strategy not in STRATEGIES:
        raise UnknownStrategy(f"No ranking is by {asked.strategy!r}.", f"There are {', '.join(STRATEGIES)}.")
    space = app.records.ensure_space(app.settings.tenant, SPACE, app.recipe)
    names = _index_corpus(app, space.index, given.documents, progress)
    rankings, failures = await _ranked(app, space, names, given, asked, progress)
    ours = rankings.pop(asked.strategy, {})
    return {
        "metrics": _metrics(ours, given.grades),
        "baselines": {name: _beside(ours, theirs, given.grades) for name, theirs in rankings.items()},
        "n": len(ours),
        "failed": len(failures),
        "skipped": len(given.queries) - len(given.judged),
        "failures": failures,
        "corpus": content_hash((folder / "corpus.jsonl").read_bytes())[:12],
        "strategy": asked.strategy,
        "half": asked.half,
        "controls_off": sorted(app.settings.controls_off | OFF),
        "seconds": round(time.perf_counter() - started, 2),
    }


async def _ranked(
    app: App, space: Space, names: Mapping[str, str], given: RetrievalSet, asked: Asked, progress: Progress
) -> tuple[Rankings, list[dict[str, str]]]:
    """The set's ids, best first, by ranking and query; and the queries that could not be asked, in no ranking."""
    queries = [each for each in given.judged if asked.half in (None, half_of(each.text))]
    yardstick = Bm25(given.documents) if asked.baselines else None
    rankings: Rankings = defaultdict(dict)
    failures: list[dict[str, str]] = []
    for done, each in enumerate(queries, 1):
        progress(done, len(queries), each.id)
        try:
            for name, ranked in (await _rankings(app, space, each.text, asked)).items():
                rankings[name][each.id] = [names[one] for one in ranked][: max(CUTS)]
        except RagreadyError as error:
            failures.append({"id": each.id, "error": f"{error.code}: {error.detail}"})
            continue
        if yardstick:
            rankings["bm25s"][each.id] = yardstick.ranked(each.text, max(CUTS))
    return rankings, failures


def _beside(ours: Mapping[str, list[str]], theirs: Mapping[str, list[str]], grades: Grades) -> dict[str, Any]:
    """nDCG@10 of a baseline, and how much more ours is on the same queries."""
    before, after = (
        ranking_figures({query: ranked[query] for query in ours}, grades)[f"ndcg@{RANKED}"] for ranked in (theirs, ours)
    )
    more = difference(average, [], (before, after))
    return {"ndcg@10": asdict(mean(before)), "more": {"delta": more.delta, "low": more.low, "high": more.high}}


def _metrics(rankings: Mapping[str, list[str]], grades: Grades) -> dict[str, Any]:
    return {name: asdict(mean(values)) for name, values in ranking_figures(rankings, grades).items()}


def _index_corpus(app: App, index: Index, corpus: Sequence[Text], progress: Progress) -> dict[str, str]:
    """Write every document as it is, without gates and policies; returns the corpus' own id by ours."""
    batch: list[Prepared] = []
    for done, each in enumerate(corpus, 1):
        progress(done, len(corpus), each.id)
        document = _document(index, each)
        batch.append(Prepared(document, chunks_of(app, document)))
        if sum(len(one.chunks) for one in batch) >= CHUNKS_A_BATCH or done == len(corpus):
            fresh = embedded(app, batch)
            for prepared in filter(lambda one: one.chunks, batch):
                put(app, index, prepared, fresh)
            batch = []
    return {document_id(index.tenant, index.space, each.id): each.id for each in corpus}


def _document(index: Index, each: Text) -> Document:
    """A text of the set; one that has only a title is the title's."""
    identity = document_id(index.tenant, index.space, each.id)
    body = each.text or each.title
    hashed = content_hash(body.encode())
    return Document(identity, index.tenant, index.space, each.id, each.title, body, "text/plain", hashed)


async def _rankings(app: App, space: Space, question: str, asked: Asked) -> dict[str, list[str]]:
    """Our ids of documents, best first, each once, by the strategy and by each baseline."""
    text = guard.checked_question(question, max_characters=len(question))
    query, reach = app.encoder.embed_query(text), Reach((space,))
    search, order = STRATEGIES[asked.strategy]
    found = await search(app, reach, text, query)
    hits = await order(app, found, Controls(app.settings.controls_off | OFF, app.telemetry))
    scores = {asked.strategy: [*(hit.stored.chunk.id for hit in hits), *found.scores]}
    if asked.baselines:
        dense = list((await retrieve.nearest(app, reach, text, query)).scores)
        words = [each.chunk_id for each in app.records.search([space.index], text, app.settings.candidates)[0]]
        scores |= {"dense": dense, "bm25": words, "rrf": reciprocal_ranks(dense, words)}
    documents = app.records.documents_of(space.index, [chunk for ranked in scores.values() for chunk in ranked])
    return {
        name: list(dict.fromkeys(documents[chunk] for chunk in ranked if chunk in documents))
        for name, ranked in scores.items()
    }


def reciprocal_ranks(*rankings: Sequence[str]) -> list[str]:
    """What several rankings say together: each gives its n-th 1 / (RRF + n)."""
    scores: dict[str, float] = defaultdict(float)
    for ranked in rankings:
        for place, each in enumerate(ranked, 1):
            scores[each] += 1 / (RRF + place)
    return sorted(scores, key=lambda each: (-scores[each], each))
