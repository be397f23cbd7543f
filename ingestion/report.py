"""What an ingestion run did, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.core.errors import RagreadyError
from service.core.types import Document, Findings

if TYPE_CHECKING:
    from ingestion.prepare import PreparedFile


@dataclass(frozen=True)
class Problem:
    """A document that was not ingested: what is wrong and what to do."""

    source: str
    code: str
    detail: str
    remedy: str

    @classmethod
    def of(cls, source: str, error: RagreadyError) -> "Problem":
        """The problem that an error tells of."""
        return cls(source, error.code, error.detail, error.remedy)


@dataclass
class Counts:
    """Documents by what happened to them; `unchanged` counts files.

    `aliases` and `superseded` are among those added and updated: they are kept and not searched. `quarantined` counts
    what was held back in this run.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    aliases: int = 0
    superseded: int = 0
    quarantined: int = 0


@dataclass
class Report:
    """One run. `chunks` counts those of added and updated documents, `embedded` those that needed the encoder.

    `skipped` names files of kinds that no loader reads: they are listed, and are no failure. `held_earlier` counts
    documents that runs before this one held back and nobody decided on. `findings` are those of the documents that were
    written or held back, added up.
    """

    space: str
    documents: Counts = field(default_factory=Counts)
    chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    held_earlier: int = 0
    findings: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything was written or removed."""
        return bool(self.documents.added or self.documents.updated or self.documents.removed)

    def wrote(self, document: Document, updates: bool) -> None:
        """Count a document that was written."""
        self.documents.updated += updates
        self.documents.added += not updates
        self.documents.aliases += document.standing == "alias"
        self.documents.superseded += document.standing == "superseded"
        self._found(document.findings)

    def looked_at(self, file: "PreparedFile", counts: Mapping[str, int]) -> None:
        """Count what came of a file."""
        self.chunks += counts["chunks"]
        self.embedded += counts["embedded"]
        self.documents.quarantined += len(file.held)
        self.problems.extend(file.problems)
        self.skipped.extend(file.skipped)
        for held in file.held:
            self._found(held.findings)

    def _found(self, findings: Findings) -> None:
        for kind, counts in findings.items():
            total = self.findings.setdefault(kind, {})
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
