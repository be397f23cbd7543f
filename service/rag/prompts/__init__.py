"""The prompts in use: text files whose names carry a version.

The part above the line `=== user ===` is the system message, the part below it the user's. What is put into a prompt is
escaped by whoever puts it there.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Template

ANSWER, PLAN, GRADE, REWRITE = "answer-1", "plan-1", "grade-1", "rewrite-1"
_PARTS = "=== user ===\n"


@dataclass(frozen=True)
class Prompt:
    """A prompt. `id` is its name and the start of its text's SHA-256, so that an edit without a new name shows too."""

    id: str
    system: str
    user: Template


@lru_cache
def prompt(name: str) -> Prompt:
    """The prompt of this name, read once."""
    return parsed(name, resources.files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8"))


def parsed(name: str, text: str) -> Prompt:
    """A prompt from the text of its file."""
    system, _, user = text.partition(_PARTS)
    return Prompt(f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}", system.strip(), Template(user.strip()))


def ids() -> tuple[str, ...]:
    """The ids of every prompt that an answer may come from: for cache keys, traces and eval records."""
    return tuple(prompt(each).id for each in (ANSWER, PLAN, GRADE, REWRITE))
