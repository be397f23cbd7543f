"""One check: which lines, run how, with what result, and the score that this gives.

Evidence is kept of the system as its settings have it. With controls switched off for one check, or over a URL, where
code, corpus and settings are not known here, nothing is kept, and the score is that of the lines asked for alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from eval.checklist.evidence import Result, keep, last
from eval.checklist.fingerprints import Subject, line_subject, path_subject
from eval.checklist.lab import Lab, Off
from eval.checklist.lines import Line, lines
from eval.checklist.runner import LIMIT_SECONDS, run
from eval.checklist.score import Score, score
from service.bootstrap import made_folder
from service.core.settings import Settings

Progress: TypeAlias = Callable[[int, int, str], None]
Runs: TypeAlias = Callable[[Lab, Sequence[Line], Off, float], Iterable[Result]]


@dataclass(frozen=True)
class Wanted:
    """Which lines to check and how. `url` and `key` ask a running service, `off` switches controls off."""

    lines: tuple[Line, ...]
    off: Off = frozenset()
    url: str | None = None
    key: str = ""
    limit_seconds: float = LIMIT_SECONDS

    @property
    def kept(self) -> bool:
        """Whether evidence is kept."""
        return not self.off and self.url is None


@dataclass(frozen=True)
class Checked:
    """The results of the lines asked for, the score, and what all of it speaks of."""

    results: tuple[Result, ...]
    score: Score
    subject: Subject

    @property
    def all_ran(self) -> bool:
        """Whether every probe that was to run did. One that a URL rules out was not to run."""
        seen = [each for result in self.results for each in (result.demo, result.production)]
        return not any(each.state == "could not run" and each.at is not None for each in seen)


def check(settings: Settings, wanted: Wanted, progress: Progress, runs: Runs = run) -> Checked:
    """Run the probes of some lines, keeping what each one found as soon as it stands. Raises StorageFull."""
    now, folder = path_subject(settings), made_folder(evidence_folder(settings))
    results: list[Result] = []
    with Lab(settings, url=wanted.url, key=wanted.key) as lab:
        progress(0, len(wanted.lines), "")
        for result in runs(lab, wanted.lines, wanted.off, wanted.limit_seconds):
            results.append(result)
            progress(len(results), len(wanted.lines), result.line.id)
            if wanted.kept and result.line.probe:
                keep(folder, result, line_subject(now, result.line))
    return _checked(results, _others(folder, results, now) if wanted.kept else [], now)


def kept(settings: Settings, asked: Sequence[Line]) -> Checked:
    """What is kept of some lines; nothing is run."""
    now, folder = path_subject(settings), evidence_folder(settings)
    results = [last(folder, line, line_subject(now, line)) for line in asked]
    return _checked(results, _others(folder, results, now), now)


def evidence_folder(settings: Settings) -> Path:
    """Where evidence is kept."""
    return settings.data_folder / "evidence"


def _others(folder: Path, results: Sequence[Result], now: Subject) -> list[Result]:
    """What is kept of the lines that were not asked for: the total is that of the whole checklist."""
    asked = {result.line.id for result in results}
    return [last(folder, line, line_subject(now, line)) for line in lines() if line.id not in asked]


def _checked(results: Sequence[Result], others: Sequence[Result], now: Subject) -> Checked:
    return Checked(tuple(results), score([*results, *others]), now)
