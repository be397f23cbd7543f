"""What evidence speaks of: a commit, the code, the sample corpus and the settings, each as a short hash.

The code is the probe, the control's home, and every module that a question or a document passes: a change in one step
changes what another one's figures say, so evidence is called stale too often rather than too seldom.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from eval import provenance
from eval.checklist.lines import Line
from eval.provenance import fingerprint
from service.core.settings import Settings

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Subject:
    """What a piece of evidence speaks of. `dirty` tells that the tree held changes that are in no commit."""

    commit: str
    dirty: bool
    code: str
    corpus: str
    settings: str

    def changed_since(self, then: "Subject") -> list[str]:
        """Which of code, corpus and settings are not what they were. A new commit by itself changes no figure."""
        return [name for name in ("code", "corpus", "settings") if getattr(self, name) != getattr(then, name)]


def path_subject(settings: Settings, root: Path = provenance.ROOT) -> Subject:
    """What every line's evidence speaks of, with the code that all of them share; read once a check, at its start."""
    samples = root / "samples"
    return Subject(
        commit=provenance.commit() or UNKNOWN,
        dirty=provenance.dirty() is not False,
        code=_digest(root, [*_files(root / "service"), *_files(root / "ingestion")]),
        corpus=fingerprint(
            [provenance.corpus_fingerprint(samples / "corpus"), _digest(root, [samples / "cases.jsonl"])]
        ),
        settings=fingerprint(provenance.answer_settings(settings)),
    )


def line_subject(shared: Subject, line: Line, root: Path = provenance.ROOT) -> Subject:
    """What one line's evidence speaks of: its control's home and its probe beside what all lines share."""
    own = [root.joinpath(*name.split(".")).with_suffix(".py") for name in (line.home, line.probe) if name]
    return replace(shared, code=fingerprint([shared.code, _digest(root, own)]))


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts)


def _digest(root: Path, files: Iterable[Path]) -> str:
    """Of names and contents; a file that is not there counts as such."""
    read = [(str(file.relative_to(root)), file.read_bytes() if file.is_file() else b"") for file in files]
    return fingerprint([[name, hashlib.sha256(content).hexdigest()] for name, content in read])
