"""The kill drill in small; docs/jobs.md has the table of the full one."""

import random
from pathlib import Path

import pytest

from eval.kill_stores import Embedded, Servers, snapshot
from eval.kills import Kill, drill, page_text, settled, submitted

DOCUMENTS = 24


@pytest.fixture
def values(encoder_folder: Path) -> dict[str, object]:
    """Settings of the drill."""
    return {"encoder_folder": encoder_folder.parent, "max_chunk_tokens": 30}


def last(drills) -> Kill:
    *_, done = drills
    return done.kills[-1]


def test_a_killed_job_ends_as_if_undisturbed_embedded(tmp_path: Path, values: dict[str, object]) -> None:
    """After kill -9 the next worker makes the same index, and a reader saw whole documents only."""
    kill = last(drill(Embedded(tmp_path, **values), DOCUMENTS, 1, random.Random(3)))
    assert kill.held, kill
    assert kill.looks > 0


def test_a_killed_job_ends_as_if_undisturbed_with_servers(
    tmp_path: Path, values: dict[str, object], postgres: object
) -> None:
    """The same on PostgreSQL and a Chroma server, while a service answers: no answer fails or mixes versions."""
    setup = Servers(tmp_path, postgres.get_uri(), **values)
    kill = last(drill(setup, DOCUMENTS, 1, random.Random(4)))
    assert kill.held, kill
    assert kill.answers > 0


def test_a_difference_is_told(tmp_path: Path, values: dict[str, object]) -> None:
    """Two indexes that differ by one document are not taken for the same."""
    setup = Embedded(tmp_path, **values)
    with setup.place("one") as one:
        settled(one, submitted(one, {"page-1.md": page_text("page-1.md", 1)}))
        before = snapshot(one)
        settled(one, submitted(one, {"page-1.md": page_text("page-1.md", 2)}))
        told = snapshot(one).differences(before)
    assert {each.partition(":")[0] for each in told} == {"documents", "chunks", "lexical", "manifest", "vectors"}
