"""Cutting a document into pieces with their context."""

import random
import time
from pathlib import Path

import pytest

from ingestion.splitting.clusters import cluster_spans
from ingestion.splitting.context import MAX_PATH_TOKENS
from ingestion.splitting.outline import outline_of
from ingestion.splitting.ruler import ruler_of
from ingestion.splitting.split import Piece, split
from service.core.embedder import Embedder, Encoder
from service.core.errors import InvalidSettings, UnknownSplitter
from service.core.sentences import cells
from service.core.settings import SPLITTERS
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


def check_pieces(encoder: Encoder, text: str, pieces: list[Piece], overlaps: bool) -> None:
    assert pieces
    before = Piece(0, 0, "")
    for piece in pieces:
        body = text[piece.start : piece.end]
        assert before.start < piece.end
        assert piece.start >= (before.start if overlaps else before.end)
        assert body == body.strip()
        assert tokens(encoder, body) <= MAX_TOKENS
        assert tokens(encoder, body) + tokens(encoder, piece.context) <= MAX_TOKENS + MAX_PATH_TOKENS
        assert len(body) <= 10 * MAX_TOKENS
        before = piece


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_pieces_are_spans(encoder: Encoder, name: str):
    """Pieces are trimmed spans in order without overlap, within the limits, whatever the text is."""
    text = PATHOLOGICAL[name]
    check_pieces(encoder, text, split(text, "Title", encoder), overlaps=False)


@pytest.mark.parametrize("splitter", SPLITTERS)
def test_every_splitter(encoder: Encoder, splitter: str):
    """Pieces of every splitter keep the limits, and every letter and digit of the text is in one."""
    text = handbook()[:8_000]
    pieces = split(text, "Title", encoder, splitter=splitter)
    check_pieces(encoder, text, pieces, overlaps=splitter == "overlapping-windows")
    inside = {at for piece in pieces for at in range(piece.start, piece.end)}
    assert not [at for at, character in enumerate(text) if character.isalnum() and at not in inside]


@pytest.mark.parametrize("splitter", ["recursive", "sentences", "windows"])
def test_plain_splitters_stand_bad_text(encoder: Encoder, splitter: str):
    """A splitter that knows no structure keeps the limits where there is none."""
    for name in ("one line without spaces", "headings only", "no spaces between words", "blank lines"):
        text = PATHOLOGICAL[name][-3_000:]
        check_pieces(encoder, text, split(text, "T", encoder, splitter=splitter), overlaps=False)


def test_windows(encoder: Encoder):
    """A window is as long as it may be; one that overlaps begins in the middle of the one before."""
    text = SENTENCE * 100
    plain = split(text, "T", encoder, splitter="windows")
    assert all(tokens(encoder, body) > MAX_TOKENS - 3 for body in bodies(text, plain)[:-1])
    overlapping = split(text, "T", encoder, splitter="overlapping-windows")
    assert {each.start for each in plain} < {each.start for each in overlapping}
    assert len(overlapping) in (2 * len(plain) - 1, 2 * len(plain))


def test_sentences_stay_whole(encoder: Encoder):
    """Structure and groups of sentences end where a sentence does."""
    text = SENTENCE * 100
    for splitter in ("structure", "sentences", "recursive"):
        assert {body[-1] for body in bodies(text, split(text, "T", encoder, splitter=splitter))} == {"."}


def test_clusters_follow_the_subject():
    """Passages that are alike stay together, and a piece ends where the subject changes."""
    encoder = FakeEncoder()
    subjects = ["Dal fer bol. " * 36, "Cus men lit. " * 36]  # three passages of twelve sentences each
    text = "".join(subjects)
    found = cluster_spans(text, ruler_of(encoder.tokenizer), 190, encoder)
    assert [text[each.start : each.end].strip() for each in found] == [each.strip() for each in subjects]


def test_unknown_splitter(encoder: Encoder):
    """A splitter that is not there is refused with the list of those that are."""
    with pytest.raises(UnknownSplitter, match="structure, recursive, sentences"):
        split("text", "T", encoder, splitter="guess")


def test_pieces_that_the_encoder_cannot_read(encoder: Encoder):
    """Pieces whose end no vector would know of are refused, with the most that can be read."""
    assert split("text", "T", encoder, max_tokens=206)
    with pytest.raises(InvalidSettings, match="206 or less"):
        split("text", "T", encoder, max_tokens=207)


def test_pieces_are_full(encoder: Encoder):
    """Where no section begins, a piece ends at the last block or sentence that it has room for."""
    text = "\n\n".join(SENTENCE.strip() for _ in range(100))
    sizes = [tokens(encoder, body) for body in bodies(text, split(text, "T", encoder))]
    assert min(sizes[:-1]) > MAX_TOKENS - tokens(encoder, SENTENCE)


