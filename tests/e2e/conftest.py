"""What every end-to-end test starts from: the real command, and a data folder that already holds the small corpus."""

import shutil
from pathlib import Path

import pytest

from tests.corpus import write_corpus
from tests.processes import Ragready


@pytest.fixture
def ragready(tmp_path: Path, encoder_folder: Path) -> Ragready:
    """The command on an empty data folder."""
    return Ragready(tmp_path / "data", encoder_folder.parent)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Ragready:
    """The command on a data folder that holds the small corpus in the space `public`. Tests only read it."""
    folder = tmp_path_factory.mktemp("filled")
    ragready = Ragready(folder / "data", encoder_folder.parent)
    done = ragready("ingest", write_corpus(folder / "help"), "--space", "public")
    assert done.code == 0, done
    return ragready


@pytest.fixture
def copied(filled: Ragready, tmp_path: Path, encoder_folder: Path) -> Ragready:
    """The same on a copy that a test may damage."""
    return Ragready(shutil.copytree(filled.data, tmp_path / "data"), encoder_folder.parent)


@pytest.fixture
def help_folder(filled: Ragready) -> Path:
    """The folder that the corpus was ingested from. Tests only read it."""
    return filled.data.with_name("help")
