"""Which cases a command may look at: the sealed split stays shut unless it is asked for, and openings are counted.

A figure of the sealed split is worth as much as it is rare: each look at it is a chance to tune on it. Openings stand
in `sealed.jsonl` beside the cases, one line each, to be committed; a line is written before anything is looked at, so
that a run which is interrupted counts too; going on with it is the same look. That nobody reads the file with an editor
cannot be seen from here.
"""

import getpass
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from eval import provenance
from eval.suite import Suite, read_lines, read_suite
from service.core.errors import InvalidSuite, StorageFull

SEALED = "sealed"
FILE = "sealed.jsonl"
Purpose: TypeAlias = Literal["run", "label", "leaks"]


@dataclass(frozen=True)
class Opening:
    """One look at the sealed split: when, by whom, what for, at which commit, and how many cases it had."""

    at: str
    by: str
    why: Purpose
    commit: str | None
    cases: int


_LINE = TypeAdapter(Opening)


def asked_split(split: str | None, *, sealed: bool) -> str | None:
    """The split that a command's options ask for. Raises InvalidSuite for the sealed split by another option."""
    if split == SEALED or (split and sealed):
        raise InvalidSuite(
            f"--split {split} cannot be used{' with --sealed' if sealed else ''}.",
            "Use --sealed for the sealed split: it asks for nothing else, and counts how often it was opened.",
        )
    return SEALED if sealed else split


def cases_of(folder: Path, split: str | None, *, again: bool = False) -> Suite:
    """The suite limited to a split; without one every case that is not sealed. The sealed split is opened, and counted.

    `again`: for a run that goes on after an interruption, and was counted when it began. Where no opening for a run of
    as many cases at this commit is written down, it is counted all the same.

    Raises PathMissing, InvalidSuite, StorageFull.
    """
    if split == SEALED:
        return _opened_before(folder) if again else opened(folder, "run")
    suite = read_suite(folder, split)
    kept = tuple(case for case in suite.cases if case.split != SEALED)
    if not kept:
        raise InvalidSuite(f"Every case of {folder} is sealed.", "Use --sealed, which counts how often it was opened.")
    return replace(suite, cases=kept)


def _opened_before(folder: Path) -> Suite:
    suite = read_suite(folder, SEALED)
    before = {(each.why, each.commit, each.cases) for each in openings(folder)}
    return suite if ("run", provenance.commit(), len(suite.cases)) in before else opened(folder, "run")


def opened(folder: Path, why: Purpose) -> Suite:
    """The sealed cases alone; the opening is written down first. Raises PathMissing, InvalidSuite, StorageFull."""
    suite = read_suite(folder, SEALED)
    made = Opening(datetime.now(UTC).isoformat(timespec="seconds"), _who(), why, provenance.commit(), len(suite.cases))
    try:
        with (folder / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(made)) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFull(
            f"{folder / FILE} cannot be written: {error.strerror}.", "The split stays shut while nobody can count."
        ) from error
    return suite


def with_sealed(folder: Path, why: Purpose) -> Suite:
    """Every case, the sealed ones too; the opening is written down first. Raises as `opened`."""
    if any(case.split == SEALED for case in read_suite(folder).cases):
        opened(folder, why)
    return read_suite(folder)


def openings(folder: Path) -> Sequence[Opening]:
    """Every opening so far, the first one first. Raises InvalidSuite naming the line."""
    if not (folder / FILE).is_file():
        return ()
    found = []
    for number, line in read_lines(folder / FILE):
        try:
            found.append(_LINE.validate_json(line))
        except ValidationError as error:
            raise InvalidSuite(
                f"{folder / FILE}, line {number} is no opening.", "Restore the file from the repository's history."
            ) from error
    return tuple(found)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return str(os.getuid())
