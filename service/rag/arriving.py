"""Takes the sentences out of a text while it is still coming, each as soon as its end is certain.

A sentence ends where the next one begins, or behind the number of its source and a full stop. What a sentence says and
rests on is not looked at.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from service.core.sentences import sentences

# [1], [1, 2]; a bracket before a parenthesis is a link and no citation
MARK = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\](?!\()"
_BEHIND_ITS_SENTENCE = re.compile(rf"([.!?])((?:\s*{MARK})+)")
_MARKED_END = re.compile(rf"{MARK}[.!?]\s*$")
# Without one of these nothing can have ended, and the text is not looked at again.
_MAY_END = re.compile(r"[.!?。！？…\n]")
# What may become a mark that belongs to the sentence before it.
_HALF_MARK = re.compile(r"\[[\d\s,;]*\]?$")


@dataclass(frozen=True)
class Sentence:
    """A sentence as it was written, and when its last character came: a time.perf_counter."""

    text: str
    came_at: float


class Arriving:
    """A text that comes in pieces."""

    def __init__(self) -> None:
        self._text = ""
        self._arrivals: list[tuple[int, float]] = []

    def take(self, piece: str) -> list[Sentence]:
        """Add a piece; returns the sentences that are complete with it."""
        self._text += piece
        self._arrivals.append((len(self._text), time.perf_counter()))
        if not _MAY_END.search(self._text):
            return []
        text, places = _places(self._text)
        if places and not _MARKED_END.search(self._text):
            del places[-1]
        if not places or _HALF_MARK.fullmatch(self._text[places[-1][1] :].strip()):
            return []
        return self._taken(text, places)

    def rest(self) -> list[Sentence]:
        """The sentences that are left when nothing more comes."""
        return self._taken(*_places(self._text))

    def _taken(self, text: str, places: list[tuple[int, int]]) -> list[Sentence]:
        found = [Sentence(text[start:end], self._came_at(end)) for start, end in places]
        end = places[-1][1] if places else 0
        self._text = self._text[end:]
        self._arrivals = [(place - end, at) for place, at in self._arrivals if place > end]
        return found

    def _came_at(self, end: int) -> float:
        return next(at for place, at in self._arrivals if place >= end)


def _places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with each citation before its full stop, which moves no other character, and its sentences' places.

    The mark of an image is not taken for the end of a sentence.
    """
    moved = _BEHIND_ITS_SENTENCE.sub(r"\2\1", text)
    places: list[tuple[int, int]] = []
    for each in sentences(moved):
        if places and places[-1][1] == each.start and moved[each.start - 1 : each.start + 1] == "![":
            places[-1] = (places[-1][0], each.end)
        else:
            places.append((each.start, each.end))
    return moved, places


def whole(text: str) -> Iterator[Sentence]:
    """The sentences of a text that is all there."""
    arriving = Arriving()
    yield from arriving.take(text)
    yield from arriving.rest()
