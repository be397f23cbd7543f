"""What became of a case: scored, failed, or skipped. Three types, so that no failure is ever a zero or goes unseen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from eval.judgement import Judgement
from eval.suite import Case
from eval.target import Seen


@dataclass(frozen=True)
class Scored:
    """A case that was answered or declined, with every figure that could be had of it, and why one is not full.

    `judgements` are what a judge said, those that failed too, of which there is no figure.
    """

    case: Case
    seen: Seen
    scores: Mapping[str, float]
    reasons: Mapping[str, str] = field(default_factory=dict)
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A case that raised: the error's stable code and what it said. It is in no mean."""

    case: Case
    code: str
    detail: str


@dataclass(frozen=True)
class Skipped:
    """A case that was not asked, and why."""

    case: Case
    reason: str


Outcome: TypeAlias = Scored | Failed | Skipped
