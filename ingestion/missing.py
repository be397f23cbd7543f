"""Which folder or list a source name stands for, and what to remove when files or pages are gone from it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.fetching.page import LIST_ENDING, names_sitemap, source_of
from ingestion.remove import remove_from
from ingestion.report import Problem, Report
from ingestion.sources import FileProblem, SourceFile, SourceUrl, printable
from service.core.app import App
from service.core.errors import PageGone, SourceConflict, UnreadableFile
from service.core.types import Index, Space


def claim_names(app: App, index: Index, paths: Sequence[Path | str], name: str | None) -> None:
    """Remember which folder each source name stands for.

    Two folders of one name would remove each other's documents in turn. Raises SourceConflict, unless `name` was given
    on purpose: then the folder has moved.
    """
    for label, folder in _folders(paths, name):
        known = app.records.source_path(index.tenant, index.space, label)
        if known not in {None, folder} and name is None:
            raise SourceConflict(
                f"Space {index.space!r} holds documents of {known} under the name {label!r}, which is {folder}'s too.",
                f"If the folder moved, say --source {label}; if it is another one, give it another name with --source.",
            )
        if known != folder:
            app.records.set_source_path(index.tenant, index.space, label, folder)


def remove_missing(
    app: App,
    space: Space,
    paths: Sequence[Path | str],
    name: str | None,
    *,
    found: Sequence[SourceFile | FileProblem],
    report: Report,
) -> None:
    """Remove what came from a file that is gone from its folder, or a page that is gone from its list or its server.

    Called under the tenant's lock. A folder that lost all files is reported, not emptied.
    """
    present = {each.source for each in found}
    unlisted = {each.source for each in found if isinstance(each, FileProblem) and each.below}
    closed = {each.source for each in found if isinstance(each, FileProblem) and isinstance(each.error, PageGone)}
    origins = app.records.origins(space.tenant, space.name)
    looked_into: list[str] = []

    def lost(origin: str, label: str) -> bool:
        below = origin.startswith(f"{label}/") and origin not in present
        return below and not any(origin.startswith(f"{each}/") for each in unlisted)

    def gone(origin: str) -> bool:
        return origin in closed or any(lost(origin, label) for label in looked_into)

    for label, folder in _folders(paths, name):
        documents = sum(lost(origin, label) for origin in origins.values())
        if documents and not any(source.startswith(f"{label}/") for source in present):
            report.problems.append(Problem.of(label, _emptied(folder, documents)))
        else:
            looked_into.append(label)
    _remove(app, space, origins, gone, report)


def _remove(app: App, space: Space, origins: Mapping[str, str], gone: Callable[[str], bool], report: Report) -> None:
    """Remove what came from the files that are gone, and what is remembered of them."""
    for source, origin in origins.items():
        if gone(origin):
            remove_from(app, space, source)
            report.documents.removed += 1
    for held in app.records.quarantine.of(space.tenant, [space.name]):
        if gone(held.origin):
            app.records.quarantine.forget(space.tenant, space.name, held.source)
    for file in filter(gone, app.records.manifest.of(space.tenant, space.name)):
        app.records.manifest.forget(space.tenant, space.name, file)


def _folders(paths: Sequence[Path | str], name: str | None) -> Iterator[tuple[str, str]]:
    """Each folder, list of URLs and sitemap, by the name that its documents' sources begin with."""
    for path in paths:
        if isinstance(path, str):
            if names_sitemap(path):
                yield source_of(SourceUrl(path, name)), path
        elif path.is_dir():
            yield name or path.resolve().name or "root", str(path.resolve())
        elif path.suffix.lower() == LIST_ENDING:
            yield printable(path.name), str(path.resolve())


def _emptied(folder: str, documents: int) -> UnreadableFile:
    return UnreadableFile(
        f"{folder} holds no file any more, and {documents} documents came from it; they are kept.",
        "Check that the folder is mounted, or delete them with `ragready documents delete`.",
    )
