"""What a corpus says of its spaces: the file `spaces.toml` at its top, one table a space.

    [hr]
    readers = ["hr", "management"]
    personal = "mask"            # keep, mask, drop or quarantine
    instructions = "quarantine"  # strip, quarantine or keep
    languages = ["en", "de"]     # codes of ISO 639-1; none means any
    allowed = ["@company.example", "+31 555-0100"]  # no personal data: own mail domains, and whole values

What a table does not say, or a space without one, stays as it is; a new space is open to its whole tenant. A file that
is not understood in full is refused: a misspelt name would leave its space open.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.errors import InvalidSettings
from service.core.names import checked_name
from service.core.policies import FIELDS, checked_policy
from service.core.types import Policy

FILE = "spaces.toml"
_REMEDY = 'Write a table such as [hr] with readers = ["hr"] or personal = "mask" for a folder of the corpus.'


@dataclass(frozen=True)
class Rules:
    """Readers and policy of a space; None where its table says nothing of them."""

    readers: frozenset[str] | None = None
    policy: Policy | None = None


def read_rules(corpus: Path, spaces: Sequence[str]) -> dict[str, Rules]:
    """Rules by space; nothing when there is no file. Raises InvalidSettings, and InvalidName naming a group."""
    path = corpus / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettings(f"{path} cannot be read: {error}.", _REMEDY) from error
    if unknown := sorted(set(tables) - set(spaces)):
        raise InvalidSettings(f"{path} names {unknown[0]!r}, and there is no such folder.", _REMEDY)
    return {space: _rules(path, space, table) for space, table in tables.items()}


def _rules(path: Path, space: str, table: Any) -> Rules:
    if not isinstance(table, Mapping) or not table or set(table) - {"readers", *FIELDS}:
        raise InvalidSettings(f"{path} says of {space!r} something else than its readers and policy.", _REMEDY)
    said = {name: value for name, value in table.items() if name != "readers"}
    policy = checked_policy(f"{path}, [{space}]", said) if said else None
    return Rules(_readers(path, space, table["readers"]) if "readers" in table else None, policy)


def _readers(path: Path, space: str, groups: Any) -> frozenset[str]:
    if not isinstance(groups, list) or not all(isinstance(each, str) for each in groups):
        raise InvalidSettings(f"{path} says of {space!r} something else than its readers.", _REMEDY)
    return frozenset(checked_name("group", each) for each in groups)
