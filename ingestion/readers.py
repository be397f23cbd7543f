"""Who may read the spaces of a corpus: the file `spaces.toml` at its top, one table a space.

    [hr]
    readers = ["hr", "management"]

A space without a table keeps its readers, and a new one is open to its whole tenant. A file that is not understood in
full is refused: a misspelt name would leave its space open.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from service.core.errors import InvalidSettings
from service.core.names import checked_name

FILE = "spaces.toml"
_REMEDY = 'Write a table such as [hr] with readers = ["hr"] for each folder that not everyone may read.'


def read_readers(corpus: Path, spaces: Sequence[str]) -> dict[str, frozenset[str]]:
    """Groups by space; nothing when there is no file. Raises InvalidSettings, and InvalidName naming a group."""
    path = corpus / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettings(f"{path} cannot be read: {error}.", _REMEDY) from error
    if unknown := sorted(set(tables) - set(spaces)):
        raise InvalidSettings(f"{path} names {unknown[0]!r}, and there is no such folder.", _REMEDY)
    return {space: _readers(path, space, table) for space, table in tables.items()}


def _readers(path: Path, space: str, table: Any) -> frozenset[str]:
    groups = table.get("readers") if isinstance(table, Mapping) and set(table) == {"readers"} else None
    if not isinstance(groups, list) or not all(isinstance(each, str) for each in groups):
        raise InvalidSettings(f"{path} says of {space!r} something else than its readers.", _REMEDY)
    return frozenset(checked_name("group", each) for each in groups)
