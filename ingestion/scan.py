"""Looks for instructions to a language model in a document, in what its reader sees and in what is hidden.

strip takes them out of the text, quarantine holds the document back, keep counts them. Hidden text is never indexed,
but for the text of pictures; an order in it is counted with the way in which it hides. Who wrote it is not asked; an
order in words that the detector does not know passes. docs/ingestion-safety.md has the figures.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ingestion.draft import Draft
from ingestion.orders import orders
from ingestion.title import shortened, title_of_name, title_of_text
from service.core.app import App
from service.core.errors import InstructionsHeld
from service.core.injection import Command, Detect
from service.core.types import Space

CONTROL = "document-scan"
_HELD_REMEDY = (
    "`ragready quarantine` shows, releases and deletes such documents; `ragready spaces policy` chooses another policy."
)
_WORD = re.compile(r"[^\W_]")
# A line of which only marks of a list, a quotation or a heading are left.
_EMPTIED = re.compile(r"[ \t]*(?:[-*+•>#]+|\d{1,3}[.)])?[ \t]*")
_UNTITLED = "Untitled"
# Nearly every file has these: they are scanned, and their number tells nothing.
_ORDINARY = frozenset({"metadata", "alt-text"})


@dataclass
class _Seen:
    """What was found so far, by rule, by way of hiding, and by way of hiding what commands."""

    instructions: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    hidden_instructions: Counter[str] = field(default_factory=Counter)

    def findings(self) -> Mapping[str, Mapping[str, int]]:
        """The counts by kind of finding."""
        named = {
            "instructions": self.instructions,
            "hidden": self.hidden,
            "hidden-instructions": self.hidden_instructions,
        }
        return {kind: dict(+counts) for kind, counts in named.items() if +counts}


def scanned(app: App, space: Space, draft: Draft) -> Draft:
    """The draft with counts of instructions by rule and of hidden text by kind, and what the policy makes of it.

    Raises CouldNotCheck when the detector cannot run, InstructionsHeld where the policy is to hold back.
    """
    if CONTROL in app.settings.controls_off:
        return draft
    seen = _Seen()
    _look_behind(app.detect, draft, seen)
    stripped = _stripped(app.detect, draft, seen)
    findings = seen.findings()
    policy = space.policy.instructions
    if seen.instructions and not draft.released:
        told = ", ".join(f"{count} {rule}" for rule, count in sorted(seen.instructions.items()))
        if policy == "quarantine":
            raise InstructionsHeld(f"It gives orders to a language model: {told}.", _HELD_REMEDY, findings)
        if policy == "strip" and not _WORD.search(stripped.text):
            raise InstructionsHeld(f"It gives orders and says nothing else: {told}.", _HELD_REMEDY, findings)
    if policy == "strip":
        draft = stripped
    for kind, counts in findings.items():
        draft = draft.with_findings(kind, counts)
    return draft


def _look_behind(detect: Detect, draft: Draft, seen: _Seen) -> None:
    """Count hidden texts, and what commands in them. Those of one kind are read as one: they may be cut apart."""
    texts: dict[str, list[str]] = {}
    for each in draft.hidden:
        texts.setdefault(each.kind, []).append(each.text)
    for kind, said in texts.items():
        seen.hidden[kind] += 0 if kind in _ORDINARY else len(said)
        hiding = "\n\n".join(said)
        for order in orders(detect, hiding):
            seen.hidden_instructions[kind] += 1
            if hiding[order.start : order.end] not in draft.text:  # the text of a picture is counted there
                seen.instructions[order.rule] += 1


def _stripped(detect: Detect, draft: Draft, seen: _Seen) -> Draft:
    """The draft without what commands in its pages, title and meta."""

    def change(text: str) -> str:
        found = orders(detect, text)
        seen.instructions.update(each.rule for each in found)
        return _without(text, found)

    stripped = draft.with_pages(change)
    meta = {key: value for key, value in draft.meta.items() if not _commands(detect, value, seen)}
    if orders(detect, draft.title):
        stripped = replace(stripped, title=_title(detect, stripped, seen, counted=draft.title in draft.text))
    return replace(stripped, meta=meta)


def _commands(detect: Detect, text: str, seen: _Seen) -> bool:
    found = orders(detect, text)
    seen.instructions.update(each.rule for each in found)
    return bool(found)


def _title(detect: Detect, stripped: Draft, seen: _Seen, *, counted: bool) -> str:
    """Another title, where the document's own commands: from what is left of the text, else from the file's name."""
    if not counted:
        seen.instructions.update(each.rule for each in orders(detect, stripped.title))
    others = (title_of_text(stripped.text), title_of_name(stripped.source))
    return next((shortened(each) for each in others if each and not orders(detect, each)), _UNTITLED)


def _without(text: str, found: Iterable[Command]) -> str:
    """The text without the spans; a line of which nothing is left goes, a cell stays and is empty."""
    for each in reversed([*found]):
        before, after = text[: each.start], text[each.end :]
        line_start = before.rfind("\n") + 1
        line_end = after.find("\n") if "\n" in after else len(after)
        if _EMPTIED.fullmatch(before[line_start:] + after[:line_end]):
            text = before[:line_start] + after[line_end:].removeprefix("\n")
        else:
            text = before + (after.removeprefix(" ") if before.endswith((" ", "\n")) else after)
    return text
