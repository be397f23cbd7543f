"""The two halves of a public set, the same for ever: one to tune on, one to report on."""

import hashlib

HALVES = ("tune", "report")
"""A text is for reporting when the first byte of its SHA-256 is odd: halves stay when texts are added."""


def half_of(text: str) -> str:
    """The half that a text belongs to."""
    return HALVES[hashlib.sha256(text.encode()).digest()[0] % 2]


def tuned_on(text: str) -> bool:
    """Whether a text belongs to the half to tune on."""
    return half_of(text) == HALVES[0]
