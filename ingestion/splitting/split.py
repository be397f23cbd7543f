"""Cuts a document into pieces, each with the title and headings that it stands under, by one of a few splitters.

What the splitters find on long documents stands in docs/splitting.md. Only `clusters` embeds anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingestion.splitting.clusters import cluster_spans
from ingestion.splitting.context import MAX_PATH_TOKENS, Contexts
from ingestion.splitting.outline import outline_of
from ingestion.splitting.pages import cut_at_pages
from ingestion.splitting.ruler import Ruler, ruler_of
from ingestion.splitting.spans import Span, fitted
from ingestion.splitting.structure import smaller, structure_of
from ingestion.splitting.windows import overlapping_windows, recursive_spans, sentence_groups, token_windows
from service.core.embedder import Encoder
from service.core.errors import InvalidSettings, UnknownSplitter
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
    encoder: Encoder,
    max_tokens: int = MAX_TOKENS,
    *,
    splitter: str = "structure",
    pages: Sequence[int] = (),
) -> list[Piece]:
    """Pieces of `text` in order, of at most `max_tokens` tokens each, special ones not counted.

    Context and piece together have at most `max_tokens` + MAX_PATH_TOKENS tokens. What holds no letter or digit, such
    as a rule, is in no piece. `pages` are the offsets at which the text's pages start. Raises UnknownSplitter,
    and InvalidSettings when the encoder cannot read chunks that long.
    """
    checked_splitter(splitter)
    _check_room(encoder, max_tokens)
    ruler = ruler_of(encoder.tokenizer)
    outline = outline_of(text)
    contexts = Contexts(text, title, outline, ruler, max_tokens + MAX_PATH_TOKENS)
    spans: Iterable[Span]
    if splitter == "structure":
        structure = structure_of(text, outline, ruler)
        whole = structure.pieces(Span(0, len(text)), max_tokens)
        apart = cut_at_pages(text, whole, pages, ruler, max_tokens // 4)
        spans = smaller(apart, contexts.lacking, structure)
    elif splitter == "clusters":
        spans = cluster_spans(text, ruler, max_tokens, encoder)
    else:
        spans = fitted(text, _PLAIN[splitter](text, ruler, max_tokens), ruler, max_tokens)
    return [Piece(each.start, each.end, contexts.of(each)) for each in spans]


_PLAIN: Mapping[str, Callable[[str, Ruler, int], Iterable[Span]]] = {
    "recursive": recursive_spans,
    "sentences": sentence_groups,
    "windows": token_windows,
    "overlapping-windows": overlapping_windows,
}


def checked_splitter(name: str) -> str:
    """`name` if it is a splitter. Raises UnknownSplitter naming all."""
    if name in SPLITTERS:
        return name
    raise UnknownSplitter(f"There is no splitter {name!r}.", f"Splitters: {', '.join(SPLITTERS)}.")


def _check_room(encoder: Encoder, max_tokens: int) -> None:
    """The encoder would read no more than a long chunk's beginning, and say nothing."""
    most = encoder.fingerprint.max_tokens - encoder.tokenizer.num_special_tokens_to_add(is_pair=False) - MAX_PATH_TOKENS
    if max_tokens > most:
        raise InvalidSettings(
            f"Chunks of {max_tokens} tokens and their headings are more than the {encoder.fingerprint.max_tokens} "
            "tokens that the encoder reads.",
            f"Set RAGREADY_MAX_CHUNK_TOKENS to {most} or less.",
        )
