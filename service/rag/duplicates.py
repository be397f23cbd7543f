"""Copies among the hits: of passages that say the same, only the best is kept.

Two passages are copies when most pairs of neighbouring words are the same and the lower one brings no number of its
own: a correction differs from what it corrects in little else. Which of two versions is newer is not known here.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from service.core.answers import Hit
from service.rag.controls import Checked

# Share of word pairs that two passages have in common (resemblance; Broder, 1997). Among the sample corpus' chunks the
# planted near copies have .54 or more of them, and the nearest other pair .27.
RESEMBLANCE = 0.5
_WORD = re.compile(r"\w+")


class _Marks(NamedTuple):
    pairs: frozenset[tuple[str, ...]]
    numbers: frozenset[str]


def without_copies(hits: list[Hit]) -> Checked[list[Hit]]:
    """The hits, best first, without those that repeat a better one."""
    kept: list[Hit] = []
    for hit in hits:
        if not any(repeats(hit.stored.text, each.stored.text) for each in kept):
            kept.append(hit)
    left_out = len(hits) - len(kept)
    return Checked(kept, "allow", f"{left_out} copies left out" if left_out else "")


def repeats(text: str, kept: str) -> bool:
    """Whether `text` says nothing that `kept` does not say too."""
    if text == kept:
        return True
    ours, theirs = _marks(text), _marks(kept)
    common = len(ours.pairs & theirs.pairs)
    alike = common >= RESEMBLANCE * (len(ours.pairs) + len(theirs.pairs) - common)
    return alike and ours.numbers <= theirs.numbers


@lru_cache(maxsize=4_096)
def _marks(text: str) -> _Marks:
    words = _WORD.findall(text.lower())
    numbers = frozenset(word for word in words if any(map(str.isdigit, word)))
    return _Marks(frozenset(pairwise(words)) or frozenset([tuple(words)]), numbers)
