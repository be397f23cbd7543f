"""JSON to Markdown: a list of like records as a table, anything else as an outline of keys and values."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.formats import Converted
from ingestion.formats.table import markdown_table
from ingestion.formats.text import decoded
from service.core.errors import DamagedFile

# Deeper structures are written as JSON: nobody reads an outline of thirty levels.
_MAX_LEVELS = 8
# Records with more different keys than this are not one table.
_MAX_COLUMNS = 40


def convert(data: bytes, source: str) -> Converted:
    """A JSON file. Raises MislabelledFile, DamagedFile."""
    return _of(_parsed(decoded(data, source), source))


def convert_lines(data: bytes, source: str) -> Converted:
    """One JSON value a line. Raises MislabelledFile, DamagedFile naming the line."""
    lines = enumerate(decoded(data, source).split("\n"), start=1)
    return _of([_parsed(line, f"{source}, line {number}") for number, line in lines if line.strip()])


def _of(value: Any) -> Converted:
    title = value.get("title") if isinstance(value, Mapping) else None
    return Converted("\n".join(_written(value, 0)), title if isinstance(title, str) else None)


def _parsed(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DamagedFile(f"{source} is no JSON: {error}.", "Export it again.") from error


def _written(value: Any, level: int) -> Iterator[str]:
    indent = "  " * level
    if level >= _MAX_LEVELS:
        yield f"{indent}- {json.dumps(value, ensure_ascii=False)}"
    elif _is_table(value):
        columns = list(dict.fromkeys(key for record in value for key in record))
        rows = [columns, *([_shown(record.get(key)) for key in columns] for record in value)]
        yield from ["", markdown_table(rows), ""]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _entry(f"{indent}- {key}:", inner, level)
    elif isinstance(value, list):
        for inner in value:
            yield from _entry(f"{indent}-", inner, level)
    else:
        yield indent + _shown(value)


def _entry(head: str, inner: Any, level: int) -> Iterator[str]:
    if isinstance(inner, Mapping | list) and inner:
        yield head
        yield from _written(inner, level + 1)
    else:
        yield f"{head} {_shown(inner)}".rstrip()


def _is_table(value: Any) -> bool:
    """Whether it is two or more records with plain values and much the same keys."""
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(each, Mapping) and each for each in value):
        return False
    plain = all(not isinstance(inner, Mapping | list) or _is_short(inner) for each in value for inner in each.values())
    return plain and len({key for each in value for key in each}) <= _MAX_COLUMNS


def _is_short(value: Any) -> bool:
    return isinstance(value, Sequence) and all(not isinstance(each, Mapping | list) for each in value)


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(map(_shown, value))
        case Mapping():
            return ""
    return str(value)
