"""Finds personal data and writes something else in its place: in texts, and in the names of files and folders.

A name with a placeholder also gets six digits of its SHA-256, so that two files stay apart. Who guesses what stood
there can confirm the guess with them, as with the ids of documents; nobody can read it from them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ingestion.fetching.kinds import EXTENSIONS
from ingestion.sources import FileProblem, SourceFile
from service.core.app import App
from service.core.errors import CouldNotCheck
from service.core.personal import PersonalData, PersonalSpan, masked
from service.core.types import Space

CONTROL = "personal-policy"
_DIGITS = 6
_SPACE_BEFORE = re.compile(r"[ \t]+$")
_ENDS = frozenset(" \t\n.,;:!?)]|")


class Allowing:
    """An engine that leaves out what a space's policy allows.

    Values are compared as a whole, by letters and digits alone; what begins with @ is the domain of mailboxes.
    """

    def __init__(self, personal: PersonalData, allowed: Sequence[str]) -> None:
        self._personal = personal
        self._domains = tuple(each.casefold() for each in allowed if each.startswith("@"))
        self._values = frozenset(_bare(each) for each in allowed)

    def find(self, text: str) -> list[PersonalSpan]:
        """Spans in reading order, none of which overlap."""
        return [each for each in self._personal.find(text) if not self._allowed(text[each.start : each.end])]

    def _allowed(self, value: str) -> bool:
        return value.casefold().endswith(self._domains) or _bare(value) in self._values


def engine(app: App, space: Space) -> PersonalData:
    """What finds personal data in this space."""
    return Allowing(app.personal, space.policy.allowed) if space.policy.allowed else app.personal


def _bare(value: str) -> str:
    return "".join(filter(str.isalnum, value)).casefold()


def found(personal: PersonalData, text: str) -> list[PersonalSpan]:
    """Personal data in a text. Raises CouldNotCheck for whatever the engine dies of."""
    try:
        return personal.find(text)
    # whatever it is, nothing was checked; its message may quote the text and is not repeated
    except Exception as error:
        raise CouldNotCheck(
            f"Personal data could not be looked for: {type(error).__name__}.",
            "Install the extra `ingestion` and check RAGREADY_PERSONAL_RECOGNISERS; the next ingestion tries again.",
        ) from error


def without(text: str, spans: Sequence[PersonalSpan]) -> str:
    """The text without the spans, nor the blank that would be left doubled."""
    for each in reversed(spans):
        before, after = text[: each.start], text[each.end :]
        if not after or after[0] in _ENDS:
            before = _SPACE_BEFORE.sub("", before) if not before.rstrip(" \t").endswith("|") else before
        text = before + after
    return text


def hides_names(app: App, space: Space) -> bool:
    """Whether names of files in this space are to hold no personal data."""
    return CONTROL not in app.settings.controls_off and space.policy.personal != "keep"


def renamed(app: App, space: Space, files: Sequence[SourceFile | FileProblem]) -> list[SourceFile | FileProblem]:
    """Files under names without personal data, where the space's policy is not to keep it. Raises CouldNotCheck.

    The first part stays, a folder's own name or a host: the operator
    chose it, and what is gone is found by it.
    """
    if not hides_names(app, space):
        return list(files)
    return [replace(each, source=_below_folder(engine(app, space), each.source)) for each in files]


def name(personal: PersonalData, path: str) -> str:
    """A path with each part that holds personal data masked. Raises CouldNotCheck."""
    return "/".join(_part(personal, each) for each in path.split("/"))


def _below_folder(personal: PersonalData, source: str) -> str:
    label, bar, rest = source.partition("/")
    return label + bar + name(personal, rest) if bar else name(personal, label)


def _part(personal: PersonalData, part: str) -> str:
    suffix = PurePosixPath(part).suffix
    ending = suffix if suffix.lower() in EXTENSIONS else ""
    stem = part.removesuffix(ending)
    spans = found(personal, stem)
    if not spans:
        return part
    digest = hashlib.sha256(part.encode()).hexdigest()[:_DIGITS]
    return f"{masked(stem, spans)}~{digest}{ending}"
