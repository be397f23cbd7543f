"""A run while it is made: a folder that grows by a line a case, so that a run goes on after kill -9.

The run NAME is made in the folder `.NAME.partial` beside it and gets its name when it is complete. Whoever makes it
holds the lock in that folder. Nothing is asked or scored here.
"""

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from eval.case_lines import line_of, outcome_of_line
from eval.outcome import Outcome
from eval.record import CASES, CONFIG, PAGE, PARTIAL, SUMMARY, read_json, read_lines, write_json
from eval.suite import Case
from service.core.errors import InvalidRun, PathMissing, StorageFull
from service.core.locks import file_lock

_LOCK = "lock"
# What two passes of one run may differ in; anything else would mix two products.
_OF_A_PASS = frozenset({"at", "command", "model", "not_indexed", "resumed"})


def run_name(suite: str, strategy: str) -> str:
    """The name of a new run's folder; names sort by time, also those of one second."""
    words = (datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), suite, strategy, secrets.token_hex(3))
    return re.sub(r"[^\w.-]+", "-", "-".join(words))


class Journal:
    """A run that is not complete: what is known of its cases, and where the next ones are written."""

    def __init__(self, folder: Path, config: Mapping[str, Any], done: Mapping[str, Outcome], lines: IO[bytes]) -> None:
        self.folder = folder
        self.config = config
        self.done = done
        self._lines = lines

    @property
    def complete(self) -> Path:
        """Where the run stands when it is complete."""
        return self.folder.with_name(self.folder.name.removeprefix(".").removesuffix(PARTIAL))

    def keep(self, outcome: Outcome) -> None:
        """Write a case down. Raises StorageFull; the run can then go on from the cases before it."""
        with _writing(self.folder):
            self._lines.write(line_of(outcome))
            self._lines.flush()

    def finish(
        self, config: Mapping[str, Any], outcomes: Sequence[Outcome], summary: Mapping[str, Any], page: str
    ) -> None:
        """Put the cases in the suite's order, write summary and page, and give the run its name. Raises StorageFull."""
        with _writing(self.folder):
            write_json(self.folder / CONFIG, config)
            (self.folder / CASES).write_bytes(b"".join(map(line_of, outcomes)))
            (self.folder / PAGE).write_text(page, encoding="utf-8")
            write_json(self.folder / SUMMARY, summary)
            (self.folder / _LOCK).unlink()
            self.folder.rename(self.complete)


@contextmanager
def started(folder: Path, config: Mapping[str, Any]) -> Iterator[Journal]:
    """The journal of a new run that is to stand in `folder`. Raises StorageFull."""
    partial = _partial(folder)
    with _writing(partial):
        partial.mkdir(parents=True)
        write_json(partial / CONFIG, config)
    with _held(partial), (partial / CASES).open("ab") as lines:
        yield Journal(partial, config, {}, lines)


@contextmanager
def resumed(folder: Path, config: Mapping[str, Any], cases: Sequence[Case]) -> Iterator[Journal]:
    """The journal of an interrupted run, with what became of the cases that it got through; `folder` is either name.

    Raises InvalidRun where the run is complete, or was of something else than `config`; DataFolderInUse while it runs.
    """
    partial = folder if folder.name.endswith(PARTIAL) else _partial(folder)
    if not partial.is_dir():
        raise _not_interrupted(folder)
    with _held(partial):
        kept = read_json(partial / CONFIG)
        if other := differing(kept, config):
            raise InvalidRun(
                f"{partial} is a run of another {', another '.join(other)}.",
                "Repeat the command of its config.json on the same code, or start a new run without --resume.",
            )
        done = _done(partial, cases)
        kept["resumed"] = [*kept.get("resumed", []), {"at": config["at"], "cases": len(done)}]
        with _writing(partial):
            write_json(partial / CONFIG, kept)
        with (partial / CASES).open("ab") as lines:
            yield Journal(partial, kept, done, lines)


def interrupted(folder: Path, config: Mapping[str, Any]) -> Path:
    """The newest interrupted run in a folder of runs that `config` can go on with. Raises PathMissing."""
    for partial in sorted(folder.glob(f".*{PARTIAL}"), reverse=True):
        if (partial / CONFIG).is_file() and not differing(read_json(partial / CONFIG), config):
            return partial
    raise PathMissing(f"{folder} holds no interrupted run of this command.", "Start one without --resume.")


def differing(kept: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """What is not the same in two passes of a run and has to be, by name."""
    own = json.loads(json.dumps(config, default=str))
    return [name for name in {**own, **kept} if name not in _OF_A_PASS and kept.get(name) != own.get(name)]


def _done(partial: Path, cases: Sequence[Case]) -> dict[str, Outcome]:
    """What became of the cases so far; half a line at the end, whose writing was cut off, is cut off the file."""
    path = partial / CASES
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    with _writing(partial):
        path.write_bytes(whole)
    known = {case.id: case for case in cases}
    return {line["id"]: outcome_of_line(line, known[line["id"]]) for line in read_lines(path)}


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{PARTIAL}")


def _not_interrupted(folder: Path) -> InvalidRun | PathMissing:
    if folder.is_dir():
        return InvalidRun(f"{folder} is complete.", "Start a new run without --resume.")
    return PathMissing(f"There is no interrupted run {folder}.", "Start one without --resume.")


@contextmanager
def _held(partial: Path) -> Iterator[None]:
    with file_lock(partial / _LOCK, wait_seconds=0, holder="ragready eval run"):
        yield


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"{folder} cannot be written: {error.strerror}.", "Name another folder with --out."
        ) from error
