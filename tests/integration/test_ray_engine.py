"""Bulk loads by Ray Data: the same outcome as the local engine, in other processes and other stores."""

import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.servers import Server
from ingestion.pipeline import run
from ingestion.prepare import one_by_one
from ingestion.ray_engine import RayEngine, ray_engine
from service.bootstrap import open_app, open_preparing
from service.core.app import App
from service.core.errors import InvalidSettings
from service.core.settings import Settings, load_settings
from service.core.types import IndexedChunk, Policy, Space, Vector
from tests.corpus import DOCUMENTS, write_corpus

POLICY = Policy(personal="mask")


@dataclass(frozen=True)
class Held:
    """What the stores hold of a space."""

    documents: Mapping[str, Any]
    chunks: Mapping[str, IndexedChunk]
    vectors: Mapping[str, Vector]
    manifest: Mapping[str, Any]
    quarantine: Mapping[str, Any]


def held(app: App, space: Space) -> Held:
    """Everything but the times."""
    documents = [app.records.document(space.tenant, each.id) for each in _summaries(app, space)]
    ids = sorted(app.records.chunk_ids(space.index))
    entries = app.records.manifest.of(space.tenant, space.name).values()
    quarantined = app.records.quarantine.of(space.tenant, [space.name])
    return Held(
        {each.source: _without_times(each) for each in documents if each},
        app.records.chunks([space.index], ids),
        app.vectors.get(space.index, sorted(app.vectors.ids(space.index))),
        {each.source: _without_times(each) for each in entries},
        {each.source: _without_times(each) for each in quarantined},
    )


def _summaries(app: App, space: Space) -> list[Any]:
    return app.records.documents(space.tenant, [space.name])


def _without_times(row: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in {"at", "ingested_at", "decided_at"}}


def write_mixed(folder: Path) -> Path:
    """The small corpus with a copy, an edition before, a broken file, a held one, a stranger, personal data, a mail."""
    write_corpus(folder)
    (folder / "deep").mkdir()
    (folder / "deep" / "warranty-copy.md").write_text(DOCUMENTS["warranty.md"])
    (folder / "tours-old.md").write_text("# Tours\n\nTours along the canal begin at noon, in May and June only.\n")
    (folder / "tours.md").write_text(
        "---\nsupersedes: tours-old.md\n---\n# Tours\n\nTours along the canal begin at ten, from May to September.\n"
    )
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 and then nothing of a document")
    (folder / "garbled.txt").write_text("xqzj wvkp " * 3 + "Ã¢â‚¬Å“ Ã©Ã¨ Ã¢ÂÃƒÂ ÃƒÂ© " * 60)
    (folder / "empty.txt").write_text(" \n")
    (folder / "tool.exe").write_bytes(b"MZ")
    (folder / "people.md").write_text("# People\n\nWrite to anna.berg@velquist.example about the workshop in Aarhus.\n")
    (folder / "letter.eml").write_bytes(
        b"Subject: Pallets\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n"
        b"Content-Type: text/plain\n\nPallets come on Tuesday and go on Friday.\n--B\n"
        b"Content-Type: text/plain; name=list.txt\nContent-Disposition: attachment; filename=list.txt\n\n"
        b"Hall nine takes forty pallets a week, hall ten takes thirty.\n--B--\n"
    )
    return folder


@pytest.fixture
def served(settings: Settings, chroma: Server, database_url: str) -> Settings:
    """Settings with a Chroma server and PostgreSQL."""
    return load_settings(
        data_folder=settings.data_folder.with_name("served"),
        encoder_folder=settings.encoder_folder,
        chroma_url=f"http://127.0.0.1:{chroma.port}",
        database_url=database_url,
    )


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_outcome_is_that_of_the_local_engine(settings: Settings, served: Settings, tmp_path: Path) -> None:
    """Ray makes the same documents, standings, chunks, vectors, manifest and quarantine; nothing of it stays behind."""
    folder = write_mixed(tmp_path / "help")
    with (
        ray_engine(served, open_preparing, workers=2) as engine,
        open_app(served, holder="a test", writes=True) as theirs,
        open_app(settings, holder="a test", writes=True) as ours,
    ):
        listening = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=True).stdout
        assert "gcs_server" in listening
        assert [line for line in listening.splitlines() if "ray" in line and "127.0.0.1" not in line] == []
        compared(ours, theirs, folder, engine)
        standings = {each.standing for each in theirs.records.documents("default", ["public"])}
        assert standings == {"current", "alias", "superseded"}
        (folder / "warranty.md").unlink()
        (folder / "people.md").write_text("# People\n\nWrite to the workshop in Aarhus.\n")
        report = compared(ours, theirs, folder, engine)
        assert (report.documents.removed, report.documents.updated) == (1, 1)
    assert "gcs_server" not in subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout


def compared(ours: App, theirs: App, folder: Path, engine: RayEngine) -> Any:
    """Ingest a folder both ways and compare everything; returns the report."""
    reports = [
        run(app, [folder], "public", policy=POLICY, engine=chosen)
        for app, chosen in ((ours, one_by_one), (theirs, engine))
    ]
    local, by_ray = [{**asdict(each), "seconds": 0.0} for each in reports]
    assert by_ray == local
    (space,) = ours.records.spaces("default")
    expected, found = held(ours, space), held(theirs, space)
    assert found.documents == expected.documents
    assert found.manifest == expected.manifest
    assert found.quarantine == expected.quarantine
    assert {"help/broken.docx", "help/empty.txt"} <= set(found.quarantine)
    assert set(found.chunks) == set(expected.chunks) == set(found.vectors) == set(expected.vectors)
    for each in expected.chunks:
        assert replace(found.chunks[each], tokens=None) == replace(expected.chunks[each], tokens=None)
        assert float(found.vectors[each] @ expected.vectors[each]) > 0.99999
        steps = found.chunks[each].tokens.vectors.astype(int) - expected.chunks[each].tokens.vectors.astype(int)
        assert np.abs(steps).max() <= 1
        assert (found.chunks[each].tokens.spans == expected.chunks[each].tokens.spans).all()
    return reports[1]


def test_it_needs_a_server(settings: Settings) -> None:
    """Without a Chroma server the engine says so before anything starts."""
    with pytest.raises(InvalidSettings, match="RAGREADY_CHROMA_URL"), ray_engine(settings, open_preparing):
        raise AssertionError("it started")
