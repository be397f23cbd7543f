"""Finds personal data by Presidio's patterns: addresses of mail and network, accounts, cards, telephones, numbers of
persons. Names, places and organisations are not looked for here.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PersonalSpan:
    """Personal data at `text[start:end]`, with Presidio's name of its type, such as IBAN_CODE."""

    type: str
    start: int
    end: int


class PersonalData(Protocol):
    """What the guards need of an engine. Blocks; whatever it raises means that nothing could be checked."""

    def find(self, text: str) -> list[PersonalSpan]:
        """Spans in reading order, none of which overlap."""


class Patterns:
    """Presidio's patterns."""

    def find(self, text: str) -> list[PersonalSpan]:
        """Nothing yet."""
        return []
