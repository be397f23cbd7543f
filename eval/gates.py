"""What the quality gates hold back: `python -m eval.gates FOLDER...`.

A folder holds files that ingestion reads, or a BEIR corpus (corpus.jsonl, queries.LANG.jsonl); in its place may stand a
file of JSON lines with a `text` or a `context`, of which attacks are left out. All pages are taken for real; noise is
made of them by eval.noise. Pages whose SHA-256 begins with an even byte stand apart; docs/ingestion-quality.md says
what the thresholds were chosen on. Shares have 95% Wilson intervals, and every real page that is held is named.
"""

import hashlib
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.noise import GARBLED, frame
from eval.statistics import mean
from ingestion.characters import respelled
from ingestion.language import language_of
from ingestion.load import load
from ingestion.quality import judge
from ingestion.sources import SourceFile, find_sources
from service.core.errors import DocumentProblem
from service.terminal import print_json

PAGE_CHARACTERS = 3_000
MAX_PAGES_A_FILE = 80
NOISY_PAGES = 150
QUESTIONS_A_PAGE = 10
# Of the languages that the questions are in; noise of these is told by its form alone, and counted apart.
NO_DICTIONARY = frozenset({"ar", "hi", "th", "vi", "zh"})
MAX_BYTES = 50 * 2**20
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Page:
    """A text that people read, and where it comes from. `language` is empty where nobody says."""

    folder: str
    source: str
    text: str
    language: str = ""

    @property
    def half(self) -> str:
        """One of two halves, told by the text alone."""
        return "even" if hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0 else "odd"


def pages_of(folder: Path) -> Iterator[Page]:
    """The pages of a folder or of JSON lines; long texts are cut, what cannot be loaded is left out."""
    if folder.suffix == ".jsonl":
        for number, row in enumerate(_rows(folder)):
            if not row.get("attack"):
                yield Page(folder.name, f"{folder.name}@{number}", row.get("text") or row["context"])
        return
    if (folder / "corpus.jsonl").exists():
        for row in _rows(folder / "corpus.jsonl"):
            yield Page(folder.name, row["_id"], f"{row.get('title', '')}\n\n{row['text']}".strip())
        for path in sorted(folder.glob("queries*.jsonl")):
            yield from _questions(folder.name, path)
        return
    for each in find_sources([folder]):
        if not isinstance(each, SourceFile) or each.source.endswith(".expected.md"):
            continue
        try:
            loaded = load(each, MAX_BYTES)
        except DocumentProblem:
            continue
        for document in loaded.documents:
            for start in range(0, len(document.text), PAGE_CHARACTERS)[:MAX_PAGES_A_FILE]:
                yield Page(folder.name, document.source, document.text[start : start + PAGE_CHARACTERS])


def measure(pages: Sequence[Page], planted: frozenset[str]) -> dict[str, Any]:
    """Shares of real pages kept and of noise held, by half and kind; `planted` names pages that are no real ones."""
    real = [page for page in pages if page.source not in planted]
    kept: dict[str, list[float]] = defaultdict(list)
    held = []
    for page in real:
        code = held_as(page)
        kept[f"{page.half}, real kept, {page.folder}"].append(float(code is None))
        kept[f"{page.half}, real kept, all"].append(float(code is None))
        if code is not None:
            held.append({"folder": page.folder, "source": page.source, "half": page.half, "code": code})
    for page in (page for page in real if page.language):
        told = language_of(page.text).code
        kept[f"{page.half}, language right or undecided"].append(float(told in {"", page.language}))
        kept[f"{page.half}, language told"].append(float(bool(told)))
    for page in real:
        kept[f"{page.half}, words unchanged by cleaning"].append(_words_kept(page.text))
    return {
        "figures": {name: asdict(mean(values)) for name, values in sorted((kept | _noise(real)).items())},
        "held": held,
    }


def held_as(page: Page) -> str | None:
    """The code of what holds a page back after cleaning, or None."""
    text, _ = respelled(page.text)
    try:
        judge(page.source, text, language_of(text))
    except DocumentProblem as error:
        return error.code
    return None


def _noise(real: Sequence[Page]) -> dict[str, list[float]]:
    """Whether each page of noise is held, by half and kind. Mojibake that cleaning mends need not be."""
    draw = random.Random(0)  # noqa: S311  # no secret
    held: dict[str, list[float]] = defaultdict(list)
    for half in ("even", "odd"):
        usable = [page for page in real if page.half == half and len(page.text) >= 300]
        for name, make in {**GARBLED, "boilerplate": frame}.items():
            for page in draw.sample(usable, min(NOISY_PAGES, len(usable))):
                noisy = Page(page.folder, page.source, make(page.text, draw))
                mended = name == "mojibake" and "Ã" not in respelled(noisy.text)[0]
                of = "a language without a dictionary" if page.language in NO_DICTIONARY else name
                held[f"{half}, noise held, {of}"].append(float(mended or held_as(noisy) is not None))
    return held


def _words_kept(text: str) -> float:
    """Whether cleaning leaves every word as it was."""
    return float(_WORD.findall(respelled(text)[0]) == _WORD.findall(text))


def _questions(folder: str, path: Path) -> Iterator[Page]:
    """Questions as pages in the language that the file's name says, English where it says none."""
    language = path.name.removeprefix("queries").removesuffix(".jsonl").strip(".") or "en"
    texts = [row["text"] for row in _rows(path)]
    for start in range(0, len(texts), QUESTIONS_A_PAGE):
        yield Page(folder, f"{path.name}@{start}", " ".join(texts[start : start + QUESTIONS_A_PAGE]), language)


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:  # splitlines() would also split within a text, at U+2028
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    folders = [Path(each) for each in sys.argv[1:]]
    # What samples/PLANTED.md says is no page to be searched.
    no_pages = frozenset({"public/cookies.html", "public/pika-manual-scan.md"})
    print_json(measure([page for folder in folders for page in pages_of(folder)], no_pages))
