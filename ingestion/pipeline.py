"""The path of a document: find, prepare, embed, commit. One file's failure never stops the others.

Preparing (ingestion.prepare) is load, clean, gates, policy, scan and split. Unchanged files are left alone, changed
ones replace exactly the chunks that changed, and files that are gone from a folder are removed.
"""

import time
from collections.abc import Callable, Iterator, Sequence, Set
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ingestion.copies.standing import problems
from ingestion.fetching.fetch import fetched
from ingestion.fetching.shelf import Shelf
from ingestion.masking import renamed
from ingestion.missing import claim_names, remove_missing
from ingestion.prepare import Known, Outcome, PreparedFile, one_by_one
from ingestion.quarantine import settle
from ingestion.report import Problem, Report
from ingestion.sources import FileProblem, SourceFile, find_sources
from ingestion.write import Wanted, always, review, sweep, write_all
from service.core.app import App
from service.core.errors import DocumentProblem, IndexSwapped, UnsupportedFormat
from service.core.names import checked_name
from service.core.types import IndexRecipe, Policy, Space

# Called with files done, files in all, and the current source.
Progress: TypeAlias = Callable[[int, int, str], None]
# What comes of each file, in the order in which they are given: in this process, or as ingestion.ray_engine does it.
Engine: TypeAlias = Callable[[App, Space, Sequence[SourceFile | FileProblem], Known], Iterator[Outcome]]
# Of so few files the manifest's rows are looked up one by one; of more, all rows of the space are read.
FILES_TO_LOOK_UP = 500


def quiet(done: int, total: int, source: str) -> None:
    """Show no progress."""


def run(  # noqa: PLR0913  # what may be said of a space, and how, each by its name
    app: App,
    paths: Sequence[Path | str],
    space: str,
    source_name: str | None = None,
    progress: Progress = quiet,
    *,
    readers: Set[str] | None = None,
    policy: Policy | None = None,
    engine: Engine = one_by_one,
) -> Report:
    """Ingest files, folders and URLs (as strings) into a space, making the space when it is new.

    `source_name` replaces a folder's own name in its documents' sources, `readers` the groups that may read the space,
    `policy` its policy, `engine` how files are made ready. Raises PathMissing, SourceConflict, InvalidName,
    StoreProblem.
    """
    started = time.perf_counter()
    report = Report(checked_name("space", space))
    tenant = app.settings.tenant
    shelf = Shelf(app.settings.data_folder, tenant, space)
    found = list(fetched(app.settings, shelf, find_sources(paths, source_name), partial(progress, 0, 0)))
    with app.records.alone(tenant):
        opened = app.records.ensure_space(tenant, space, recipe_of_new(app), readers, policy)
        claim_names(app, opened.index, paths, source_name)
        sweep(app, opened.index)
    found = renamed(app, opened, found)
    _write(app, opened, report, partial(_prepared, found=found, report=report, progress=progress, engine=engine))
    with app.records.alone(tenant):
        remove_missing(app, opened, paths, source_name, found=found, report=report)
    settle(app, opened, report)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def take(
    app: App, space: str, files: Sequence[SourceFile | FileProblem], progress: Progress = quiet, wanted: Wanted = always
) -> Report:
    """Ingest files into a space that is there, under the sources that they come with; nothing else is removed.

    `wanted` tells of a source, at the moment of its commit, whether it is still to be written.
    """
    report = Report(space)
    opened = next(each for each in app.records.spaces(app.settings.tenant) if each.name == space)
    named = renamed(app, opened, files)
    given = {new.source: old.source for new, old in zip(named, files, strict=True)}
    prepared = partial(_prepared, found=named, report=report, progress=progress, engine=one_by_one)
    _write(app, opened, report, prepared, wanted=lambda source: wanted(given.get(source, source)))
    settle(app, opened, report)
    return report


def recipe_of_new(app: App) -> IndexRecipe:
    """What a new space's index is made with: what the tenant's other spaces are, else by the settings."""
    return next((each.recipe for each in app.records.spaces(app.settings.tenant)), app.recipe)


def _write(
    app: App,
    space: Space,
    report: Report,
    prepared: Callable[[App, Space], Iterator[PreparedFile]],
    *,
    wanted: Wanted = always,
) -> None:
    """Prepare, embed and commit; from where it was when another generation begins to serve meanwhile."""
    since = datetime.now(UTC)
    while True:
        ours = app.made_with(space.recipe)
        with app.records.alone(space.tenant):
            review(ours)
        try:
            write_all(ours, space, prepared(ours, space), report, wanted)
            report.problems += [Problem.of(source, error) for source, error in problems(ours, space, since)]
            return
        except IndexSwapped:
            space = next(each for each in app.records.spaces(space.tenant) if each.name == space.name)


def _prepared(
    app: App,
    space: Space,
    *,
    found: Sequence[SourceFile | FileProblem],
    report: Report,
    progress: Progress,
    engine: Engine,
) -> Iterator[PreparedFile]:
    """Make ready what is new or changed; count the rest."""
    outcomes = engine(app, space, found, _known(app, space, found))
    for done, each in enumerate(found):
        progress(done, len(found), each.source)
        made = next(outcomes)
        if isinstance(made, UnsupportedFormat):
            report.skipped.append(each.source)
        elif isinstance(made, DocumentProblem):
            report.problems.append(Problem.of(each.source, made))
        elif made is None:
            report.documents.unchanged += 1
        else:
            yield made
    progress(len(found), len(found), "")


def _known(app: App, space: Space, found: Sequence[SourceFile | FileProblem]) -> Known:
    some = [each.source for each in found] if len(found) <= FILES_TO_LOOK_UP else None
    held = app.records.quarantine.of(space.tenant, [space.name])
    released = {each.source: each.content_hash for each in held if each.state == "released"}
    return Known(app.records.manifest.of(space.tenant, space.name, some), released)
