"""Cases and what came back on them, in as few words as a test needs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eval.checklist.lab import Lab
from eval.metrics import scores
from eval.outcome import Scored
from eval.suite import Case
from eval.target import Seen, SeenHit
from service.core.answers import Citation
from service.core.settings import Settings


@pytest.fixture
def scored_of() -> Callable[..., Scored]:
    """A scored case: what was said (None: declined), whether there is an answer, the sources of the hits."""

    def make(
        name: str,
        said: str | None = "It is so.",
        *,
        answerable: bool = True,
        sources: tuple[str, ...] = (),
        relevant: tuple[str, ...] = ("public/a.md",),
        tags: tuple[str, ...] = (),
        citations: tuple[Citation, ...] = (),
        model: str = "extractive",
    ) -> Scored:
        parts = (("so",),) if answerable else ()
        places = tuple((each, "so") for each in relevant) if answerable else ()
        case = Case(name, f"Is {name} so?", answerable, parts, places, ("public",), tags, "tune")
        hits = tuple(SeenHit(each, "public", each, f"{each}#{place}", 1.0, "") for place, each in enumerate(sources))
        seen = Seen(said or "", said is None, None, citations, hits, "hybrid", model)
        return Scored(case, seen, scores(case, seen))

    return make


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab in which nothing is opened yet."""
    with Lab(Settings(data_folder=tmp_path, _env_file=None)) as made:
        yield made
