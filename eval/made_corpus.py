"""Writes folders of made-up pages for measurements: sentences of the sample corpus in chance order, each page once.

The pages are Markdown, in English, and say nothing sensible. What other formats cost is not seen with them.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "samples" / "corpus"
_MARKUP = ("#", "|", "-", "`", ">")


@dataclass(frozen=True)
class PageSize:
    """How long a page is."""

    sections: int
    paragraphs: int
    sentences: int


# About 850 words in seven chunks, and about 55 words in one.
PAGE, NOTE = PageSize(4, 3, 4), PageSize(1, 1, 3)


def write_pages(folder: Path, count: int, size: PageSize, seed: int = 0) -> Path:
    """Write `count` pages into the folder, the same ones for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"page-{number:06d}.md").write_text(page(number, size, seed), encoding="utf-8")
    return folder


def page(number: int, size: PageSize, seed: int = 0) -> str:
    """One page."""
    chance = random.Random(f"{seed}.{number}")  # noqa: S311  # nothing secret
    sections = [_section(chance, place, size) for place in range(size.sections)]
    return f"# Page {seed}.{number}\n\n" + "\n\n".join(sections) + "\n"


def change_pages(folder: Path, share: float, seed: int = 0) -> list[Path]:
    """Replace one sentence in the middle of a share of the pages; returns those that were changed."""
    pages = sorted(folder.iterdir())
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    changed = chance.sample(pages, max(1, round(share * len(pages))))
    for each in changed:
        paragraphs = each.read_text(encoding="utf-8").split("\n\n")
        middle = next(at for at in range(len(paragraphs) // 2, len(paragraphs)) if paragraphs[at][:1] != "#")
        said = paragraphs[middle].split(". ")
        paragraphs[middle] = ". ".join([*said[:-1], f"This was corrected on day {chance.randrange(10_000)}."])
        each.write_text("\n\n".join(paragraphs), encoding="utf-8")
    return changed


def _section(chance: random.Random, place: int, size: PageSize) -> str:
    paragraphs = [" ".join(chance.sample(sentences(), size.sentences)) for _ in range(size.paragraphs)]
    return f"## Part {place + 1}\n\n" + "\n\n".join(paragraphs)


@lru_cache(maxsize=1)
def sentences() -> Sequence[str]:
    """Sentences of the sample corpus, in the order of the alphabet."""
    lines = (line for file in sorted(SAMPLES.rglob("*.md")) for line in file.read_text(encoding="utf-8").splitlines())
    found = {each for line in lines if not line.startswith(_MARKUP) for each in re.split(r"(?<=\.) ", line)}
    return sorted(each for each in found if 40 < len(each) < 300 and each.endswith("."))
