"""Finds personal data by Presidio's patterns: mail and network addresses, accounts, cards, telephones, ids.

Names, places and organisations are not looked for here; a recogniser of the operator's own can be added for them.
"""

import threading
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from service.core.recognisers import Recogniser, added, recognisers

# A long text is read in pieces: most of them hold nothing that is worth a recogniser, and the search for telephones
# gives up, without a word, after 65,535 numbers that are none.
_PIECE_CHARACTERS = 4_000
# Read on both sides of a piece, so that neither a value nor the words before it are cut: no value is longer.
_MARGIN_CHARACTERS = 500


@dataclass(frozen=True)
class PersonalSpan:
    """Personal data at `text[start:end]`, with Presidio's name of its type, such as IBAN_CODE."""

    type: str
    start: int
    end: int


def masked(text: str, spans: Sequence[PersonalSpan], form: str = "<{}>") -> str:
    """The text with each span replaced by its type; the spans stand in reading order and do not overlap."""
    for each in reversed(spans):
        text = text[: each.start] + form.format(each.type) + text[each.end :]
    return text


class PersonalData(Hashable, Protocol):
    """What the guards need of an engine. Blocks; whatever it raises means that nothing could be checked."""

    def find(self, text: str) -> list[PersonalSpan]:
        """Spans in reading order, none of which overlap."""


class Patterns:
    """Presidio's patterns, loaded at the first use or by `load`; whoever asks meanwhile waits.

    `more` names recognisers beside them, each as `module:attribute`.
    """

    def __init__(self, more: Sequence[str] = ()) -> None:
        self._more = tuple(more)
        self._loading = threading.Lock()
        self._recognisers: Sequence[Recogniser] = ()

    def load_ahead(self) -> None:
        """Load on a thread, so that the first question need not wait."""
        threading.Thread(target=self._load_ahead, name="personal-data").start()

    def _load_ahead(self) -> None:
        # what cannot be imported now cannot be when a question comes, and that question is refused with the reason
        with suppress(ImportError):
            self.load()

    def load(self) -> None:
        """Load now, once; takes .3 s. Raises ImportError."""
        with self._loading:
            self._recognisers = self._recognisers or (*recognisers(), *added(self._more))

    def types(self) -> frozenset[str]:
        """The names of what is looked for. Raises ImportError."""
        self.load()
        return frozenset(name for each in self._recognisers for name in each.types)

    def find(self, text: str) -> list[PersonalSpan]:
        """Spans in reading order; where two overlap, both are one span of the more trusted type."""
        if not self._recognisers:
            self.load()
        return _apart(each for start, end in _pieces(len(text)) for each in self._matches(text, start, end))

    def _matches(self, text: str, start: int, end: int) -> Iterator[tuple[float, PersonalSpan]]:
        """Scores and spans that begin in a piece of the text."""
        before = max(0, start - _MARGIN_CHARACTERS)
        piece = text[before : end + _MARGIN_CHARACTERS]
        for recogniser in self._recognisers:
            for each in recogniser.matches(piece):
                if start <= before + each.start < end:
                    yield each.score, PersonalSpan(each.entity_type, before + each.start, before + each.end)


def _pieces(length: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, _PIECE_CHARACTERS):
        yield start, min(length, start + _PIECE_CHARACTERS)


def _apart(found: Iterable[tuple[float, PersonalSpan]]) -> list[PersonalSpan]:
    """Overlapping spans joined; the type is that of the highest score, of equal ones that of the first recogniser."""
    apart: list[tuple[float, PersonalSpan]] = []
    for score, span in sorted(found, key=lambda each: each[1].start):
        if apart and span.start < apart[-1][1].end:
            before_score, before = apart.pop()
            best = before if before_score >= score else span
            apart.append((max(score, before_score), replace(best, start=before.start, end=max(before.end, span.end))))
        else:
            apart.append((score, span))
    return [span for _, span in apart]
