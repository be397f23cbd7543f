"""Judges, labels and ratings as the tests of judged scores need them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from eval.answer_labels import Labelled
from eval.biases import Biases, Rated, biases_of
from eval.calibration import Calibration, Standing, Subject, calibration, keep
from eval.judge import Submission, rubric_prompt
from eval.judgement import Judgement, NoRating, Rating, Rubric

MODEL, OTHER = "openai:judge", "openai:other"
FAILED = NoRating("judgement-unusable", "prose")


class Saying:
    """A chat model that says these texts in turn, the last one again and again, and keeps what it was asked."""

    simulated = False

    def __init__(self, *texts: str, name: str = MODEL) -> None:
        self.name = name
        self.texts = texts
        self.asked: list[tuple[str, str]] = []

    async def stream(self, system: str, user: str) -> AsyncIterator[str]:
        self.asked.append((system, user))
        yield self.texts[min(len(self.asked), len(self.texts)) - 1]


def rated(
    label: int, scores: Sequence[int | None], turned: int | None = None, answer: str = "It lasts.", model: str = OTHER
) -> Rated:
    """An answer that a person labelled, with the score of each time that a judge was asked, None where it failed."""
    ratings = tuple(FAILED if score is None else Rating(score, "why") for score in scores)
    again = ratings[0] if turned is None else Rating(turned, "why")
    return Rated(
        Labelled(Submission("How long?", answer, ("24 months",)), label, model),
        Judgement("correctness", ratings),
        again,
    )


def calibrated(ratings: Iterable[Rated], rubric: Rubric = "correctness", **subject: Any) -> Calibration:
    """The calibration that these ratings make."""
    ours = {"model": MODEL, "prompt": rubric_prompt(rubric).id, "labels": "abcd", "at": "2026-01-01", "repeats": 2}
    return calibration(Subject(rubric=rubric, **{**ours, **subject}), list(ratings))


def standing(word: Standing, rubric: Rubric = "correctness") -> Calibration:
    """A calibration of this standing, made from ratings that deserve it."""
    wrong = {"calibrated": 0, "uncalibrated": 24, "refused": 60}[word]
    found = calibrated([rated(n % 2, [n % 2 if n >= wrong else (n // 2) % 2] * 2) for n in range(60)], rubric)
    assert found.standing == word, found
    return found


def suite_with(folder: Path, *found: Calibration) -> Path:
    """A suite's folder that holds calibrations."""
    for each in found:
        keep(folder / "judge", each)
    return folder


def swayed(ratings: Iterable[Rated]) -> Biases:
    """What sways a judge that rated so."""
    return biases_of(MODEL, list(ratings))
