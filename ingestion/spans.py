"""Spans of a text, and what every splitter promises of them: no blank ends, none without a letter or digit, not too long."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingestion.ruler import Ruler

# To a WordPiece tokenizer a word of over 100 characters is one token, [UNK]: half a megabyte of base64 without a space
# would be one piece. English has 4 to 5 characters a token.
MAX_CHARACTERS_PER_TOKEN = 10


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


def between(cuts: Sequence[int], start: int, end: int) -> Iterator[Span]:
    """The spans from `start` to `end` that cuts at these offsets, in order, make."""
    inside = [start, *cuts[bisect_left(cuts, start + 1) : bisect_left(cuts, end)], end]
    for first, last in zip(inside, inside[1:], strict=False):
        yield Span(first, last)


def cut_before(text: str, start: int, limit: int) -> int:
    """Where to cut text[start:limit]: the last blank line, line or word in its second half, else its end."""
    middle = (start + limit) // 2
    for mark in ("\n\n", "\n", " "):
        if (found := text.rfind(mark, middle, limit)) >= 0:
            return found + len(mark)
    return limit
