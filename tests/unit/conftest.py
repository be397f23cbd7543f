"""An App on fakes: SQLite records in a folder of the test, word-hash vectors, no model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bootstrap import open_records
from service.core.app import App
from service.core.cache import InProcessCache
from service.core.limits import InProcessLimiter
from service.core.personal import Patterns
from service.core.settings import Settings
from service.core.telemetry import Telemetry
from tests.fakes import FakeEncoder, FakeVectors


@pytest.fixture
def fake_app(tmp_path: Path) -> Iterator[App]:
    """Empty stores; evidence is never too weak, so that a test of another step sees an answer."""
    settings = Settings(data_folder=tmp_path / "data", evidence_threshold=0)
    records = open_records(settings)
    vectors = FakeVectors()
    yield App(
        settings=settings,
        records=records,
        vectors=vectors,
        encoder=FakeEncoder(),
        telemetry=Telemetry(),
        cache=InProcessCache(settings.cache_entries),
        limiter=InProcessLimiter(settings.requests_per_minute),
        personal=Patterns(),
        model=None,
        dependencies={"records": records.ping},
    )
    records.close()
