"""An App on fakes: SQLite records in a folder of the test, word-hash vectors, no model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bootstrap import open_records
from service.core.app import App
from service.core.settings import Settings
from tests.fakes import fake_parts


@pytest.fixture
def fake_app(tmp_path: Path) -> Iterator[App]:
    """Empty stores; evidence is never too weak, so that a test of another step sees an answer."""
    settings = Settings(data_folder=tmp_path / "data", evidence_threshold=0, parser_process=False)
    records = open_records(settings)
    yield fake_parts(settings, records)
    records.close()
