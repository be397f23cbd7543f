"""Derives from a regular expression the words without which no text can match it.

Looking for a few words is many times faster than searching for the pattern, and most texts have none of them.
"""

import re
from collections.abc import Iterable

# The standard library has no other parser of regular expressions.
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def needed(pattern: re.Pattern[str]) -> frozenset[str]:
    """Words of which one stands in every match: the set of which, most likely, a text has none.

    Raises ValueError for a pattern that ignores case, or that needs no word.
    """
    if pattern.flags & re.IGNORECASE:
        raise ValueError(f"{pattern.pattern!r} ignores case.")
    if found := _rarest(parser.parse(pattern.pattern, pattern.flags)):
        return found
    raise ValueError(f"{pattern.pattern!r} needs no word.")


def _rarest(sequence: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """The best set of those that parts of a sequence need; an empty one where none needs a word."""
    sets, run = list[frozenset[str]](), ""
    for code, said in (*sequence, (None, None)):
        if code is codes.LITERAL:
            run += chr(said)
        else:
            sets += [frozenset({run} - {""}), _needed_by(code, said)]
            run = ""
    # Long words are rare, and few are soon looked for.
    return max(filter(None, sets), key=lambda words: (min(map(len, words)), -len(words)), default=frozenset())


def _needed_by(code: Any, said: Any) -> frozenset[str]:
    if code is codes.SUBPATTERN:
        return _rarest(said[-1])
    if code is codes.BRANCH:
        branches = [_rarest(each) for each in said[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    if code in _REPEATS and said[0] > 0:
        return _rarest(said[2])
    return frozenset()
