"""Keeps pieces from crossing pages where that costs nothing: no sentence is cut and no piece is made too short."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from ingestion.splitting.ruler import Ruler
from ingestion.splitting.spans import Span, trimmed

# A page that ends otherwise ends within a sentence, a list or a table.
_ENDS = tuple(".!?:;…。！？\"'”’)»|")


def cut_at_pages(
    text: str, spans: Iterable[Span], pages: Sequence[int], ruler: Ruler, min_tokens: int
) -> Iterator[Span]:
    """The spans, cut where a page starts if a sentence ends there and both parts have `min_tokens` tokens."""
    for span in spans:
        start = span.start
        for page in pages[bisect_right(pages, span.start) : bisect_right(pages, span.end - 1)]:
            parts = text[start:page], text[page : span.end]
            ends = parts[0].rstrip().endswith(_ENDS)
            if ends and all(ruler.tokens(each) >= min_tokens for each in parts):
                yield from trimmed(text, [Span(start, page)])
                start = page
        yield from trimmed(text, [Span(start, span.end)])
