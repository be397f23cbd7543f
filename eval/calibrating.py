"""Puts labelled answers before a judge, several times and in another order, and says what it is worth."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.answer_labels import Labelled, identity, labelled
from eval.biases import Rated
from eval.calibration import Calibration, Subject, calibration
from eval.case_lines import outcome_of_line
from eval.judge import Judge, judgement, rated, rubric_prompt
from eval.judgement import RUBRICS, Rubric
from eval.judging import context
from eval.outcome import Scored
from eval.record import read_run
from eval.suite import Suite
from ingestion.pipeline import Progress, quiet
from service.core.errors import ModelUnavailable


def calibrations(judge: Judge, path: Path, at_once: int = 1, progress: Progress = quiet) -> list[Calibration]:
    """What the judge is worth by each rubric that a file has labels for. Raises PathMissing, InvalidSuite.

    Raises ModelUnavailable where the judge rated nothing at all, since then nothing was measured.
    """
    return asyncio.run(measured(judge, labelled(path), at_once, progress))


async def measured(
    judge: Judge, labels: Mapping[Rubric, Sequence[Labelled]], at_once: int = 1, progress: Progress = quiet
) -> list[Calibration]:
    """As `calibrations`, of labels that are read."""
    return [await _measured(judge, rubric, labels[rubric], at_once, progress) for rubric in RUBRICS if rubric in labels]


async def _measured(
    judge: Judge, rubric: Rubric, answers: Sequence[Labelled], at_once: int, progress: Progress
) -> Calibration:
    found: dict[int, Rated] = {}
    waiting = iter(enumerate(answers))

    async def work() -> None:
        for place, each in waiting:  # the workers share the iterator: each takes the next answer that nobody has taken
            found[place] = await _rated(judge, rubric, each)
            progress(len(found), len(answers), rubric)

    await asyncio.gather(*(work() for _ in range(at_once)))
    ratings = [found[place] for place in range(len(answers))]
    failures = [failure for each in ratings for failure in each.judgement.failures]
    if len(failures) == judge.repeats * len(ratings) and {each.code for each in failures} == {ModelUnavailable.code}:
        raise ModelUnavailable(failures[0].detail, "Check the judge's key and address.")
    subject = Subject(
        model=judge.name,
        rubric=rubric,
        prompt=rubric_prompt(rubric).id,
        labels=identity(answers),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        repeats=judge.repeats,
    )
    return calibration(subject, ratings)


async def _rated(judge: Judge, rubric: Rubric, answer: Labelled) -> Rated:
    given = await judgement(judge, rubric, answer.submission)
    turned, _ = await rated(judge, rubric, answer.submission, turned=True)
    return Rated(answer, given, turned)


def to_label(run: Path, suite: Suite) -> list[dict[str, Any]]:
    """The answers of a run that a person can label, as lines of a file. Raises PathMissing, InvalidRun."""
    cases = {case.id: case for case in suite.cases}
    outcomes = [outcome_of_line(line, cases[line["id"]]) for line in read_run(run).lines if line["id"] in cases]
    return [
        {
            "id": each.case.id,
            "question": each.case.question,
            "answer": each.seen.text,
            "references": [list(part) for part in each.case.parts],
            "context": list(context(each.seen)),
            "model": each.seen.model,
        }
        for each in outcomes
        if isinstance(each, Scored) and each.seen.text.strip() and not each.seen.abstained
    ]
