"""Loading from bytes, for the tests of the loader."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.load import LoadedDocument, load
from ingestion.sources import SourceFile

MEBIBYTE = 2**20


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str, bytes | str], LoadedDocument]:
    """Writes content under a name into a folder and loads it, with a limit of 1 MiB."""

    def write_and_load(name: str, content: bytes | str) -> LoadedDocument:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return load(SourceFile(tmp_path / name, f"folder/{name}"), MEBIBYTE)

    return write_and_load
