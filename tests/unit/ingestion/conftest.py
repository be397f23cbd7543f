"""Loading from bytes, for the tests of the loader."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.load import Loaded, LoadedDocument, load
from ingestion.sources import SourceFile

MEBIBYTE = 2**20


@pytest.fixture
def all_loaded(tmp_path: Path) -> Callable[[str, bytes | str], Loaded]:
    """Writes content under a name into a folder and loads it, with a limit of 1 MiB."""

    def write_and_load(name: str, content: bytes | str) -> Loaded:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return load(SourceFile(tmp_path / name, f"folder/{name}"), MEBIBYTE)

    return write_and_load


@pytest.fixture
def loaded(all_loaded: Callable[[str, bytes | str], Loaded]) -> Callable[[str, bytes | str], LoadedDocument]:
    """As `all_loaded`, for a file that is a document: the file's own."""
    return lambda name, content: all_loaded(name, content).documents[0]
