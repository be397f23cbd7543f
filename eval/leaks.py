"""Questions that a head must not have seen: those that say nearly what a golden case of another split asks."""

from collections.abc import Iterable, Sequence

from service.rag.words import content_words

ALIKE = 0.8
"""Share of content words, of those that either has, from which on two questions are the same one."""


def leaks(questions: Iterable[str], golden: Sequence[str]) -> set[str]:
    """The questions that are near duplicates of a golden one, by the Jaccard similarity of their content words."""
    kept = [content_words(each) for each in golden]
    return {each for each in set(questions) if any(_alike(content_words(each), other) for other in kept)}


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    either = words | others
    return bool(either) and len(words & others) >= ALIKE * len(either)
