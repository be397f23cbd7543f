"""Files under the data folder: fetched pages, uploads, runs of suites, and the bytes of everything else.

A file is searched as it lies on the disk, so what is compressed in it is found by its source or not at all. The
encoder, the key, the journal of erasures, and other tenants' uploads and pages are left out.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from ingestion.erasure.journal import FOLDER as JOURNAL
from ingestion.erasure.plan import Plan
from ingestion.erasure.receipt import KEY_FILE
from ingestion.fetching.shelf import Shelf
from ingestion.remove import forget_uploads
from service.core.app import App

RUNS = "runs"
# Folders with a folder for each tenant.
_BY_TENANT = ("uploads", "fetched")
_TEXT = (".json", ".jsonl", ".md", ".txt", ".csv", ".html", ".toml", ".log")
_BLOCK_BYTES = 16 * 1024 * 1024
_OVERLAP_BYTES = 256


def holding(app: App, plan: Plan, folder: Path) -> tuple[int, list[Path]]:
    """How many files lie below a folder, and which of them hold something of what was erased."""
    files = list(_files(app, folder))
    return len(files), [each for each in files if _holds(plan, each)]


def runs_holding(app: App, plan: Plan) -> tuple[int, set[Path]]:
    """How many runs are kept, and which quote what was erased."""
    folder = app.settings.data_folder / RUNS
    runs = [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []
    return len(runs), {each for each in runs if holding(app, plan, each)[1]}


def remove_runs(app: App, plan: Plan) -> None:
    """Remove the runs that quote what was erased: an answer without its words is no record of one."""
    for each in runs_holding(app, plan)[1]:
        shutil.rmtree(each)


def fetched(app: App, plan: Plan) -> tuple[int, int]:
    """How many fetched pages are kept, and how many of them are of the erased files."""
    shelves = [Shelf(app.settings.data_folder, plan.tenant, each.name) for each in app.records.spaces(plan.tenant)]
    kept = [(shelf.folder.name, each.source) for shelf in shelves for each in shelf.kept()]
    ours = {(each.space, each.source) for each in plan.files}
    return len(kept), sum(each in ours for each in kept)


def remove_fetched(app: App, plan: Plan) -> None:
    """Remove the fetched pages of the erased files."""
    for each in plan.files:
        Shelf(app.settings.data_folder, plan.tenant, each.space).forget(each.source)


def uploaded(app: App, plan: Plan) -> tuple[int, int]:
    """How many uploads are kept, and how many of them gave what was erased."""
    every = app.records.jobs.uploads_of(plan.tenant)
    return len(every), sum(len(app.records.jobs.uploads_of(plan.tenant, *each)) for each in _places(plan))


def remove_uploaded(app: App, plan: Plan) -> None:
    """Remove the uploads that gave what was erased, with everything else that was in them."""
    for place in _places(plan):
        forget_uploads(app, app.records.jobs.uploads_of(plan.tenant, *place))


def sources_in_place(app: App, plan: Plan) -> list[Path]:
    """Files of the people who ingested that are still where they were: they are not ours to remove."""
    found = []
    for each in plan.files:
        label, _, rest = each.source.partition("/")
        folder = app.records.source_path(plan.tenant, each.space, label)
        if folder is not None and rest and (path := Path(folder) / rest).is_file():
            found.append(path)
    return found


def _places(plan: Plan) -> list[tuple[str, str]]:
    return [(each.space, each.source) for each in plan.files]


def _files(app: App, folder: Path) -> Iterator[Path]:
    encoder = app.settings.encoder_path.absolute()
    for each in sorted(folder.rglob("*")) if folder.is_dir() else ():
        parts = each.relative_to(folder).parts
        apart = parts[0] in {JOURNAL, KEY_FILE} or (parts[0] in _BY_TENANT and parts[1:2] != (app.settings.tenant,))
        if each.is_file() and not apart and not each.absolute().is_relative_to(encoder):
            yield each


def _holds(plan: Plan, path: Path) -> bool:
    overlap = b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                data = overlap + block
                if plan.in_bytes(data) or (path.suffix in _TEXT and plan.in_text(data.decode("utf-8", "replace"))):
                    return True
                overlap = block[-_OVERLAP_BYTES:]
    except FileNotFoundError:
        return False  # a database's temporary file
    return False
