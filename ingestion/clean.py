"""Takes out of a text what nobody wrote for its readers, and spells its characters in one way.

The frame of a web page is taken out where its elements are still known, in ingestion.formats.furniture, and characters
that take no room where a message in them is still whole, in ingestion.load.
"""

from collections import Counter
from dataclasses import replace

from ingestion.characters import rejoined, respelled
from ingestion.draft import Draft
from ingestion.language import language_of
from ingestion.normalise import normalised
from ingestion.running import without_running_lines
from service.core.app import App
from service.core.types import Space

PDF = "application/pdf"


def cleaned(app: App, space: Space, draft: Draft) -> Draft:  # noqa: ARG001  # every step has the same signature
    """The draft with one spelling for what looks the same, and without running headers and footers."""
    changed: Counter[str] = Counter()

    def respell(page: str) -> str:
        page, counts = respelled(page)
        changed.update(counts)
        return page

    draft = draft.with_pages(respell)
    if draft.paged:
        pages, changed["running-lines"] = without_running_lines(draft.pages)
        draft = replace(draft, pages=pages)
    if draft.media_type == PDF:
        draft = _rejoined(draft, changed)
    found = {kind: count for kind, count in changed.items() if count}
    return draft.with_pages(normalised).with_findings("cleaned", found) if found else draft


def _rejoined(draft: Draft, changed: Counter[str]) -> Draft:
    code = language_of(draft.text).code

    def rejoin(page: str) -> str:
        page, counts = rejoined(page, code)
        changed.update(counts)
        return page

    return draft.with_pages(rejoin)
