"""The list of controls."""

from importlib import import_module

import pytest

from service.core.controls import CONTROL_NAMES, CONTROLS, checked_controls
from service.core.errors import UnknownControl


def test_every_name_has_an_entry_and_a_home() -> None:
    """The list describes each control once, and its home can be imported."""
    assert tuple(each.name for each in CONTROLS) == CONTROL_NAMES
    assert all(import_module(each.home) and each.protects for each in CONTROLS)


def test_names_become_switches() -> None:
    """Known names are taken as they are."""
    assert checked_controls(["access", "citations"]) == {"access", "citations"}


@pytest.mark.parametrize(("name", "hint"), [("acces", "Did you mean access?"), ("zzz", "output-guard")])
def test_an_unknown_control_is_named_with_what_is_meant(name: str, hint: str) -> None:
    """A misspelt name gets the nearest one, any other all names."""
    with pytest.raises(UnknownControl) as refused:
        checked_controls([name])
    assert repr(name) in refused.value.detail
    assert hint in refused.value.remedy
