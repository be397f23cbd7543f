"""Cuts a document into pieces of a few sentences, each with the title and headings that it stands under.

Pieces follow the document's structure and do not overlap. Nothing is embedded here.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from semantic_text_splitter import MarkdownSplitter
from tokenizers import Tokenizer

from ingestion.context import MAX_PATH_TOKENS, Contexts
from ingestion.outline import Heading, outline_of
from ingestion.ruler import Ruler, ruler_of

# The splitter's time grows faster than its text: 490,000 Japanese characters take 18 s at once, 49,000 take 0.6 s.
MAX_SEGMENT_CHARACTERS = 20_000
# To a WordPiece tokenizer a word of over 100 characters is one token, [UNK]: half a megabyte of base64 without a space
# would be one piece. English has 4 to 5 characters a token.
MAX_CHARACTERS_PER_TOKEN = 10
# Smaller limits are rounded to this, so that few splitters are made: each holds a copy of the tokenizer.
_LIMIT_STEP = 20


@dataclass(frozen=True)
class Piece:
    """The span text[start:end], and its context: title and headings, and inside a table the table's head."""

    start: int
    end: int
    context: str


@dataclass(frozen=True)
class _Span:
    start: int
    end: int


def split(text: str, title: str, tokenizer: Tokenizer, max_tokens: int = 200) -> list[Piece]:
    """Pieces of `text` in order, of at most `max_tokens` tokens each, special ones not counted.

    Context and piece together have at most `max_tokens` + MAX_PATH_TOKENS tokens. A heading stays with what follows it.
    What holds no letter or digit, such as a rule, is in no piece.
    """
    ruler = ruler_of(tokenizer)
    outline = outline_of(text)
    spans = _structural_spans(text, outline.headings, ruler, max_tokens)
    contexts = Contexts(title, outline, ruler, max_tokens + MAX_PATH_TOKENS)
    return [
        Piece(span.start, span.end, contexts.of(span.start, text[span.start : span.end]))
        for span in _headings_ahead(text, spans, outline.headings, ruler, max_tokens)
    ]


def _structural_spans(text: str, headings: Sequence[Heading], ruler: Ruler, max_tokens: int) -> Iterator[_Span]:
    """What the splitter makes of each segment of the text."""
    limit = max_tokens * MAX_CHARACTERS_PER_TOKEN
    for segment in _segments(text, headings):
        for span in _cut(text, segment, ruler, max_tokens):
            if span.end - span.start <= limit:
                yield span
                continue
            for window in _windows(text, span, limit):
                yield from _cut(text, window, ruler, max_tokens)


def _segments(text: str, headings: Sequence[Heading]) -> Iterator[_Span]:
    """The text in parts that the splitter handles fast: each ends before a heading, else at a blank line or a line."""
    starts = [heading.start for heading in headings]
    start = 0
    while len(text) - start > MAX_SEGMENT_CHARACTERS:
        limit = start + MAX_SEGMENT_CHARACTERS
        heading = bisect_left(starts, limit) - 1
        end = starts[heading] if heading >= 0 and starts[heading] > start else _break(text, start, limit)
        yield _Span(start, end)
        start = end
    yield _Span(start, len(text))


def _windows(text: str, span: _Span, limit: int) -> Iterator[_Span]:
    start = span.start
    while span.end - start > limit:
        end = _break(text, start, start + limit)
        yield _Span(start, end)
        start = end
    yield _Span(start, span.end)


def _break(text: str, start: int, limit: int) -> int:
    """Where to cut text[start:limit]: the last blank line, line or word in its second half, else its end."""
    middle = (start + limit) // 2
    for mark in ("\n\n", "\n", " "):
        if (found := text.rfind(mark, middle, limit)) >= 0:
            return found + len(mark)
    return limit


def _cut(text: str, span: _Span, ruler: Ruler, max_tokens: int) -> Iterator[_Span]:
    """Spans of at most `max_tokens` without blank ends; none without a letter or digit."""
    for offset, chunk in _splitter(ruler, max_tokens).chunk_indices(text[span.start : span.end]):
        start = span.start + offset + len(chunk) - len(chunk.lstrip())
        if any(map(str.isalnum, chunk)):
            yield _Span(start, start + len(chunk.strip()))


@lru_cache(maxsize=16)
def _splitter(ruler: Ruler, max_tokens: int) -> MarkdownSplitter:
    """A piece may end where the structure does once it is half full."""
    return MarkdownSplitter.from_huggingface_tokenizer(ruler.tokenizer, (max(1, max_tokens // 2), max_tokens))


def _headings_ahead(
    text: str, spans: Iterable[_Span], headings: Sequence[Heading], ruler: Ruler, max_tokens: int
) -> list[_Span]:
    """`spans` with each heading at a span's end moved to the next one's start."""
    done: list[_Span] = []
    carried: int | None = None
    waiting = deque(spans)
    while waiting:
        span = waiting.popleft()
        if carried is not None:
            waiting.extendleft(reversed(_beneath(text, carried, span, ruler, max_tokens)))
            span = _Span(carried, waiting.popleft().end)
        body_end = _body_end(text, span, headings)
        if body_end < span.end and ruler.tokens(text[max(body_end, span.start) : span.end]) > max_tokens // 2:
            body_end = span.end  # a list of headings and little else is text of its own
        carried = None
        if body_end > span.start:
            done.append(_Span(span.start, body_end))
        if body_end < span.end:
            carried = body_end + len(text[body_end : span.end]) - len(text[body_end : span.end].lstrip())
    return done if carried is None else _with_last_heading(text, done, _Span(carried, span.end), ruler, max_tokens)


def _beneath(text: str, carried: int, span: _Span, ruler: Ruler, max_tokens: int) -> list[_Span]:
    """`span`, cut smaller if there is no room for the heading that starts at `carried` above it."""
    if ruler.tokens(text[carried : span.end]) <= max_tokens:
        return [span]
    room = max_tokens - ruler.tokens(text[carried : span.start])
    return list(_cut(text, span, ruler, max(room // _LIMIT_STEP * _LIMIT_STEP, 1)))


def _body_end(text: str, span: _Span, headings: Sequence[Heading]) -> int:
    """Where the span ends without the headings at its end; its start if it holds nothing else."""
    end = span.end
    number = bisect_left(headings, end, key=lambda heading: heading.start) - 1
    while number >= 0 and headings[number].start >= span.start and headings[number].end >= end:
        end = span.start + len(text[span.start : headings[number].start].rstrip())
        number -= 1
    return end


def _with_last_heading(text: str, spans: list[_Span], last: _Span, ruler: Ruler, max_tokens: int) -> list[_Span]:
    """A heading with nothing under it, at the document's end, joins the piece before it if there is room."""
    if spans and ruler.tokens(text[spans[-1].start : last.end]) <= max_tokens:
        return [*spans[:-1], _Span(spans[-1].start, last.end)]
    return [*spans, last]
