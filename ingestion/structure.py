"""Cuts a text where its structure does: sections, blocks, sentences; a heading stays with what follows it.

Pieces do not overlap, and a table is cut between its rows as long as a row fits.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from semantic_text_splitter import MarkdownSplitter

from ingestion.outline import Heading
from ingestion.ruler import Ruler
from ingestion.spans import MAX_CHARACTERS_PER_TOKEN, Span, cut_before, trimmed

# The splitter's time grows faster than its text: 490,000 Japanese characters take 18 s at once, 49,000 take 0.6 s.
MAX_SEGMENT_CHARACTERS = 20_000
# Smaller limits are rounded to this, so that few splitters are made: each holds a copy of the tokenizer.
_LIMIT_STEP = 20


def structural_spans(text: str, headings: Sequence[Heading], ruler: Ruler, max_tokens: int) -> list[Span]:
    """Spans of at most `max_tokens` tokens, in order."""
    return _headings_ahead(text, _cut_segments(text, headings, ruler, max_tokens), headings, ruler, max_tokens)


def smaller(text: str, spans: Iterable[Span], lacking: Callable[[Span], int], ruler: Ruler) -> Iterator[Span]:
    """The spans, with each that lacks room for its context cut into smaller ones, no smaller than a quarter."""
    for span in spans:
        if tokens := lacking(span):
            size = ruler.tokens(text[span.start : span.end])
            yield from _cut(text, span, ruler, _stepped(max(size - tokens, size // 4)))
        else:
            yield span


def _cut_segments(text: str, headings: Sequence[Heading], ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """What the splitter makes of each segment of the text."""
    limit = max_tokens * MAX_CHARACTERS_PER_TOKEN
    for segment in _segments(text, headings):
        for span in _cut(text, segment, ruler, max_tokens):
            if span.end - span.start <= limit:
                yield span
                continue
            for window in _windows(text, span, limit):
                yield from _cut(text, window, ruler, max_tokens)


def _segments(text: str, headings: Sequence[Heading]) -> Iterator[Span]:
    """The text in parts that the splitter handles fast: each ends before a heading, else at a blank line or a line."""
    starts = [heading.start for heading in headings]
    start = 0
    while len(text) - start > MAX_SEGMENT_CHARACTERS:
        limit = start + MAX_SEGMENT_CHARACTERS
        heading = bisect_left(starts, limit) - 1
        end = starts[heading] if heading >= 0 and starts[heading] > start else cut_before(text, start, limit)
        yield Span(start, end)
        start = end
    yield Span(start, len(text))


def _windows(text: str, span: Span, limit: int) -> Iterator[Span]:
    start = span.start
    while span.end - start > limit:
        end = cut_before(text, start, start + limit)
        yield Span(start, end)
        start = end
    yield Span(start, span.end)


def _cut(text: str, span: Span, ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """Spans of at most `max_tokens` without blank ends; none without a letter or digit."""
    found = _splitter(ruler, max_tokens).chunk_indices(text[span.start : span.end])
    return trimmed(text, (Span(span.start + at, span.start + at + len(chunk)) for at, chunk in found))


@lru_cache(maxsize=16)
def _splitter(ruler: Ruler, max_tokens: int) -> MarkdownSplitter:
    """A piece may end where the structure does once it is half full."""
    return MarkdownSplitter.from_huggingface_tokenizer(ruler.tokenizer, (max(1, max_tokens // 2), max_tokens))


def _headings_ahead(
    text: str, spans: Iterable[Span], headings: Sequence[Heading], ruler: Ruler, max_tokens: int
) -> list[Span]:
    """`spans` with each heading at a span's end moved to the next one's start."""
    done: list[Span] = []
    carried: int | None = None
    waiting = deque(spans)
    while waiting:
        span = waiting.popleft()
        if carried is not None:
            waiting.extendleft(reversed(_beneath(text, carried, span, ruler, max_tokens)))
            span = Span(carried, waiting.popleft().end)
        body_end = _body_end(text, span, headings)
        if body_end < span.end and ruler.tokens(text[max(body_end, span.start) : span.end]) > max_tokens // 2:
            body_end = span.end  # a list of headings and little else is text of its own
        carried = None
        if body_end > span.start:
            done.append(Span(span.start, body_end))
        if body_end < span.end:
            carried = body_end + len(text[body_end : span.end]) - len(text[body_end : span.end].lstrip())
    return done if carried is None else _with_last_heading(text, done, Span(carried, span.end), ruler, max_tokens)


def _beneath(text: str, carried: int, span: Span, ruler: Ruler, max_tokens: int) -> list[Span]:
    """`span`, cut smaller if there is no room for the heading that starts at `carried` above it."""
    if ruler.tokens(text[carried : span.end]) <= max_tokens:
        return [span]
    room = max_tokens - ruler.tokens(text[carried : span.start])
    return list(_cut(text, span, ruler, _stepped(room)))


def _stepped(max_tokens: int) -> int:
    return max(max_tokens // _LIMIT_STEP * _LIMIT_STEP, 1)


def _body_end(text: str, span: Span, headings: Sequence[Heading]) -> int:
    """Where the span ends without the headings at its end; its start if it holds nothing else."""
    end = span.end
    number = bisect_left(headings, end, key=lambda heading: heading.start) - 1
    while number >= 0 and headings[number].start >= span.start and headings[number].end >= end:
        end = span.start + len(text[span.start : headings[number].start].rstrip())
        number -= 1
    return end


def _with_last_heading(text: str, spans: list[Span], last: Span, ruler: Ruler, max_tokens: int) -> list[Span]:
    """A heading with nothing under it, at the document's end, joins the piece before it if there is room."""
    if spans and ruler.tokens(text[spans[-1].start : last.end]) <= max_tokens:
        return [*spans[:-1], Span(spans[-1].start, last.end)]
    return [*spans, last]
