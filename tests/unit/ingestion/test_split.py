"""Cutting a document into pieces with their context."""

import random
import time
from pathlib import Path

import pytest

from ingestion.context import MAX_PATH_TOKENS
from ingestion.outline import outline_of
from ingestion.ruler import ruler_of
from ingestion.split import Piece, split
from service.core.embedder import Embedder, Encoder
from tests.fakes import FakeEncoder

MAX_TOKENS = 200
SENTENCE = "The frame is covered for five years, and the battery for two. "


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> Encoder:
    return Embedder(encoder_folder, threads=1)


def tokens(encoder: Encoder, text: str) -> int:
    return ruler_of(encoder.tokenizer).tokens(text)


def bodies(text: str, pieces: list[Piece]) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces]


def handbook() -> str:
    """Text of every kind, with characters outside ASCII and outside the Basic Multilingual Plane."""
    parts = []
    for chapter in range(6):
        parts += [f"# Größe {chapter} 😀\n\n", SENTENCE * chapter, "\n\n"]
        for section in range(4):
            parts += [f"## Straße {section}\n\n", ("Ein Satz über Bären und 日本語. " * 7 * section), "\n\n"]
            parts += ["Setext\n------\n\n", "- eins\n- zwei\n  - drei\n\n", "```python\n# no heading\nx = 1\n```\n\n"]
            parts += [
                "| Maß | Wert |\n| --- | --- |\n",
                *[f"| {row} | über {row} |\n" for row in range(20 * section)],
                "\n",
            ]
    return "".join(parts)


