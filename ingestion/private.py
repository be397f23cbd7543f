"""Treats personal data in a document as its space's policy says, and counts it by type; values are kept nowhere.

keep counts; mask writes a placeholder such as <IBAN_CODE>; drop takes the value out without a trace; quarantine holds
the document back. A placeholder has no number: numbers would shift when a value is added, and with them the ids of
chunks that did not change. Names, places and whatever else the engine does not know stay where they are.
"""

import re
from collections import Counter
from dataclasses import replace

from ingestion.draft import Draft
from ingestion.masking import CONTROL, engine, found, hides_names, name, without
from service.core.app import App
from service.core.errors import CouldNotCheck, PersonalDataHeld
from service.core.personal import PersonalData, masked
from service.core.types import PersonalPolicy, Space

KIND = "personal"
_WORD = re.compile(r"[^\W_]")
_PLACEHOLDER = re.compile(r"<[A-Z_]+>")
_REMEDY = (
    "`ragready quarantine` shows, releases and deletes such documents; `ragready spaces policy` chooses another policy."
)


def treated(app: App, space: Space, draft: Draft) -> Draft:
    """The draft with counts of personal data by type, and what the policy makes of it.

    Raises CouldNotCheck when the engine cannot run, PersonalDataHeld where the policy is to hold back.
    """
    if CONTROL in app.settings.controls_off:
        return draft
    policy = space.policy.personal
    treatment = _Treatment(engine(app, space), "keep" if draft.released and policy == "quarantine" else policy)
    changed = treatment.document(draft)
    counts = dict(treatment.counts)
    told = ", ".join(f"{count} {type_}" for type_, count in sorted(counts.items()))
    if counts and not draft.released:
        if policy == "quarantine":
            raise PersonalDataHeld(f"It holds personal data: {told}.", _REMEDY, {KIND: counts})
        if not _WORD.search(_PLACEHOLDER.sub("", changed.text)):
            raise PersonalDataHeld(f"It holds personal data and nothing else: {told}.", _REMEDY, {KIND: counts})
    return changed.with_findings(KIND, counts)


def renamed(app: App, space: Space, draft: Draft) -> Draft:
    """The draft of a file inside a file under a name without personal data, by the space's policy.

    The outer file has its name already; see ingestion.masking. Raises CouldNotCheck.
    """
    return replace(draft, source=part_name(app, space, draft.origin, draft.source))


def part_name(app: App, space: Space, origin: str, source: str) -> str:
    """The same for the name alone. Raises CouldNotCheck."""
    if not hides_names(app, space) or not source.startswith(f"{origin}/"):
        return source
    return f"{origin}/{name(engine(app, space), source.removeprefix(f'{origin}/'))}"


def discreet(app: App, space: Space, said: str) -> str:
    """What is said of a file, such as why it cannot be read, without the personal data that it may quote.

    Says nothing where the engine cannot run.
    """
    if not hides_names(app, space):
        return said
    try:
        return masked(said, found(engine(app, space), said))
    except CouldNotCheck:
        return "Why is not said, since personal data could not be looked for."


class _Treatment:
    """One document's treatment: changes its texts, and counts what it finds in them."""

    def __init__(self, personal: PersonalData, policy: PersonalPolicy) -> None:
        self._personal = personal
        self._policy = policy
        self.counts: Counter[str] = Counter()

    def document(self, draft: Draft) -> Draft:
        """The draft with its pages, title and meta changed; a title that repeats the text does not count."""
        pages = draft.with_pages(self._changed)
        before = self.counts.copy()
        title = self._changed(draft.title)
        if draft.title in draft.text:
            self.counts = before
        return replace(pages, title=title, meta={key: self._changed(value) for key, value in draft.meta.items()})

    def _changed(self, text: str) -> str:
        spans = found(self._personal, text)
        self.counts.update(each.type for each in spans)
        if self._policy == "mask":
            return masked(text, spans)
        return without(text, spans) if self._policy == "drop" else text
