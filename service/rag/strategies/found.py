"""What a strategy hands to the rest of the path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.core.answers import Hit
from service.core.types import QueryVectors, StoredChunk


@dataclass(frozen=True)
class Part:
    """A question that is part of the one asked, its vectors, and the hits for it, best first."""

    question: str
    query: QueryVectors
    hits: Sequence[Hit]


@dataclass(frozen=True)
class Found:
    """The question as it was understood, its vectors, and the hits, best first.

    `parts` are what the question was split into, if it was; their hits are among `hits`. `degraded` names what was
    given up.
    """

    question: str
    query: QueryVectors
    hits: Sequence[Hit]
    parts: tuple[Part, ...] = ()
    degraded: tuple[str, ...] = ()

    def showing(self, hits: Sequence[Hit]) -> "Found":
        """The same with the hits, also those of the parts, as a control lets them through."""
        stored = {each.stored.chunk.id: each.stored for each in hits}
        parts = tuple(replace(part, hits=_showing(part.hits, stored)) for part in self.parts)
        return replace(self, hits=hits, parts=parts)


def _showing(hits: Sequence[Hit], stored: Mapping[str, StoredChunk]) -> Sequence[Hit]:
    return [replace(each, stored=stored[each.stored.chunk.id]) for each in hits if each.stored.chunk.id in stored]