PATHOLOGICAL = {
    "one line without spaces": "x" * 100_000,
    "random letters": "".join(random.Random(1).choices("abcdefghijklmnopABCDEFGH0123456789+/", k=20_000)),
    "headings only": "# a\n" * 5_000,
    "deep list": "".join("  " * depth + "- x\n" for depth in range(300)),
    "deep quotes": ">" * 5_000 + " a\n",
    "long table": "| a | b |\n|---|---|\n" + "| aa | bb |\n" * 5_000,
    "flat list": "- x y z\n" * 3_000,
    "no spaces between words": "日本語テキスト" * 3_000,
    "blank lines": "\n" * 100_000 + "a",
    "spaces": " " * 100_000 + "a" + " " * 100_000,
    "mixed": handbook(),
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_pieces_are_spans(encoder: Encoder, name: str):
    """Pieces are trimmed spans in order without overlap, within the limits, whatever the text is."""
    text = PATHOLOGICAL[name]
    pieces = split(text, "Title", encoder)
    assert pieces
    before = 0
    for piece in pieces:
        body = text[piece.start : piece.end]
        assert before <= piece.start < piece.end
        assert body == body.strip()
        assert tokens(encoder, body) <= MAX_TOKENS
        assert tokens(encoder, body) + tokens(encoder, piece.context) <= MAX_TOKENS + MAX_PATH_TOKENS
        assert len(body) <= 10 * MAX_TOKENS
        before = piece.end


def test_nothing_is_lost(encoder: Encoder):
    """Every letter and digit of the text is in a piece."""
    text = handbook()
    inside = "".join(bodies(text, split(text, "Title", encoder)))
    assert [character for character in inside if character.isalnum()] == [c for c in text if c.isalnum()]


def test_no_text(encoder: Encoder):
    """A text without a letter or digit gives no piece."""
    assert split("", "Title", encoder) == split("\n\n---\n", "Title", encoder) == []


def test_short_text(encoder: Encoder):
    """A short text is one piece under the title."""
    assert split("Two words", "Title", encoder) == [Piece(0, 9, "Title")]


def test_tokenizer_settings(encoder: Encoder):
    """A tokenizer that truncates and pads measures no differently, and is left as it was."""
    limited = FakeEncoder()
    plain = split(SENTENCE * 100, "Title", limited)
    limited.tokenizer.enable_truncation(16)
    limited.tokenizer.enable_padding(length=64)
    ruler_of.cache_clear()
    assert split(SENTENCE * 100, "Title", limited) == plain
    assert limited.tokenizer.truncation["max_length"] == 16


def test_heading_path(encoder: Encoder):
    """A piece's context is the title and the headings in effect at its start."""
    headings = ("", "# Warranty", "## Frame", "### Steel", "## Battery")
    text = "\n\n".join(f"{heading}\n\n{SENTENCE * 12}" for heading in headings)
    assert list(dict.fromkeys(piece.context for piece in split(text, "Handbook", encoder))) == [
        "Handbook",
        "Handbook > Warranty",
        "Handbook > Warranty > Frame",
        "Handbook > Warranty > Frame > Steel",
        "Handbook > Warranty > Battery",
    ]


def test_title_is_not_repeated(encoder: Encoder):
    """The first heading is left out of the context where it says what the title says."""
    text = f"# warranty\n\n{SENTENCE * 5}\n\n## Frame\n\n{SENTENCE * 20}"
    assert {piece.context for piece in split(text, "Warranty", encoder)} == {"Warranty", "Warranty > Frame"}


def test_code_is_no_heading(encoder: Encoder):
    """A comment in a fenced block does not become part of the context."""
    text = f"# One\n\n```sh\n# make it so\n```\n\n{SENTENCE * 20}"
    assert {piece.context for piece in split(text, "T", encoder)} == {"T > One"}


def test_long_path(encoder: Encoder):
    """A path that is too long loses its outer headings first, then its end."""
    text = "".join(f"{'#' * level} {'heading number ' * 8}{level}\n\n" for level in range(1, 6)) + SENTENCE * 20
    context = split(text, "Title", encoder)[-1].context
    assert context.startswith("Title > heading")
    assert context.endswith("5")
    assert tokens(encoder, context) <= MAX_PATH_TOKENS
    assert tokens(encoder, split("word", "long title " * 100, encoder)[0].context) == MAX_PATH_TOKENS


def test_heading_stays_with_its_text(encoder: Encoder):
    """No piece ends in a heading, however long the paragraphs are."""
    for words in range(20, 220, 7):
        text = "".join(f"## Section {number}\n\n{'word ' * words}\n\n" for number in range(8))
        ends = {heading.end for heading in outline_of(text).headings}
        pieces = split(text, "Title", encoder)
        assert not any(piece.end in ends for piece in pieces)
        assert all(tokens(encoder, body) <= MAX_TOKENS for body in bodies(text, pieces))


def test_last_heading(encoder: Encoder):
    """A heading with nothing under it at the end joins the piece before it."""
    text = f"# One\n\n{SENTENCE}\n\n## Appendix"
    assert bodies(text, split(text, "T", encoder)) == [text]


def test_headings_only(encoder: Encoder):
    """A document of nothing but a heading is one piece."""
    assert bodies("# Only\n", split("# Only\n", "Only", encoder)) == ["# Only"]


def test_table_head(encoder: Encoder):
    """A piece that starts inside a table carries the table's first row; one that starts before it does not."""
    rows = "".join(f"| part {number} | {number} euros |\n" for number in range(100))
    text = f"# Prices\n\nAll of them.\n\n|  part  | price |\n| --- | --- |\n{rows}\n\nThe end of {SENTENCE * 20}"
    pieces = split(text, "Parts", encoder)
    inside = [piece for piece in pieces if text[piece.start : piece.end].startswith("| part ")]
    assert len(inside) == 3
    assert all(piece.context == "Parts > Prices\n| part | price |" for piece in inside)
    assert pieces[0].context == pieces[-1].context == "Parts > Prices"


def test_wide_table(encoder: Encoder):
    """A table's first row is cut where piece and context would not fit together."""
    head = "| " + " | ".join(f"a long column name {number}" for number in range(60)) + " |"
    text = f"{head}\n|{' --- |' * 60}\n" + f"|{' value |' * 60}\n" * 5
    for piece in split(text, "T", encoder):
        body = text[piece.start : piece.end]
        assert tokens(encoder, piece.context) + tokens(encoder, body) <= MAX_TOKENS + MAX_PATH_TOKENS


def test_large_document(encoder: Encoder):
    """A Markdown document of 250 KB is split in less than 2.5 seconds: 1 MB in ten."""
    text = ("# Chapter\n\n" + ("## Section\n\n" + SENTENCE * 30 + "\n\n- a\n- b\n\n") * 10) * 14
    assert len(text) > 250_000
    started = time.perf_counter()
    assert split(text, "Title", encoder)
    assert time.perf_counter() - started < 2.5
