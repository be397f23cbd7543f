"""What a space's policy may say, checked: for a corpus's spaces.toml and for `ragready spaces policy`."""

from collections.abc import Mapping
from typing import Any, get_args

from service.core.errors import InvalidSettings
from service.core.types import InstructionPolicy, PersonalPolicy, Policy

CHOICES = {"personal": get_args(PersonalPolicy), "instructions": get_args(InstructionPolicy)}
FIELDS = frozenset({*CHOICES, "languages", "allowed"})


def checked_policy(where: str, said: Mapping[str, Any]) -> Policy:
    """A policy of `personal`, `instructions`, `languages`, `allowed`. Raises InvalidSettings naming what is none."""
    for name, choices in CHOICES.items():
        if name in said and said[name] not in choices:
            raise InvalidSettings(f"{where}: {name} is {said[name]!r}.", f"Choose one of {', '.join(choices)}.")
    languages = said.get("languages", [])
    if not isinstance(languages, list) or not all(isinstance(each, str) and len(each) == 2 for each in languages):
        raise InvalidSettings(f"{where}: languages is {languages!r}.", 'Write codes of two letters, such as ["en"].')
    allowed = said.get("allowed", [])
    if not isinstance(allowed, list) or not all(isinstance(each, str) and each.strip(" @.") for each in allowed):
        raise InvalidSettings(
            f"{where}: allowed is {allowed!r}.", 'Write values, or domains such as "@company.example".'
        )
    lists = {"languages": tuple(each.lower() for each in languages), "allowed": tuple(allowed)}
    return Policy(**{**said, **lists})
