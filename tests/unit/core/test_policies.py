"""What a space does with personal data, instructions and languages: checked, kept, changed by a command."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.bootstrap import open_records
from service.commands import spaces_app
from service.core.errors import InvalidSettings
from service.core.policies import checked_policy
from service.core.settings import Settings
from service.core.types import IndexRecipe, Policy


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"personal": "hide"}, "personal is 'hide'"),
        ({"instructions": "mask"}, "instructions is 'mask'"),
        ({"languages": ["english"]}, "languages is ['english']"),
        ({"languages": "en"}, "languages is 'en'"),
        ({"allowed": ["@"]}, "allowed is ['@']"),
        ({"allowed": "x"}, "allowed is 'x'"),
    ],
)
def test_a_policy_that_is_none_is_refused(said: dict, named: str) -> None:
    """Where it was said and the offending value stand in the error."""
    with pytest.raises(InvalidSettings) as raised:
        checked_policy("here", said)
    assert raised.value.detail == f"here: {named}."


def test_what_is_not_said_is_the_default() -> None:
    """A policy may say some of its fields; codes of languages are written small."""
    assert checked_policy("here", {}) == Policy()
    assert checked_policy("here", {"personal": "drop", "languages": ["EN"]}) == Policy("drop", "strip", ("en",))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one space."""
    settings = Settings(data_folder=tmp_path, _env_file=None)
    with closing(open_records(settings)) as records:
        records.ensure_space("default", "hr", IndexRecipe())
    return tmp_path


def policy(data: Path, *options: str) -> tuple[int, str]:
    """Exit code and output of `ragready spaces policy`."""
    done = CliRunner().invoke(spaces_app, ["policy", *options, "--data", str(data)])
    return done.exit_code, done.output


def test_the_command_changes_what_it_is_told_and_no_more(data: Path) -> None:
    """One field after the other, and `any` for no language in particular; without an option it shows."""
    assert policy(data, "hr", "--personal", "mask", "--languages", "en, DE")[0] == 0
    assert policy(data, "hr", "--instructions", "quarantine")[0] == 0
    assert policy(data, "hr", "--allow", "@company.example", "--allow", "+31 555-0100")[0] == 0
    told = {"space": "hr", "personal": "mask", "instructions": "quarantine", "languages": ["en", "de"]}
    told |= {"allowed": ["@company.example", "+31 555-0100"]}
    assert json.loads(policy(data, "hr", "--json")[1]) == told
    policy(data, "hr", "--languages", "any")
    assert "languages any" in policy(data, "hr")[1]
    with closing(open_records(Settings(data_folder=data, _env_file=None))) as records:
        [space] = records.spaces("default")
    assert space.policy == Policy("mask", "quarantine", (), ("@company.example", "+31 555-0100"))


@pytest.mark.parametrize("options", [("nowhere",), ("hr", "--languages", "english"), ("hr", "--personal", "hide")])
def test_the_command_refuses_what_is_wrong(data: Path, options: tuple[str, ...]) -> None:
    """An unknown space and a value that is none change nothing and do not end well."""
    assert policy(data, *options)[0] != 0
    with closing(open_records(Settings(data_folder=data, _env_file=None))) as records:
        assert records.spaces("default")[0].policy == Policy()
