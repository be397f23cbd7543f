"""Documents that a probe plants: written as files, ingested by the product's own path into an App of their own."""

import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from eval.target import InProcess
from ingestion.report import Report
from ingestion.spaces import FILE as READERS_FILE
from ingestion.worker import ingest_spaces
from service.bootstrap import open_app
from service.core.app import App
from service.core.errors import SupersessionUnresolved
from service.core.settings import Settings

Spaces: TypeAlias = Mapping[str, Mapping[str, str]]
"""Texts by file name by space."""
Readers: TypeAlias = Mapping[str, Set[str]]
"""Groups by space."""


@dataclass(frozen=True)
class Planted:
    """An App, open for writing, on documents of the probe's own. `corpus` holds their files, one folder a space.

    Everything that the App keeps on disk lies in `app.settings.data_folder`.
    """

    app: App
    corpus: Path

    def write(self, space: str, name: str, text: str) -> None:
        """Write a document's file; it is searched after the next `ingest`."""
        write_corpus(self.corpus, {space: {name: text}})

    def delete(self, space: str, name: str) -> None:
        """Delete a document's file; it is gone after the next `ingest`, unless it was the space's last one.

        A folder that lost every file may be one that is not mounted: ingestion reports it and keeps its documents.
        """
        (self.corpus / space / name).unlink()

    def ingest(self, expecting_problems: bool = False) -> list[Report]:
        """Bring the App up to date with the files, one report a space.

        Raises RuntimeError for a document that is not taken in, unless problems are what the probe looks for: one that
        measures without what it planted would pass for no reason.
        """
        reports = list(ingest_spaces(self.app, self.corpus))
        found = [each for report in reports for each in report.problems]
        # of which it is said, that document is taken in
        problems = [f"{each.source}: {each.code}" for each in found if each.code != SupersessionUnresolved.code]
        if problems and not expecting_problems:
            raise RuntimeError(f"planted documents were not taken in: {', '.join(problems)}")
        return reports

    def target(self, strategy: str = "hybrid") -> InProcess:
        """The App as something to ask."""
        return InProcess(self.app, strategy)


def write_readers(folder: Path, readers: Readers) -> None:
    """Say which groups may read the spaces of a corpus; the others are open to the whole tenant."""
    tables = [f"[{space}]\nreaders = {json.dumps(sorted(groups))}\n" for space, groups in readers.items()]
    (folder / READERS_FILE).write_text("\n".join(tables), encoding="utf-8")


def write_corpus(folder: Path, spaces: Spaces) -> Path:
    """Write texts as files, one folder a space; returns `folder`."""
    for space, documents in spaces.items():
        for name, text in documents.items():
            path = folder / space / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


@contextmanager
def planted(settings: Settings, corpus: Path) -> Iterator[Planted]:
    """An App of these settings, with the corpus ingested. Raises RuntimeError as Planted.ingest."""
    with open_app(settings, holder="ragready check", writes=True) as app:
        opened = Planted(app, corpus)
        opened.ingest()
        yield opened
