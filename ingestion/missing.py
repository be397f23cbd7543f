"""Which folder a source name stands for, and what to remove when files are gone from it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.remove import remove_from
from ingestion.report import Problem, Report
from ingestion.sources import FileProblem, SourceFile
from service.core.app import App
from service.core.errors import SourceConflict, UnreadableFile
from service.core.types import Index, Space


def claim_names(app: App, index: Index, paths: Sequence[Path], name: str | None) -> None:
    """Remember which folder each source name stands for.

    Two folders of one name would remove each other's documents in turn. Raises SourceConflict, unless `name` was given
    on purpose: then the folder has moved.
    """
    for label, folder in _folders(paths, name):
        known = app.records.source_path(index.tenant, index.space, label)
        if known not in {None, str(folder)} and name is None:
            raise SourceConflict(
                f"Space {index.space!r} holds documents of {known} under the name {label!r}, which is {folder}'s too.",
                f"If the folder moved, say --source {label}; if it is another one, give it another name with --source.",
            )
        if known != str(folder):
            app.records.set_source_path(index.tenant, index.space, label, str(folder))


def remove_missing(
    app: App,
    space: Space,
    paths: Sequence[Path],
    name: str | None,
    *,
    found: Sequence[SourceFile | FileProblem],
    report: Report,
) -> None:
    """Remove what came from a file that is gone from its folder. Called under the tenant's lock.

    A folder that lost all files is reported, not emptied.
    """
    present = {each.source for each in found}
    unlisted = {each.source for each in found if isinstance(each, FileProblem)}
    for label, folder in _folders(paths, name):

        def gone(origin: str, label: str = label) -> bool:
            below = origin.startswith(f"{label}/") and origin not in present
            return below and not any(origin.startswith(f"{each}/") for each in unlisted)

        origins = app.records.origins(space.tenant, space.name)
        lost = [source for source, origin in origins.items() if gone(origin)]
        if lost and not any(source.startswith(f"{label}/") for source in present):
            report.problems.append(Problem.of(label, _emptied(folder, len(lost))))
            continue
        for source in lost:
            remove_from(app, space, source)
            report.documents.removed += 1
        for held in app.records.quarantine.of(space.tenant, [space.name]):
            if gone(held.origin):
                app.records.quarantine.forget(space.tenant, space.name, held.source)
        for file in filter(gone, app.records.manifest.of(space.tenant, space.name)):
            app.records.manifest.forget(space.tenant, space.name, file)


def _folders(paths: Sequence[Path], name: str | None) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_dir():
            folder = path.resolve()
            yield name or folder.name or "root", folder


def _emptied(folder: Path, documents: int) -> UnreadableFile:
    return UnreadableFile(
        f"{folder} holds no file any more, and {documents} documents came from it; they are kept.",
        "Check that the folder is mounted, or delete them with `ragready documents delete`.",
    )
