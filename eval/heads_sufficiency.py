"""What the sufficiency head learns from: the product's own questions, abstention files, and retrieval sets."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval import passages
from eval.beir import read_retrieval_set
from eval.detect import HITS, abstention_cases
from eval.fit import Example, Line, line, out_of_fold, out_of_fold_probabilities, probabilities, scale
from eval.halves import tuned_on
from eval.head_file import auc_of, head_file
from eval.leakage import Detector
from eval.metrics import accepted
from eval.statistics import calibration_error, estimate
from eval.suite import Case, read_suite
from eval.target import InProcess
from service.core.answers import Hit, Question
from service.core.app import App
from service.core.embedder import Encoder
from service.core.types import QueryVectors
from service.rag import pipeline, read
from service.rag.sufficiency import SIGNS, measured

# How much one case of each kind counts: the product's own questions are few and are what a head is for.
FILE_WEIGHT, RETRIEVAL_WEIGHT = 0.3, 0.05


@dataclass(frozen=True)
class Asked:
    """A case that the product was asked with nothing declined, and whether its answer was right."""

    example: Example
    right: bool


def fit(app: App, detector: Detector, suite: Path, files: Sequence[Path], sets: Sequence[Path]) -> dict[str, Any]:
    """The head as its file holds it. `app` serves the suite's corpus and declines nothing."""
    cases = read_suite(suite).cases
    golden = [each.question for each in cases if each.split != "tune"]
    asked = asyncio.run(asked_of(app, [each for each in cases if each.split == "tune"]))
    public = {path.stem: list(_of_file(app.encoder, path)) for path in files}
    public |= {folder.name: list(_of_set(app.encoder, folder)) for folder in sets}
    learnt = [*(each.example for each in asked), *(one for some in public.values() for one in some)]
    leaked = detector.repeated((each.group for each in learnt), golden)
    own = [each for each in asked if each.example.group not in leaked]
    also = [one for some in public.values() for one in some if tuned_on(one.group) and one.group not in leaked]
    made = line([*(each.example for each in own), *also], SIGNS)
    trained = {suite.name: len(own)} | {name: sum(one in also for one in some) for name, some in public.items()}
    report = {
        f"auc, {name}, report": auc_of(made, [one for one in some if not tuned_on(one.group)])
        for name, some in public.items()
    }
    card = {"trained_on": trained, "leaked": len(leaked), "figures": report}
    return _calibrated(app, made, own, also, card)


def _calibrated(
    app: App, made: Line, own: Sequence[Asked], also: Sequence[Example], card: dict[str, Any]
) -> dict[str, Any]:
    """With its scales, fitted on the scores of the suite's questions by lines that had not seen them.

    The confidence is that in answers that the settings' threshold lets through; its error is of scales that had not
    seen the answers.
    """
    mine = [each.example for each in own]
    scores = out_of_fold(mine, also, lambda some: line(some, SIGNS))
    sufficient = scale(scores.tolist(), [each.positive for each in mine], balanced=True)
    shown = np.asarray(probabilities(scores.tolist(), sufficient)) >= app.settings.evidence_threshold
    right = [each.right for each, kept in zip(own, shown, strict=True) if kept]
    confidence = scale(scores[shown].tolist(), right)
    said = out_of_fold_probabilities(scores[shown].tolist(), right)
    figures = {
        "auc, suite, out of fold": auc_of(scores, mine),
        "calibration error, suite, out of fold": estimate(
            calibration_error, [np.where(right, said, np.negative(said))]
        ),
    }
    card = {**card, "figures": figures | card["figures"]}
    return head_file(made, {"sufficient": sufficient, "right": confidence}, [*mine, *also], app.encoder, card)


async def asked_of(app: App, cases: Sequence[Case]) -> list[Asked]:
    """The cases as the product answers them, in order. `app` declines nothing and has no cache."""
    target = InProcess(app)
    found: list[Asked] = []
    for case in cases:
        reader = target.reader_of(case.spaces)
        answer = await pipeline.answer(app, Question(case.question, reader, case.spaces))
        question = answer.rewritten or case.question
        example = _example(question, app.encoder.embed_query(question), answer.hits, case.answerable, 1.0)
        found.append(Asked(example, case.answerable and accepted(case, answer.text)))
    return found


def _of_file(encoder: Encoder, path: Path) -> Iterator[Example]:
    for case in abstention_cases(path):
        query = encoder.embed_query(case["question"])
        found = passages.embedded(encoder, [(each.get("title", ""), each["text"]) for each in case["passages"]])
        yield _example(case["question"], query, passages.hits(query, found, HITS), case["answerable"], FILE_WEIGHT)


def _of_set(encoder: Encoder, folder: Path) -> Iterator[Example]:
    """Each query twice: with its passage, where that is among the hits, and with its passages taken away."""
    given = read_retrieval_set(folder)
    found = passages.embedded(encoder, [(each.title, each.text) for each in given.documents])
    for asked in given.judged:
        right = {name for name, grade in given.grades[asked.id].items() if grade > 0}
        places = {str(place) for place, each in enumerate(given.documents) if each.id in right}
        query = encoder.embed_query(asked.text)
        hits = passages.hits(query, found, HITS)
        if any(each.stored.source in places for each in hits):
            yield _example(asked.text, query, hits, True, RETRIEVAL_WEIGHT)
        without = passages.hits(query, [each for each in found if each.stored.source not in places], HITS)
        yield _example(asked.text, query, without, False, RETRIEVAL_WEIGHT)


def _example(question: str, query: QueryVectors, hits: Sequence[Hit], positive: bool, weight: float) -> Example:
    ranked = read.evidence(question, query, hits)
    return Example(measured(question, query, hits, ranked).features, positive, weight, question)
