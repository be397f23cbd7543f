"""Splitters that know no structure: token windows with or without overlap, recursive characters, groups of sentences.

They are here to be compared with (docs/splitting.md) and for indexes that have to be cut as another system cuts them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from ingestion.splitting.ruler import Ruler
from ingestion.splitting.spans import Span
from service.core.sentences import sentences

# LangChain's own order, with the ends of sentences before words.
_SEPARATORS = ("\n\n", "\n", ". ", "? ", "! ", " ", "")


def token_windows(text: str, ruler: Ruler, max_tokens: int, overlap_tokens: int = 0) -> Iterator[Span]:
    """Windows of at most `max_tokens` tokens in whole words, each with the last `overlap_tokens` of the one before."""
    words = ruler.words(text)
    first, count = 0, len(words.tokens) - 1
    while first < count:
        after = max(first + 1, bisect_right(words.tokens, words.tokens[first] + max_tokens) - 1)
        yield Span(words.starts[first], words.starts[after])
        if after >= count:
            return
        first = max(first + 1, bisect_left(words.tokens, words.tokens[after] - overlap_tokens))


def overlapping_windows(text: str, ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """Windows that begin in the middle of the one before them."""
    return token_windows(text, ruler, max_tokens, overlap_tokens=max_tokens // 2)


def recursive_spans(text: str, ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """LangChain's RecursiveCharacterTextSplitter, measured in tokens, without overlap."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=list(_SEPARATORS),
        keep_separator="end",
        chunk_size=max_tokens,
        chunk_overlap=0,
        length_function=ruler.tokens,
        strip_whitespace=True,
    )
    start = 0
    for piece in splitter.split_text(text):
        start = text.index(piece, start)
        yield Span(start, start + len(piece))
        start += len(piece)


def sentence_groups(text: str, ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """As many whole sentences as fit, from the first on; a heading counts with the sentence after it."""
    cuts = [each.start for each in sentences(text)]
    yield from grouped(text, cuts, ruler, max_tokens)


def grouped(text: str, cuts: Sequence[int], ruler: Ruler, max_tokens: int) -> Iterator[Span]:
    """Spans that end at one of the cuts, each as long as `max_tokens` allows; one that allows no cut is longer."""
    ends = [*cuts, len(text)]
    start = previous = 0
    tokens = 0
    for end in ends:
        more = ruler.tokens(text[previous:end])
        if tokens and tokens + more > max_tokens:
            yield Span(start, previous)
            start, tokens = previous, 0
        tokens += more
        previous = end
    yield Span(start, len(text))
