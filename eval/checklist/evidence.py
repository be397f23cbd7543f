"""Evidence, kept as one JSON file a line in DATA_FOLDER/evidence: what a probe saw, when, and what that speaks of.

Each file is written whole or not at all, so two checks at once leave the later one's. A file that cannot be read is set
aside under another name and told of; it is never taken for a pass. What evidence says is not judged here.
"""

import os
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from eval.checklist.fingerprints import Subject
from eval.checklist.lines import Line
from eval.checklist.states import Finding
from service.bootstrap import made_folder
from service.core.errors import StorageFull
from service.core.locks import file_lock

_WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Observation(Finding):
    """A finding with the moment it was made and what that took; `at` None means that nothing was run."""

    at: datetime | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """A line and what was seen of it on both paths."""

    line: Line
    demo: Observation
    production: Observation


@dataclass(frozen=True)
class Evidence:
    """A result as it is kept: with what it speaks of, and how to repeat it."""

    line: str
    command: str
    demo: Observation
    production: Observation
    subject: Subject

    def seen_from(self, now: Subject) -> "Evidence":
        """This evidence; stale, with its figures, when it does not speak of what is there now."""
        changed = now.changed_since(self.subject)
        if not changed:
            return self
        reason = f"Changed since: {', '.join(changed)}."
        return replace(self, demo=_stale(self.demo, reason), production=_stale(self.production, reason))


@dataclass(frozen=True)
class Damaged:
    """A file of evidence that could not be read, and where it is now."""

    line: str
    reason: str


_FILE = TypeAdapter(Evidence)


def keep(folder: Path, result: Result, now: Subject) -> None:
    """Keep a result as evidence of what is there now. Raises StorageFull."""
    write(folder, Evidence(result.line.id, result.line.command, result.demo, result.production, now))


def last(folder: Path, line: Line, now: Subject) -> Result:
    """What was last seen of a line, stale where it does not speak of what is there now; not run without evidence."""
    found = read(folder, line.id) if line.probe else None
    if isinstance(found, Evidence):
        seen = found.seen_from(now)
        return Result(line, seen.demo, seen.production)
    nothing = Observation("not run", says=found.reason if found else line.missing or "No evidence is kept.")
    return Result(line, nothing, nothing)


def write(folder: Path, evidence: Evidence) -> None:
    """Keep evidence in place of what was kept of its line. Raises StorageFull."""
    with file_lock(made_folder(folder) / "lock", wait_seconds=_WAIT_SECONDS, holder="ragready check"):
        _replace(folder / f"{evidence.line}.json", _FILE.dump_json(evidence, indent=2))


def read(folder: Path, line: str) -> Evidence | Damaged | None:
    """What is kept of a line; None when there is nothing. A damaged file is renamed on the way."""
    path = folder / f"{line}.json"
    try:
        return _parsed(path, line)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        with file_lock(made_folder(folder) / "lock", wait_seconds=_WAIT_SECONDS, holder="ragready check"):
            return _again(path, line)


def _again(path: Path, line: str) -> Evidence | Damaged | None:
    """Read alone: between the first reading and this one, another check may have written or renamed the file."""
    try:
        return _parsed(path, line)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        try:
            path.rename(aside)
        except OSError as stays:
            return Damaged(line, f"Its evidence cannot be read ({type(error).__name__}) nor renamed: {stays.strerror}.")
        return Damaged(line, f"Its evidence could not be read ({type(error).__name__}) and is now {aside.name}.")


def _parsed(path: Path, line: str) -> Evidence:
    """Raises OSError, and ValueError for what is no evidence of this line."""
    found = _FILE.validate_json(path.read_bytes())
    if found.line != line:
        raise ValueError(f"evidence of {found.line}")
    return found


def _replace(path: Path, content: bytes) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageFull(f"{path} cannot be written: {error.strerror}.", "Free some space and try again.") from error


def _stale(seen: Observation, reason: str) -> Observation:
    if seen.at is None:
        return seen
    return replace(seen, state="stale", says=f"{reason} It said {seen.state}. {seen.says}".strip())
