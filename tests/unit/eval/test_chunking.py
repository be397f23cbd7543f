"""Splitters are scored by the characters of the gold excerpts that the best chunks hold."""

import asyncio
import json
from pathlib import Path

import pytest

from eval.chunking import FIGURES, evaluate
from eval.chunking_set import Overlap, likeness, overlap, read_chunking_set, touching
from ingestion.pipeline import quiet
from ingestion.splitting.spans import Span
from service.core.app import App
from service.core.errors import InvalidSuite, PathMissing, UnknownSplitter
from service.core.settings import SPLITTERS

BELLS = "The bell is loud. It rings twice. " * 3 + "Bells of brass cost ten euros. " + "A bell needs oil. " * 4
LAMPS = (
    "A lamp is bright at night. " * 5 + "Lamps with dynamo cost thirty euros. " + "Rain does no harm to a lamp. " * 4
)
GOLD = {"bells.md": "Bells of brass cost ten euros.", "lamps.md": "Lamps with dynamo cost thirty euros."}


def write(folder: Path, *lines: object) -> Path:
    """A set of two corpora; without lines, one question to each."""
    (folder / "corpora").mkdir(exist_ok=True)
    texts = {"bells.md": BELLS, "lamps.md": LAMPS}
    for name, text in texts.items():
        (folder / "corpora" / name).write_text(text)
    asked = lines or [
        {"id": name, "question": f"What cost {quote}", "corpus": name, "spans": [span(texts[name], quote)]}
        for name, quote in GOLD.items()
    ]
    (folder / "questions.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in asked))
    return folder


def span(text: str, quote: str) -> dict[str, int]:
    start = text.index(quote)
    return {"start": start, "end": start + len(quote)}


def test_figures_of_a_question() -> None:
    """Recall counts found characters of the excerpts, precision what was read for them, IoU both."""
    excerpts = [Span(10, 20), Span(40, 50)]
    assert overlap([Span(0, 20)], 0, excerpts) == Overlap(0.5, 0.5, 10 / 30)
    assert overlap([Span(10, 20), Span(40, 50)], 0, excerpts) == Overlap(1, 1, 1)
    assert overlap([], 100, excerpts) == Overlap(0, 0, 0)
    assert overlap([], 0, excerpts) == Overlap(0, 0, 0)


def test_what_is_read_twice_counts_twice() -> None:
    """Chunks of another corpus and characters in two chunks lower precision and do not raise recall."""
    assert overlap([Span(10, 20), Span(10, 20)], 20, [Span(10, 20)]) == Overlap(1, 0.25, 0.25)


def test_chunks_that_touch() -> None:
    """A chunk that ends where an excerpt begins holds nothing of it; a character counts once in the likeness."""
    chunks = [Span(0, 10), Span(5, 15), Span(20, 30)]
    assert touching(chunks, [Span(10, 20)]) == [Span(5, 15)]
    assert likeness([Span(5, 15), Span(5, 15)], [Span(10, 20)]) == 5 / 15
    assert likeness([], [Span(10, 20)]) == 0


@pytest.mark.parametrize("name", SPLITTERS)
def test_a_splitter_is_scored(fake_app: App, tmp_path: Path, name: str) -> None:
    """Each splitter gets every figure with its interval and n, its chunks and its times; the found excerpt counts."""
    settings = fake_app.settings.model_copy(update={"max_chunk_tokens": 20})
    app = App(**{**vars(fake_app), "settings": settings})
    body = asyncio.run(evaluate(app, write(tmp_path), [name], None, quiet))
    found = body["splitters"][name]
    assert all({"value", "low", "high", "n"} == set(found[figure]) for figure in FIGURES)
    assert found["recall"]["value"] > 0.95  # a window ends in the middle of an excerpt, and blanks are trimmed
    assert 0 < found["iou"]["value"] < found["iou_touching"]["value"] <= found["precision_omega"]["value"] < 1
    assert found["chunks"] > 2
    assert 0 < found["tokens_mean"] <= 20
    assert (body["n"], body["failed"]) == (2, 0)


def test_halves(fake_app: App, tmp_path: Path) -> None:
    """The two halves share no question and make up the whole."""
    write(tmp_path)
    for half in ("tune", "test"):
        body = asyncio.run(evaluate(fake_app, tmp_path, ["windows"], half, quiet))
        assert (body["n"], body["half"]) == (1, half)
    with pytest.raises(InvalidSuite, match="no half 'both'"):
        asyncio.run(evaluate(fake_app, tmp_path, ["windows"], "both", quiet))


def test_a_question_that_fails_is_counted(fake_app: App, tmp_path: Path) -> None:
    """A question that cannot be asked is a failure with its reason, not a score."""
    write(tmp_path, {"id": "q", "question": "\u200b", "corpus": "bells.md", "spans": [{"start": 0, "end": 4}]})
    body = asyncio.run(evaluate(fake_app, tmp_path, ["windows"], None, quiet))
    assert (body["n"], body["failed"]) == (1, 1)
    assert body["failures"][0]["id"] == "windows q"
    assert body["splitters"]["windows"]["recall"]["n"] == 0


def test_an_unknown_splitter_is_refused(fake_app: App, tmp_path: Path) -> None:
    """The error lists the splitters there are."""
    with pytest.raises(UnknownSplitter, match="structure, recursive"):
        asyncio.run(evaluate(fake_app, write(tmp_path), ["guess"], None, quiet))


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        {"id": "q", "question": "?", "corpus": "brakes.md", "spans": [{"start": 0, "end": 4}]},
        {"id": "q", "question": "?", "corpus": "bells.md", "spans": [{"start": 0, "end": 9_999}]},
        {"id": "q", "question": "?", "corpus": "bells.md", "spans": [{"start": 4, "end": 4}]},
        {"id": "q", "question": "?", "corpus": "bells.md", "spans": []},
        {"id": "q", "corpus": "bells.md", "spans": [{"start": 0, "end": 4}]},
    ],
    ids=["no object", "unknown corpus", "beyond the end", "empty span", "no span", "no question"],
)
def test_a_broken_set_is_refused(tmp_path: Path, line: object) -> None:
    """What cannot be scored is refused with file and line."""
    with pytest.raises(InvalidSuite, match=r"questions\.jsonl, line 1"):
        read_chunking_set(write(tmp_path, line))


def test_a_folder_without_corpora_is_refused(tmp_path: Path) -> None:
    """A folder of another layout is named with the layout that is wanted."""
    with pytest.raises(PathMissing, match="corpora"):
        read_chunking_set(tmp_path)
