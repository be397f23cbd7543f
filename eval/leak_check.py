"""From the choices of `ragready eval leaks` to what it prints: gather the sources, compare, say what stops."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from eval.leak_sources import Source, of_corpus, of_prompts, of_training
from eval.leakage import Compared, Detector, enforced
from eval.proposals import Page
from eval.sealed import SEALED, cases_of, with_sealed
from eval.suite import Case, read_suite
from ingestion.load import load
from ingestion.pipeline import Progress
from ingestion.sources import SourceFile, find_sources
from service.bootstrap import open_encoder
from service.core.errors import DocumentProblem
from service.core.settings import Settings

# A question that its corpus holds makes finding it easy; nothing was tuned on it.
_TOLD_ONLY = frozenset({"corpus"})


def check(
    settings: Settings, suite: Path, training: Sequence[Path], sealed: bool, progress: Progress
) -> dict[str, Any]:
    """What was found, by source, and whether it stops a change. Raises PathMissing, InvalidSuite, StorageFull."""
    read = with_sealed(suite, "leaks") if sealed else cases_of(suite, None)
    shut = not sealed and _has_sealed(suite)
    sources = (of_prompts(), of_training(training), of_corpus(pages(read.corpus)))
    cases = read.cases
    detector = Detector(open_encoder(settings))
    found = [detector.splits(cases, with_sealed=not shut)]
    progress(1, len(sources) + 1, found[0].source)
    for done, source in enumerate(sources, 2):
        found.append(_compared(detector, cases, source, shut))
        progress(done, len(sources) + 1, source.name)
    confirmed = [each.source for each in found if each.state == "confirmed" and each.source not in _TOLD_ONLY]
    on = enforced(settings)
    return {
        "suite": read.name,
        "state": worst(found),
        "sources": [asdict(each) for each in found],
        "confirmed": confirmed,
        "on": on,
        "stopped": bool(confirmed) and on,
    }


def worst(found: Sequence[Compared]) -> str:
    """The state of all sources together: a source that could not be had keeps it from being none."""
    states = {each.state for each in found} | {"unknown" for each in found if each.unknown}
    return next(each for each in ("confirmed", "possible", "unknown", "none") if each in states or each == "none")


def pages(corpus: Path) -> list[Page]:
    """The documents of a corpus that can be read."""
    found = []
    for space in sorted(each for each in corpus.iterdir() if each.is_dir() and not each.name.startswith(".")):
        for file in find_sources([space]):
            if isinstance(file, SourceFile):
                try:
                    loaded = load(file, _MAX_BYTES).documents[0]
                except DocumentProblem:  # ingestion holds it back too, so no question is asked of it
                    continue
                found.append(Page(file.source, loaded.title, loaded.text))
    return found


_MAX_BYTES = 50 * 2**20


def _compared(detector: Detector, cases: Sequence[Case], source: Source, shut: bool) -> Compared:
    found = detector.source(cases, source)
    if shut and not found.unknown:
        why = "the sealed cases were not compared; --sealed opens them, which is counted"
        return replace(found, unknown=why, state=found.state if found.leaks else "unknown")
    return found


def _has_sealed(suite: Path) -> bool:
    return any(case.split == SEALED for case in read_suite(suite).cases)
