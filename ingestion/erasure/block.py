"""Keeps out what was erased for good: the same bytes are not ingested again, whatever their file is called.

Asked under the tenant's lock, so that a file that was made ready before the erasure is not committed after it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.report import Problem
from service.core.app import App
from service.core.errors import ErasedContent

if TYPE_CHECKING:
    from ingestion.prepare import PreparedFile


def without_erased(app: App, file: "PreparedFile") -> "PreparedFile":
    """The file without the documents whose content, or whose whole file, may not come back; they become problems."""
    parts = [*((each.document.source, each.document.content_hash) for each in file.documents)]
    parts += [(each.source, each.content_hash) for each in file.held]
    asked = {file.entry.content_hash, *(content for _, content in parts)}
    blocked = app.records.receipts.blocked(app.settings.tenant, asked)
    if not blocked:
        return file
    out = {source for source, content in parts if {content, file.entry.content_hash} & blocked}
    told = [each for each in file.problems if each.source not in out]
    return replace(
        file,
        documents=[each for each in file.documents if each.document.source not in out],
        held=[each for each in file.held if each.source not in out],
        problems=[*told, *(Problem.of(each, _erased(each)) for each in sorted(out))],
    )


def _erased(source: str) -> ErasedContent:
    return ErasedContent(
        f"{source} has a content that was erased and blocked.",
        "Remove the file; `ragready receipts list` says when such contents were erased.",
    )
