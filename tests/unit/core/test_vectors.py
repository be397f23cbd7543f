"""Chroma in process, where its limits show."""

from contextlib import closing
from pathlib import Path

import numpy as np

from service.core.types import Index
from service.core.vectors import open_vectors

INDEX = Index("default", "public", 1)


def test_more_ids_than_a_statement_takes(tmp_path: Path) -> None:
    """Vectors are found among more ids than SQLite takes parameters; unknown ones are left out."""
    ids = [f"chk_{number}" for number in range(40_000)]
    kept = [ids[0], ids[-1]]
    with closing(open_vectors(None, tmp_path / "vectors")) as vectors:
        assert vectors.get(INDEX, ids) == {}
        vectors.upsert(INDEX, kept, np.eye(2, 4, dtype=np.float32))
        found = vectors.get(INDEX, ids)
    assert found.keys() == set(kept)
    assert found[ids[-1]].tolist() == [0, 1, 0, 0]
