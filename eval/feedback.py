"""Questions from bad feedback: of lines of {question, answer, rating, comment, trace_id} the bad ones are proposed.

The service keeps no feedback; the lines come from wherever it was collected. Personal data that patterns find is
masked, since a golden set is committed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.proposals import Proposal
from eval.suite import read_lines
from service.core.errors import InvalidSuite
from service.core.personal import PersonalData, masked

BAD: frozenset[object] = frozenset(("bad", "down", "-1", "0", "false"))
GOOD: frozenset[object] = frozenset(("good", "up", "1", "true"))


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    question: str = Field(min_length=1)
    rating: str | int | bool
    answer: str = ""
    comment: str = ""
    trace_id: str = ""


def from_feedback(path: Path, space: str, personal: PersonalData) -> list[Proposal]:
    """A proposal for each bad line, without an answer: what is right is for a person to say.

    Raises PathMissing, and InvalidSuite naming the line for a rating that is neither good nor bad.
    """
    return [_proposal(each, space, personal) for each in _bad(path)]


def _bad(path: Path) -> Iterator[_Line]:
    for number, text in read_lines(path):
        try:
            line = _Line.model_validate(_parsed(text))
        except (ValidationError, json.JSONDecodeError) as error:
            raise InvalidSuite(
                f"{path}, line {number} is no feedback: {type(error).__name__}.", "A line has question and rating."
            ) from error
        rating = str(line.rating).lower()
        if rating not in BAD | GOOD:
            raise InvalidSuite(
                f"{path}, line {number} has the rating {line.rating!r}.",
                "Ratings are good, up, true or 1; bad, down, false, 0 or -1.",
            )
        if rating in BAD:
            yield line


def _parsed(text: str) -> Any:
    return json.loads(text)


def _proposal(line: _Line, space: str, personal: PersonalData) -> Proposal:
    def clean(text: str) -> str:
        return masked(text, personal.find(text))

    said = [f"answered: {clean(line.answer)}" if line.answer else "", clean(line.comment)]
    trace = f"trace {line.trace_id}" if line.trace_id else ""
    note = "; ".join(each for each in (*said, trace) if each)
    return Proposal(clean(line.question.strip()), "feedback", answerable=False, space=space, note=note)
