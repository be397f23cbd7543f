"""Settings: strict about values always, and about secrets outside development."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.core.errors import InvalidSettings
from service.core.settings import MIN_KEY_CHARACTERS, PLACEHOLDERS, Settings, load_settings

KEY = "f3b1c5a7d9e2486091b7c4d5e6f70812"


def test_the_defaults_need_no_setting() -> None:
    """Without any setting everything stays in one folder of the working directory, on the loopback address."""
    settings = load_settings()
    settings.check_secrets()
    assert (settings.data_folder, settings.host, settings.environment) == (Path("data"), "127.0.0.1", "development")
    assert settings.encoder_path == Path("data/encoder")


def test_a_setting_comes_from_the_environment_below_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins over .env, and a command's option wins over both."""
    Path(".env").write_text("RAGREADY_PORT=1111\nRAGREADY_HITS=3\nUNRELATED=1\n")
    monkeypatch.setenv("RAGREADY_PORT", "2222")
    assert load_settings().port == 2222
    assert load_settings().hits == 3
    assert load_settings(port=3333).port == 3333


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("ENVIRONMENT", "staging"),
        ("EVIDENCE_THRESHOLD", "1.5"),
        ("HITS", "0"),
        ("CANDIDATES", "100000"),
        ("LOCK_WAIT_SECONDS", "-1"),
        ("STORE_TIMEOUT_SECONDS", "0"),
        ("MAX_BODY_BYTES", "12"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A value outside its range stops the start and names the variable."""
    monkeypatch.setenv(f"RAGREADY_{name}", value)
    with pytest.raises(InvalidSettings, match=f"RAGREADY_{name}"):
        load_settings()


def test_settings_do_not_change() -> None:
    """Once read, no part can change a setting for the others."""
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_a_production_key_of_its_own_is_accepted() -> None:
    """A long random key allows a start in production."""
    Settings(environment="production", api_key=KEY).check_secrets()


@pytest.mark.parametrize("key", [None, "", KEY[: MIN_KEY_CHARACTERS - 1], *(f"{KEY}-{word}" for word in PLACEHOLDERS)])
def test_production_refuses_a_key_that_protects_nothing(key: str | None) -> None:
    """A missing, short or placeholder key stops the start, in whatever case it is written; the key is not repeated."""
    for given in {key, key.upper() if key else key}:
        with pytest.raises(InvalidSettings, match="RAGREADY_API_KEY") as refused:
            Settings(environment="production", api_key=given).check_secrets()
        assert KEY not in str(refused.value)


@pytest.mark.parametrize("password", ["password", "change-me", "Secret1"])
def test_production_refuses_a_placeholder_in_the_database_url(password: str) -> None:
    """A placeholder password in the database's URL stops the start too."""
    url = f"postgresql://ragready:{password}@db/ragready"
    with pytest.raises(InvalidSettings, match="RAGREADY_DATABASE_URL"):
        Settings(environment="production", api_key=KEY, database_url=url).check_secrets()


def test_the_placeholder_check_reads_the_password_only() -> None:
    """A database or host whose name looks like a placeholder is no reason to refuse."""
    url = f"postgresql://secret:{KEY}@example-host/password"
    Settings(environment="production", api_key=KEY, database_url=url).check_secrets()


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    """Printing the settings shows neither the key nor a password."""
    shown = repr(Settings(api_key=KEY, database_url=f"postgresql://u:{KEY}@h/d", redis_url=f"redis://:{KEY}@h"))
    assert KEY not in shown


def test_an_unknown_control_is_named_with_the_one_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt control in RAGREADY_CONTROLS_OFF stops the start: it would otherwise stay on without a word."""
    monkeypatch.setenv("RAGREADY_CONTROLS_OFF", "gate, acess")
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert "RAGREADY_CONTROLS_OFF cannot be used" in refused.value.detail
    assert "'acess'" in refused.value.detail
    assert "access" in refused.value.detail
