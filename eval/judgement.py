"""What a judge says of an answer, and what it said that cannot be used. Two types: a failure is never a score.

A model is asked elsewhere. Scores by our rubrics are 0 or 1: people share a yes or no sooner than a place on a scale.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.core.errors import JudgementUnusable

Rubric: TypeAlias = Literal["correctness", "groundedness"]
RUBRICS: tuple[Rubric, ...] = get_args(Rubric)
"""Those with a prompt of ours, which people can label by; Ragas brings prompts of its own."""
Asked: TypeAlias = Literal["correctness", "groundedness", "faithfulness", "answer_relevancy"]
_FENCE = "```"
_SHOWN = 200


@dataclass(frozen=True)
class Rating:
    """A score with the judge's reason."""

    score: float
    reason: str


@dataclass(frozen=True)
class NoRating:
    """A judgement that failed: the error's stable code and what it said. It is in no mean."""

    code: str
    detail: str


@dataclass(frozen=True)
class Judgement:
    """What one judge said of one answer by one rubric, each time that it was asked, and the tokens that this took."""

    rubric: Asked
    ratings: tuple[Rating | NoRating, ...]
    tokens: int = 0

    @property
    def scores(self) -> list[float]:
        """The scores of the times that gave one."""
        return [each.score for each in self.ratings if isinstance(each, Rating)]

    @property
    def failures(self) -> list[NoRating]:
        """The times that gave none."""
        return [each for each in self.ratings if isinstance(each, NoRating)]

    @property
    def score(self) -> float | None:
        """The median of the scores, the lower one of two; None unless more than half of the times gave one."""
        return median_low(self.scores) if 2 * len(self.scores) > len(self.ratings) else None

    @property
    def reason(self) -> str:
        """The first reason that was given for the score, or why there is none."""
        if self.score is None:
            return f"{self.failures[0].code}: {self.failures[0].detail}"
        return next(each.reason for each in self.ratings if isinstance(each, Rating) and each.score == self.score)


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    score: Annotated[int, Field(ge=0, le=1)]


def rating(text: str) -> Rating:
    """The rating that a judge wrote: one JSON object, which may stand in a code fence. Raises JudgementUnusable."""
    body = unfenced(text)
    try:
        found = _Written.model_validate(json.loads(body, object_pairs_hook=_each_once))
    except (ValueError, RecursionError) as error:  # no JSON, or not the object that was asked for
        raise unusable(body, error) from error
    return Rating(found.score, found.reason)


def unfenced(text: str) -> str:
    """What stands in a code fence that is all there is, else the text."""
    body = text.strip()
    fenced = body.startswith(_FENCE) and body.endswith(_FENCE)
    return body.strip("`").removeprefix("json").strip() if fenced else body


def unusable(written: str, error: Exception) -> JudgementUnusable:
    """What to raise for a text that is not of the form that was asked for."""
    why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    remedy = "Choose a model that keeps to the form that it is asked for."
    return JudgementUnusable(f"The judge wrote {written[:_SHOWN]!r}: {why}.", remedy)


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a key stands there twice")
    return dict(pairs)
