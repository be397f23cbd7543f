"""The process that ingests: the jobs of its tenant, and one space for each folder of a corpus, whenever files change.

It looks at the folder at intervals; how jobs are done stands in ingestion.jobs. A store that fails, and a `spaces.toml`
that says something wrong, are reported and looked at again the next time; nothing is ingested until then.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from ingestion import pipeline
from ingestion.jobs import working
from ingestion.report import Report
from ingestion.spaces import Rules, read_rules
from service.core.app import App
from service.core.errors import CouldNotCheck, InvalidName, InvalidSettings, PathMissing, StoreProblem

_log = structlog.get_logger("ragready.worker")


def work(app: App, corpus: Path | None, every_seconds: float, heartbeat: Path | None = None) -> None:
    """Do jobs and ingest every space of `corpus`, again every `every_seconds`; 0 looks once, and does no job.

    The file `heartbeat` is touched at every look and every document, so that a check from outside notices a hang.
    """

    def beat() -> None:
        if heartbeat is not None:
            heartbeat.touch()

    if not every_seconds:
        if corpus is not None:
            _look(app, corpus, beat)
        return
    with working(app, beat):
        while True:
            beat()
            try:
                if corpus is not None:
                    _look(app, corpus, beat)
            except (CouldNotCheck, StoreProblem, InvalidSettings, InvalidName) as error:
                _log.error("ingestion stopped", code=error.code, detail=error.detail, remedy=error.remedy)
            time.sleep(every_seconds)


def _look(app: App, corpus: Path, beat: Callable[[], None]) -> None:
    for report in ingest_spaces(app, corpus, lambda *_: beat()):
        if report.changed or report.problems:
            _tell(report)


def ingest_spaces(app: App, corpus: Path, progress: pipeline.Progress = pipeline.quiet) -> Iterator[Report]:
    """Ingest each subfolder of `corpus` into the space of its name, by the rules of `spaces.toml`.

    Raises PathMissing, and InvalidSettings or InvalidName before anything is ingested.
    """
    if not corpus.is_dir():
        raise PathMissing(f"There is no folder {corpus}.", "Name a folder with one subfolder for each space.")
    folders = sorted(each for each in corpus.iterdir() if each.is_dir() and not each.name.startswith("."))
    rules = read_rules(corpus, [each.name for each in folders])
    for folder in folders:
        said = rules.get(folder.name, Rules())
        yield pipeline.run(app, [folder], folder.name, progress=progress, readers=said.readers, policy=said.policy)


def _tell(report: Report) -> None:
    _log.info("ingested", space=report.space, **vars(report.documents), chunks=report.chunks, seconds=report.seconds)
    if report.held_earlier:
        _log.info("still held back", space=report.space, documents=report.held_earlier)
    if report.findings:
        _log.info("found", space=report.space, **report.findings)
    for problem in report.problems:
        _log.warning("not ingested", space=report.space, source=problem.source, code=problem.code)
