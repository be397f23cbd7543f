"""Scores retrieval on a set in BEIR's layout.

Documents go through the product's own splitting and index; a document ranks where its best chunk does. Nothing is read,
judged or cited.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.beir import Text, read_retrieval_set
from eval.metrics import average_precision, ndcg, recall, reciprocal_rank
from eval.statistics import mean
from ingestion.pipeline import Progress
from ingestion.prepare import Prepared, chunks_of
from ingestion.write import CHUNKS_A_BATCH, embedded, put
from service.core.app import App
from service.core.controls import ControlName
from service.core.errors import RagreadyError
from service.core.names import content_hash, document_id
from service.core.types import Document, Index
from service.rag import guard, rank, retrieve, strategies
from service.rag.controls import Controls

SPACE = "beir"
CUTS = (1, 5, 10, 20, 50, 100)
PASS_CUTS = (5, 10, 20)
OFF: frozenset[ControlName] = frozenset({"duplicates"})
"""Judgements know nothing of copies: where a set holds a passage twice, under two ids, one of the two is judged."""


async def evaluate(app: App, folder: Path, strategy: str, progress: Progress) -> dict[str, Any]:
    """Index the corpus into the empty data folder of `app`, ask every judged query, and score the rankings.

    Raises PathMissing and InvalidSuite naming the file.
    """
    started = time.perf_counter()
    given = read_retrieval_set(folder)
    strategies.checked(strategy)
    index = app.records.ensure_space(app.settings.tenant, SPACE, app.recipe).index
    names = _index_corpus(app, index, given.documents, progress)
    rankings: dict[str, list[str]] = {}
    failures: list[dict[str, str]] = []
    for done, each in enumerate(given.judged, 1):
        progress(done, len(given.judged), each.id)
        try:
            rankings[each.id] = await _ranking(app, index, each.text, strategy, names)
        except RagreadyError as error:
            failures.append({"id": each.id, "error": f"{error.code}: {error.detail}"})
    return {
        "metrics": _metrics(rankings, given.grades),
        "n": len(rankings),
        "failed": len(failures),
        "skipped": len(given.queries) - len(given.judged),
        "failures": failures,
        "corpus": content_hash((folder / "corpus.jsonl").read_bytes())[:12],
        "strategy": strategy,
        "controls_off": sorted(app.settings.controls_off | OFF),
        "seconds": round(time.perf_counter() - started, 2),
    }


def _metrics(rankings: Mapping[str, list[str]], grades: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    pairs = [(ranked, grades[query]) for query, ranked in rankings.items()]
    recalls = {cut: mean([recall(ranked, graded, cut) for ranked, graded in pairs]) for cut in CUTS}
    estimates = {
        "ndcg@10": mean([ndcg(ranked, graded, 10) for ranked, graded in pairs]),
        "mrr@10": mean([reciprocal_rank(ranked, graded, 10) for ranked, graded in pairs]),
        "map": mean([average_precision(ranked, graded) for ranked, graded in pairs]),
        **{f"recall@{cut}": each for cut, each in recalls.items()},
        **{f"pass@{cut}": recalls[cut] for cut in PASS_CUTS},
    }
    return {name: asdict(each) for name, each in estimates.items()}


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
    identity = document_id(index.tenant, index.space, each.id)
    hashed = content_hash(each.text.encode())
    return Document(identity, index.tenant, index.space, each.id, each.title, each.text, "text/plain", hashed)


async def _ranking(app: App, index: Index, question: str, strategy: str, names: Mapping[str, str]) -> list[str]:
    """The corpus' ids, best first, each once, at most the largest cut."""
    text = guard.checked_question(question, max_characters=len(question))
    query = app.encoder.embed_query(text)
    found = await retrieve.search(app, [index], text, query)
    controls = Controls(app.settings.controls_off | OFF, app.telemetry)
    hits = await retrieve.ranked_hits(app, found, query, strategy, controls)
    best = [hit.stored.chunk.document_id for hit in hits]
    scores = found.dense if strategy == "naive" else rank.fused(found.dense, found.lexical)
    stored = app.records.chunks([index], list(scores))
    best += [stored[chunk].chunk.document_id for chunk in scores if chunk in stored]
    return [names[each] for each in dict.fromkeys(best)][: max(CUTS)]
