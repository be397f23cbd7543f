"""Fits the weights of the extractive reader: `python -m eval.reader_fit SUITE EVIDENCE_FILE CHUNKING_FOLDER`.

A listwise softmax over all sentences of a question's hits, whose target is shared by the sentences that answer it
(Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", 2007). It learns on the split "tune" of
the suite, and on the tuning halves (eval.evidence) of the marked sentences and of the long texts with their gold
excerpts; every question counts once. Prints the weights, scaled so that the first two add up to 1, beside those in
use, and the mean reciprocal rank of the first sentence that answers, where those fitted are cross-validated. Changes
nothing.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from eval.chunking import found_in, indexed
from eval.chunking_set import Excerpts, read_chunking_set
from eval.evidence import marked
from eval.halves import tuned_on
from eval.statistics import Column, mean
from eval.suite import Case, plain, read_suite
from ingestion.pipeline import quiet
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app, open_encoder
from service.core.answers import Question, local_caller
from service.core.app import App
from service.core.settings import Settings, load_settings
from service.rag import pipeline, read
from service.rag.read import Evidence
from service.terminal import print_json

RIDGE = 1.0
"""How much a large weight costs, on features scaled to unit deviation."""
FOLDS = 6
# A quote may hold several sentences; one that is shorter than this is found in too many of them.
_SHORTEST = 9


@dataclass(frozen=True)
class Ranking:
    """The sentences of one question: features (sentences, features), and which of them answer."""

    group: str
    features: Column
    right: Column


def of_suite(app: App, folder: Path) -> Iterator[Ranking]:
    """The sentences of the tuning cases' hits; right is one that holds a quote of a relevant document."""
    asker = local_caller(app.settings.tenant)
    for case in read_suite(folder, "tune").cases:
        question = Question(case.question, asker, case.spaces)
        answer = asyncio.run(pipeline.answer(app, question))
        text = answer.rewritten or case.question
        ranked = read.evidence(text, app.encoder.embed_query(text), answer.hits)
        yield from _ranking("suite", ranked, [_quoted(case, each) for each in ranked])


def of_evidence(settings: Settings, path: Path) -> Iterator[Ranking]:
    """The sentences of the questions of the tuning half, right where people marked them."""
    encoder = open_encoder(settings)
    for each in marked(path, encoder):
        if tuned_on(each.question):
            ranked = read.evidence(each.question, encoder.embed_query(each.question), each.hits)
            yield from _ranking("evidence", ranked, [each.right(one) for one in ranked])


def of_excerpts(app: App, folder: Path) -> Iterator[Ranking]:
    """The sentences of the hits in long texts, right where they lie mostly in a gold excerpt or the other way round."""
    texts = indexed(app, (given := read_chunking_set(folder)), app.settings.splitter, quiet)
    for each in given.questions:
        if tuned_on(each.question):
            found = asyncio.run(found_in(app, texts.space, each.question))
            ranked = read.evidence(found.question, found.query, found.hits)
            of_corpus = [texts.names[one.document] == each.corpus and _in_excerpt(each, one) for one in ranked]
            yield from _ranking("excerpts", ranked, of_corpus)


def fitted(rankings: Sequence[Ranking]) -> Column:
    """The weights, scaled so that the first two add up to 1."""
    every = np.concatenate([each.features for each in rankings])
    deviation = every.std(axis=0) + 1e-9
    lengths = [len(each.right) for each in rankings]
    starts, question = np.r_[0, np.cumsum(lengths)[:-1]], np.repeat(np.arange(len(rankings)), lengths)
    target = np.concatenate([each.right / each.right.sum() for each in rankings])
    scaled = (every - every.mean(axis=0)) / deviation

    def loss(weights: Column) -> tuple[float, Column]:
        scores = scaled @ weights
        shifted = scores - np.maximum.reduceat(scores, starts)[question]
        total = np.add.reduceat(np.exp(shifted), starts)[question]
        gradient = RIDGE * weights - scaled.T @ (target - np.exp(shifted) / total)
        return float(RIDGE * weights @ weights / 2 - target @ (shifted - np.log(total))), gradient

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x / deviation
    return np.asarray(found / found[:2].sum())


def reciprocal_ranks(rankings: Sequence[Ranking], weights: Column) -> list[float]:
    """One over the place of the first sentence that answers, by question."""
    ordered = (each.right[np.argsort(-(each.features @ weights), kind="stable")] for each in rankings)
    return [float(1 / (np.flatnonzero(each)[0] + 1)) for each in ordered]


def cross_validated(rankings: Sequence[Ranking]) -> list[float]:
    """Reciprocal ranks with weights that were fitted on the other folds, in the order of the questions."""
    fold = np.random.default_rng(0).integers(0, FOLDS, len(rankings))
    found = np.zeros(len(rankings))
    for number in range(FOLDS):
        weights = fitted([each for each, at in zip(rankings, fold, strict=True) if at != number])
        held_out = [each for each, at in zip(rankings, fold, strict=True) if at == number]
        found[fold == number] = reciprocal_ranks(held_out, weights)
    return found.tolist()


def report(rankings: Sequence[Ranking]) -> dict[str, Any]:
    """The weights and the reciprocal ranks of each set. A question without a sentence that answers is left out."""
    in_use = np.fromiter(read.WEIGHTS.values(), float)
    weights = fitted(rankings)
    ranks = {"in_use": reciprocal_ranks(rankings, in_use), "cross_validated": cross_validated(rankings)}
    groups = sorted({each.group for each in rankings})
    return {
        "weights": {
            name: {"in_use": value, "fitted": round(float(found), 3)}
            for (name, value), found in zip(read.WEIGHTS.items(), weights, strict=True)
        },
        "mean_reciprocal_rank": {
            group: {
                name: asdict(mean([rank for each, rank in zip(rankings, values, strict=True) if each.group == group]))
                for name, values in ranks.items()
            }
            for group in groups
        },
    }


def _ranking(group: str, ranked: Sequence[Evidence], right: Sequence[bool]) -> Iterator[Ranking]:
    if any(right):
        yield Ranking(group, np.asarray([each.features for each in ranked], float), np.asarray(right, float))


def _quoted(case: Case, each: Evidence) -> bool:
    text = plain(each.hit.stored.text[each.sentence.start : each.sentence.end])
    return any(
        each.hit.stored.source == document
        and (plain(quote) in text or (text in plain(quote) and len(text) > _SHORTEST))
        for document, quote in case.relevant
    )


def _in_excerpt(asked: Excerpts, each: Evidence) -> bool:
    end = each.start + each.sentence.end - each.sentence.start
    return any(
        min(end, span.end) - max(each.start, span.start) > min(end - each.start, span.end - span.start) / 2
        for span in asked.spans
    )


def main(suite: Path, evidence: Path, texts: Path) -> None:
    """Fit on all three and print the report."""
    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="ragready-fit-") as scratch:
        ours = settings.model_copy(update={"data_folder": Path(scratch), "encoder_folder": settings.encoder_path})
        with open_app(ours, holder="the fit of the reader", writes=True) as app:
            for _ in ingest_spaces(app, read_suite(suite).corpus):
                pass
            rankings = [*of_suite(app, suite), *of_evidence(ours, evidence), *of_excerpts(app, texts)]
    print_json(report(rankings))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
