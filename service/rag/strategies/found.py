"""What a strategy hands to the rest of the path."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.answers import Hit
from service.core.types import QueryVectors


@dataclass(frozen=True)
class Part:
    """A question that is part of the one asked, and its vectors."""

    question: str
    query: QueryVectors


@dataclass(frozen=True)
class Found:
    """The question's vectors and the hits, best first. `parts` are what the question was split into, if it was."""

    query: QueryVectors
    hits: Sequence[Hit]
    parts: tuple[Part, ...] = ()
