"""Cutting a document into pieces with their context."""

import random
import time
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from ingestion.context import MAX_PATH_TOKENS
from ingestion.outline import outline_of
from ingestion.split import Piece, split

MAX_TOKENS = 200
SENTENCE = "The frame is covered for five years, and the battery for two. "


@pytest.fixture(scope="module")
def tokenizer(encoder_folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(encoder_folder / "tokenizer.json"))


def tokens(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


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
def test_pieces_are_spans(tokenizer: Tokenizer, name: str):
    """Pieces are trimmed spans in order without overlap, within the limits, whatever the text is."""
    text = PATHOLOGICAL[name]
    pieces = split(text, "Title", tokenizer)
    assert pieces
    before = 0
    for piece in pieces:
        body = text[piece.start : piece.end]
        assert before <= piece.start < piece.end
        assert body == body.strip()
        assert tokens(tokenizer, body) <= MAX_TOKENS
        assert tokens(tokenizer, body) + tokens(tokenizer, piece.context) <= MAX_TOKENS + MAX_PATH_TOKENS
        assert len(body) <= 10 * MAX_TOKENS
        before = piece.end


def test_nothing_is_lost(tokenizer: Tokenizer):
    """Every letter and digit of the text is in a piece."""
    text = handbook()
    inside = "".join(bodies(text, split(text, "Title", tokenizer)))
    assert [character for character in inside if character.isalnum()] == [c for c in text if c.isalnum()]


def test_no_text(tokenizer: Tokenizer):
    """A text without a letter or digit gives no piece."""
    assert split("", "Title", tokenizer) == split("\n\n---\n", "Title", tokenizer) == []


def test_short_text(tokenizer: Tokenizer):
    """A short text is one piece under the title."""
    assert split("Two words", "Title", tokenizer) == [Piece(0, 9, "Title")]


def test_tokenizer_settings(tokenizer: Tokenizer):
    """A tokenizer that truncates and pads measures no differently, and is left as it was."""
    limited = Tokenizer.from_str(tokenizer.to_str())
    limited.enable_truncation(16)
    limited.enable_padding(length=64)
    assert split(SENTENCE * 100, "Title", limited) == split(SENTENCE * 100, "Title", tokenizer)
    assert limited.truncation["max_length"] == 16


def test_heading_path(tokenizer: Tokenizer):
    """A piece's context is the title and the headings in effect at its start."""
    headings = ("", "# Warranty", "## Frame", "### Steel", "## Battery")
    text = "\n\n".join(f"{heading}\n\n{SENTENCE * 12}" for heading in headings)
    assert list(dict.fromkeys(piece.context for piece in split(text, "Handbook", tokenizer))) == [
        "Handbook",
        "Handbook > Warranty",
        "Handbook > Warranty > Frame",
        "Handbook > Warranty > Frame > Steel",
        "Handbook > Warranty > Battery",
    ]


def test_title_is_not_repeated(tokenizer: Tokenizer):
    """The first heading is left out of the context where it says what the title says."""
    text = f"# warranty\n\n{SENTENCE * 5}\n\n## Frame\n\n{SENTENCE * 20}"
    assert {piece.context for piece in split(text, "Warranty", tokenizer)} == {"Warranty", "Warranty > Frame"}


def test_code_is_no_heading(tokenizer: Tokenizer):
    """A comment in a fenced block does not become part of the context."""
    text = f"# One\n\n```sh\n# make it so\n```\n\n{SENTENCE * 20}"
    assert {piece.context for piece in split(text, "T", tokenizer)} == {"T > One"}


def test_long_path(tokenizer: Tokenizer):
    """A path that is too long loses its outer headings first, then its end."""
    text = "".join(f"{'#' * level} {'heading number ' * 8}{level}\n\n" for level in range(1, 6)) + SENTENCE * 20
    context = split(text, "Title", tokenizer)[-1].context
    assert context.startswith("Title > heading")
    assert context.endswith("5")
    assert tokens(tokenizer, context) <= MAX_PATH_TOKENS
    assert tokens(tokenizer, split("word", "long title " * 100, tokenizer)[0].context) == MAX_PATH_TOKENS


def test_heading_stays_with_its_text(tokenizer: Tokenizer):
    """No piece ends in a heading, however long the paragraphs are."""
    for words in range(20, 220, 7):
        text = "".join(f"## Section {number}\n\n{'word ' * words}\n\n" for number in range(8))
        ends = {heading.end for heading in outline_of(text).headings}
        pieces = split(text, "Title", tokenizer)
        assert not any(piece.end in ends for piece in pieces)
        assert all(tokens(tokenizer, body) <= MAX_TOKENS for body in bodies(text, pieces))


def test_last_heading(tokenizer: Tokenizer):
    """A heading with nothing under it at the end joins the piece before it."""
    text = f"# One\n\n{SENTENCE}\n\n## Appendix"
    assert bodies(text, split(text, "T", tokenizer)) == [text]


def test_headings_only(tokenizer: Tokenizer):
    """A document of nothing but a heading is one piece."""
    assert bodies("# Only\n", split("# Only\n", "Only", tokenizer)) == ["# Only"]


def test_table_head(tokenizer: Tokenizer):
    """A piece that starts inside a table carries the table's first row; one that starts before it does not."""
    rows = "".join(f"| part {number} | {number} euros |\n" for number in range(100))
    text = f"# Prices\n\nAll of them.\n\n|  part  | price |\n| --- | --- |\n{rows}\n\nThe end of {SENTENCE * 20}"
    pieces = split(text, "Parts", tokenizer)
    inside = [piece for piece in pieces if text[piece.start : piece.end].startswith("| part ")]
    assert len(inside) > 3
    assert all(piece.context == "Parts > Prices\n| part | price |" for piece in inside)
    assert pieces[0].context == pieces[-1].context == "Parts > Prices"


def test_wide_table(tokenizer: Tokenizer):
    """A table's first row is cut where piece and context would not fit together."""
    head = "| " + " | ".join(f"a long column name {number}" for number in range(60)) + " |"
    text = f"{head}\n|{' --- |' * 60}\n" + f"|{' value |' * 60}\n" * 5
    for piece in split(text, "T", tokenizer):
        body = text[piece.start : piece.end]
        assert tokens(tokenizer, piece.context) + tokens(tokenizer, body) <= MAX_TOKENS + MAX_PATH_TOKENS


def test_large_document(tokenizer: Tokenizer):
    """A Markdown document of 250 KB is split in less than 2.5 seconds: 1 MB in ten."""
    text = ("# Chapter\n\n" + ("## Section\n\n" + SENTENCE * 30 + "\n\n- a\n- b\n\n") * 10) * 14
    assert len(text) > 250_000
    started = time.perf_counter()
    assert split(text, "Title", tokenizer)
    assert time.perf_counter() - started < 2.5