def test_sections_stay_apart(encoder: Encoder):
    """A piece that is half full ends before the next section, also where part of that would fit."""
    text = "".join(f"## Section {number}\n\n{SENTENCE * 9}\n\n" for number in range(3))
    assert [body.split("\n")[0] for body in bodies(text, split(text, "T", encoder))] == [
        "## Section 0",
        "## Section 1",
        "## Section 2",
    ]


def test_pages(encoder: Encoder):
    """A piece ends with a page where a sentence does and both parts are long enough; no sentence is cut for it."""
    page = SENTENCE * 10
    text = f"{page}\n\n{page}"
    [at] = [len(page) + 2]
    assert at in {piece.start for piece in split(text, "T", encoder, pages=(0, at))}
    assert at not in {piece.start for piece in split(text, "T", encoder)}
    for start in (len(page) - 20, len(SENTENCE)):  # in the middle of a sentence; after too little
        assert start not in {piece.start for piece in split(text, "T", encoder, pages=(0, start))}


def test_text_within_limits_is_not_cut_for_short_pages(encoder: Encoder):
    """Pages of a line each, such as slides, share a piece."""
    text = "\n\n".join([SENTENCE.strip()] * 3)
    pages = (0, len(SENTENCE) + 1, 2 * (len(SENTENCE) + 1))
    assert len(split(text, "T", encoder, pages=pages)) == 1


def test_no_text(encoder: Encoder):
    """A text without a letter or digit gives no piece."""
    assert split("", "Title", encoder) == split("\n\n---\n", "Title", encoder) == []


def test_short_text(encoder: Encoder):
    """A short text is one piece under the title."""
    assert split("Two words", "Title", encoder) == [Piece(0, 9, "Title")]


def test_tokenizer_settings():
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
    assert len(inside) > 3
    assert all(piece.context == "Parts > Prices\n| part | price |" for piece in inside)
    assert pieces[0].context == pieces[-1].context == "Parts > Prices"


def named(text: str, piece: Piece) -> dict[str, str]:
    """What a reader takes from the first row of a piece: its cells by column name."""
    [*_, head] = piece.context.splitlines()
    row = text[piece.start : piece.end].splitlines()[0]
    return dict(zip(cells(head), cells(row), strict=False))


def test_rows_too_long_for_a_piece(encoder: Encoder):
    """A piece cut out of a row carries the row's name and the names of its own columns, not those of others."""
    columns = ("name", *"abcde")
    values = {column: " ".join([column * 2] * 150) for column in columns[1:]}
    rows = "".join(f"| wheel {number} | {' | '.join(values.values())} |\n" for number in range(3))
    text = f"# Parts\n\n| {' | '.join(columns)} |\n|{' --- |' * 6}\n{rows}"
    inside = [each for each in split(text, "T", encoder) if not text[each.start : each.end].startswith(("#", "| name"))]
    cut = [each for each in inside if text.startswith("|", each.start) and not text.startswith("| wheel", each.start)]
    assert len(cut) > 5
    for piece in cut:
        assert piece.context.splitlines()[0].startswith("T > Parts > wheel ")
        for column, value in named(text, piece).items():
            assert set(value.split()) <= {column * 2}
    for piece in inside:
        assert piece.context.splitlines()[0].startswith("T > Parts")
        if text.startswith("| wheel", piece.start):
            assert named(text, piece)["name"].startswith("wheel")


def test_wide_table(encoder: Encoder):
    """Every cell of a table as wide as three pieces stands under the name of its column."""
    names = [f"a long column name {number}" for number in range(60)]
    head = f"| {' | '.join(names)} |"
    row = f"| {' | '.join(f'value {number}' for number in range(60))} |"
    text = f"{head}\n|{' --- |' * 60}\n" + f"{row}\n" * 5
    inside = [each for each in split(text, "T", encoder) if text.startswith("| value", each.start)]
    found = {(name.split()[-1], value.split()[-1]) for each in inside for name, value in named(text, each).items()}
    assert found == {(str(number), str(number)) for number in range(60)}
    for piece in split(text, "T", encoder):
        assert tokens(encoder, piece.context) + tokens(encoder, text[piece.start : piece.end]) <= MAX_TOKENS + 48


def test_bars_in_cells(encoder: Encoder):
    """A bar that belongs to a cell counts as no column."""
    text = "| a | b |\n| --- | --- |\n" + f"| {('one' + chr(92) + '| two ') * 60} | {'three ' * 150} |\n"
    last = split(text, "T", encoder)[-1]
    assert last.context.splitlines()[-1] == "| b |"


def test_large_document(encoder: Encoder):
    """A Markdown document of 250 KB is split in less than 2.5 seconds: 1 MB in ten."""
    text = ("# Chapter\n\n" + ("## Section\n\n" + SENTENCE * 30 + "\n\n- a\n- b\n\n") * 10) * 14
    assert len(text) > 250_000
    started = time.process_time()
    assert split(text, "Title", encoder)
    assert time.process_time() - started < 2.5
