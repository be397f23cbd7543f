"""Versions of a golden set: `version.json` says what the cases are now, `CHANGES.md` what each version changed.

A version is a number and the fingerprint of all cases. A figure of one version says nothing of another's; git has the
cases of each. Ids are named, also those of sealed cases, and never a text.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eval.suite import Case, read_suite, read_utf8
from service.core.errors import InvalidSuite, StorageFull

FILE, CHANGES = "version.json", "CHANGES.md"
_NAMED = 20


@dataclass(frozen=True)
class Version:
    """A version of a golden set: `cases` has a fingerprint by case id. Number 0 has no case: nothing was kept yet."""

    number: int
    at: str
    fingerprint: str
    cases: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What differs between two versions, by case id."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


_VERSION = TypeAdapter(Version)


def kept_version(folder: Path) -> Version:
    """The version that was kept last. Raises InvalidSuite."""
    path = folder / FILE
    if not path.is_file():
        return Version(0, "", "", {})
    try:
        return _VERSION.validate_json(read_utf8(path))
    except ValidationError as error:
        raise InvalidSuite(f"{path} is no version.", "Restore the file from the repository's history.") from error


def changed_since(folder: Path, kept: Version) -> Change:
    """How the cases differ from a version. Raises PathMissing, InvalidSuite."""
    now = _fingerprints(folder)
    return Change(
        added=tuple(sorted(now.keys() - kept.cases.keys())),
        changed=tuple(sorted(each for each in now.keys() & kept.cases.keys() if now[each] != kept.cases[each])),
        removed=tuple(sorted(kept.cases.keys() - now.keys())),
    )


def keep_version(folder: Path, note: str = "") -> Version:
    """Keep the cases as the next version with what it changed; the last one as it is when nothing differs.

    Raises PathMissing, InvalidSuite, StorageFull.
    """
    kept = kept_version(folder)
    change = changed_since(folder, kept)
    if not change:
        return kept
    made = Version(
        number=kept.number + 1,
        at=datetime.now(UTC).date().isoformat(),
        fingerprint=read_suite(folder).fingerprint,
        cases=_fingerprints(folder),
    )
    try:
        # first what people read: a version that is kept without its entry would never get one
        _write(folder / CHANGES, _with_entry(folder / CHANGES, made, change, note))
        _write(folder / FILE, json.dumps(asdict(made), indent=0, sort_keys=True) + "\n")
    except OSError as error:
        raise StorageFull(f"{folder} cannot be written: {error.strerror}.", "Free some space and try again.") from error
    return made


def case_fingerprint(case: Case) -> str:
    """Identity of everything that a case says."""
    return hashlib.sha256(json.dumps(asdict(case), sort_keys=True).encode()).hexdigest()[:10]


def _fingerprints(folder: Path) -> dict[str, str]:
    return {case.id: case_fingerprint(case) for case in read_suite(folder).cases}


def _with_entry(path: Path, made: Version, change: Change, note: str) -> str:
    head = "# Changes of this golden set\n"
    before = read_utf8(path).removeprefix(head) if path.is_file() else ""
    lines = [f"\n## {made.number}: {made.at}, {len(made.cases)} cases, fingerprint {made.fingerprint}\n"]
    if note:
        lines.append(f"{note}\n")
    lines += [f"- {name}: {_listed(ids)}" for name, ids in asdict(change).items() if ids]
    return head + "\n".join(lines) + "\n" + before


def _listed(ids: tuple[str, ...]) -> str:
    named = ", ".join(ids[:_NAMED])
    return f"{len(ids)} ({named}{', …' if len(ids) > _NAMED else ''})"


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
