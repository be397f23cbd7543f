"""Spans of a text, and what every splitter promises of them.

They have no blank ends, hold a letter or digit, and are not too long.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingestion.splitting.ruler import Ruler

# To a WordPiece tokenizer a word of over 100 characters is one token, [UNK]: half a megabyte of base64 without a space
# would be one piece. English has 4 to 5 characters a token.
MAX_CHARACTERS_PER_TOKEN = 10
# What a text is cut after, and how much of that belongs to the part before; a cell begins with its bar.
_MARKS = (("\n\n", 2), ("\n", 1), (". ", 2), (" | ", 1), (" ", 1))


@dataclass(frozen=True)
class Span:
    """text[start:end]."""

    start: int
    end: int


def trimmed(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans without blank ends; those without a letter or digit are left out."""
    for span in spans:
        body = text[span.start : span.end]
        if any(map(str.isalnum, body)):
            start = span.start + len(body) - len(body.lstrip())
            yield Span(start, start + len(body.strip()))


def fitted(text: str, spans: Iterable[Span], ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """The spans, trimmed, with each that is over a limit cut in two until none is."""
    for span in trimmed(text, spans):
        long = span.end - span.start > max_tokens * MAX_CHARACTERS_PER_TOKEN
        if span.end - span.start > 1 and (long or ruler.tokens(text[span.start : span.end]) > max_tokens):
            middle = cut_before(text, span.start, (span.start + span.end + 1) // 2)
            yield from fitted(text, (Span(span.start, middle), Span(middle, span.end)), ruler, max_tokens)
        else:
            yield span


def cut_before(text: str, start: int, limit: int) -> int:
    """Where to cut text[start:limit]: the last end of a block, line, sentence, cell or word in its second half."""
    middle = (start + limit) // 2
    for mark, length in _MARKS:
        if (found := text.rfind(mark, middle, limit)) >= 0:
            return found + length
    return limit
