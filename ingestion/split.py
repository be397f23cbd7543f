"""Cuts a document into pieces, each with the title and headings that it stands under, by one of a few splitters.

What the splitters find on long documents stands in docs/splitting.md. Only `clusters` embeds anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from ingestion.clusters import Embed, cluster_spans
from ingestion.context import MAX_PATH_TOKENS, Contexts
from ingestion.outline import outline_of
from ingestion.pages import cut_at_pages
from ingestion.ruler import Ruler, ruler_of
from ingestion.spans import Span, fitted
from ingestion.structure import smaller, structural_spans
from ingestion.windows import recursive_spans, sentence_groups, token_windows
from service.core.errors import UnknownSplitter
from service.core.settings import SPLITTERS

MAX_TOKENS = 200


@dataclass(frozen=True)
class Piece:
    """The span text[start:end], and its context: title and headings, and inside a table the table's head."""

    start: int
    end: int
    context: str


def split(
    text: str,
    title: str,
    tokenizer: Tokenizer,
    max_tokens: int = MAX_TOKENS,
    *,
    splitter: str = "structure",
    pages: Sequence[int] = (),
    embed: Embed | None = None,
) -> list[Piece]:
    """Pieces of `text` in order, of at most `max_tokens` tokens each, special ones not counted.

    Context and piece together have at most `max_tokens` + MAX_PATH_TOKENS tokens. What holds no letter or digit, such
    as a rule, is in no piece. `pages` are the offsets at which the text's pages start; `embed` is what `clusters`
    needs. Raises UnknownSplitter.
    """
    checked_splitter(splitter)
    ruler = ruler_of(tokenizer)
    outline = outline_of(text)
    contexts = Contexts(text, title, outline, ruler, max_tokens + MAX_PATH_TOKENS)
    if splitter == "structure":
        whole = structural_spans(text, outline.headings, ruler, max_tokens)
        spans = smaller(text, cut_at_pages(text, whole, pages, ruler, max_tokens // 4), contexts.lacking, ruler)
    else:
        found = _unstructured(text, ruler, max_tokens, splitter, embed)
        spans = fitted(text, found, ruler, max_tokens)
    return [Piece(each.start, each.end, contexts.of(each)) for each in spans]


def _unstructured(text: str, ruler: Ruler, max_tokens: int, splitter: str, embed: Embed | None) -> Iterable[Span]:
    if splitter == "recursive":
        return recursive_spans(text, ruler, max_tokens)
    if splitter == "sentences":
        return sentence_groups(text, ruler, max_tokens)
    if splitter == "clusters":
        return cluster_spans(text, ruler, max_tokens, embed)
    return token_windows(text, ruler, max_tokens, max_tokens // 2 if splitter == "overlapping-windows" else 0)


def checked_splitter(name: str) -> str:
    """`name` if it is a splitter. Raises UnknownSplitter naming all."""
    if name in SPLITTERS:
        return name
    raise UnknownSplitter(f"There is no splitter {name!r}.", f"Splitters: {', '.join(SPLITTERS)}.")
