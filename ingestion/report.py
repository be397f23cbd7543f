"""What an ingestion run did, as plain data."""

from dataclasses import dataclass, field

from service.core.errors import DocumentProblem


@dataclass(frozen=True)
class Problem:
    """A file that was not ingested: what is wrong and what to do."""

    source: str
    code: str
    detail: str
    remedy: str

    @classmethod
    def of(cls, source: str, error: DocumentProblem) -> "Problem":
        """The problem that an error tells of."""
        return cls(source, error.code, error.detail, error.remedy)


@dataclass
class Counts:
    """Documents by what happened to them. `quarantined` counts the files held back in this run."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0


@dataclass
class Report:
    """One run. `chunks` counts those of added and updated documents, `embedded` those that needed the encoder.

    `skipped` names files of kinds that no loader reads: they are listed, and are no failure.
    """

    space: str
    documents: Counts = field(default_factory=Counts)
    chunks: int = 0
    embedded: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written or removed."""
        return bool(self.documents.added or self.documents.updated or self.documents.removed)
