"""The path of a document: find, prepare, embed, commit. One file's failure never stops the others.

Preparing (ingestion.prepare) is load, clean, gates, policy, scan and split. Unchanged files are left alone, changed ones
replace exactly the chunks that changed, and files that are gone from a folder are removed.
"""

import time
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from typing import TypeAlias

from ingestion.missing import claim_names, remove_missing
from ingestion.prepare import PreparedFile, prepare
from ingestion.report import Problem, Report
from ingestion.sources import FileProblem, SourceFile, find_sources
from ingestion.write import sweep, write_all
from service.core.app import App
from service.core.errors import DocumentProblem, UnsupportedFormat
from service.core.names import checked_name
from service.core.types import Policy, Space

# Called with files done, files in all, and the current source.
Progress: TypeAlias = Callable[[int, int, str], None]


def quiet(done: int, total: int, source: str) -> None:
    """Show no progress."""


def run(
    app: App,
    paths: Sequence[Path],
    space: str,
    source_name: str | None = None,
    progress: Progress = quiet,
    *,
    readers: Set[str] | None = None,
    policy: Policy | None = None,
) -> Report:
    """Ingest files and folders into a space, making the space when it is new.

    `source_name` replaces a folder's own name in its documents' sources, `readers` the groups that may read the space,
    `policy` its policy. Raises PathMissing, SourceConflict, InvalidName, StoreProblem.
    """
    started = time.perf_counter()
    report = Report(checked_name("space", space))
    found = list(find_sources(paths, source_name))
    tenant = app.settings.tenant
    with app.records.alone(tenant):
        opened = app.records.ensure_space(tenant, space, str(app.encoder.fingerprint), readers, policy)
        claim_names(app, opened.index, paths, source_name)
        sweep(app, opened.index)
    write_all(app, opened, _prepared(app, opened, found, report, progress), report)
    with app.records.alone(tenant):
        remove_missing(app, opened, paths, source_name, found=found, report=report)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _prepared(
    app: App, space: Space, found: Sequence[SourceFile | FileProblem], report: Report, progress: Progress
) -> Iterator[PreparedFile]:
    """Make ready what is new or changed; count the rest."""
    known = app.records.manifest.of(space.tenant, space.name)
    held = app.records.quarantine.of(space.tenant, [space.name])
    released = {each.source: each.content_hash for each in held if each.state == "released"}
    for done, each in enumerate(found):
        progress(done, len(found), each.source)
        try:
            if isinstance(each, FileProblem):
                raise each.error
            prepared = prepare(app, space, each, known.get(each.source), released)
        except UnsupportedFormat:
            report.skipped.append(each.source)
        except DocumentProblem as error:
            report.problems.append(Problem.of(each.source, error))
        else:
            if prepared is None:
                report.documents.unchanged += 1
            else:
                yield prepared
    progress(len(found), len(found), "")
