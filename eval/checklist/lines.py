"""The checklist's lines, read from lines.toml. A list that would mislead is refused; nothing is run here."""

import difflib
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias, get_args

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from service.core.controls import ControlName
from service.core.errors import InvalidSettings, UnknownLine

Section: TypeAlias = Literal[
    "problem",
    "data",
    "quality",
    "trust",
    "latency",
    "privacy",
    "fairness",
    "security",
    "operations",
    "online",
    "people",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
PROBES = "eval.checklist.probes"
FILE = Path(__file__).with_name("lines.toml")
Sentence: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Owasp: TypeAlias = Annotated[str, StringConstraints(pattern=r"^LLM(0[1-9]|10):2025$")]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Line:
    """A question to answer before launch.

    `control` answers it and stands in the module `home`; switching off the controls of `switch` must turn the line red.
    `probe` is a module of eval.checklist.probes, and `null_gives` what its null control must say. A line that has no
    probe says in `missing` what is missing. Empty means: there is none yet.
    """

    id: Sentence
    section: Section
    question: Sentence
    fails_in_demos: Sentence
    pass_rule: Sentence
    null_control: Sentence
    null_gives: Literal["fail", "cannot tell"]
    not_covered: Sentence
    control: ControlName | Literal[""] = ""
    home: str = ""
    switch: tuple[ControlName, ...] = ()
    probe: str = ""
    owasp: tuple[Owasp, ...] = ()
    missing: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.id.startswith(f"{self.section}-"):
            raise ValueError(f"the id does not begin with its section, {self.section}")
        if self.probe not in {"", f"{PROBES}.{self.id.replace('-', '_')}"}:
            raise ValueError(f"the probe {self.probe} is not named like the line")
        if self.probe and not (self.control and self.home and self.switch):
            raise ValueError("a line with a probe needs control, home and switch")
        if bool(self.probe) == bool(self.missing):
            raise ValueError("a line has a probe or says what is missing, and not both")
        return self

    @property
    def command(self) -> str:
        """What repeats the measurement."""
        return f"ragready check {self.id}"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _File:
    line: Annotated[tuple[Line, ...], Field(min_length=1)]


@lru_cache(maxsize=1)
def lines() -> tuple[Line, ...]:
    """The lines of the checklist, in its order."""
    return parsed(FILE.read_text(encoding="utf-8"))


def parsed(text: str) -> tuple[Line, ...]:
    """The lines of a TOML text. Raises InvalidSettings naming what is wrong: an unknown section, control, or field."""
    try:
        found = TypeAdapter(_File).validate_python(tomllib.loads(text)).line
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise _refused(str(error)) from error
    if repeated := [each for each, times in Counter(line.id for line in found).items() if times > 1]:
        raise _refused(f"the id {repeated[0]!r} stands there more than once")
    return found


def chosen(every: Sequence[Line], ids: Sequence[str] = (), section: str | None = None) -> tuple[Line, ...]:
    """The lines of these ids and of this section, in the checklist's order; all where neither is named.

    Raises UnknownLine naming near ones.
    """
    known = [line.id for line in every]
    for name in ids:
        if name not in known:
            raise _unknown("line", name, known)
    if section is not None and section not in SECTIONS:
        raise _unknown("section", section, SECTIONS)
    if outside := [name for name in ids if section is not None and not name.startswith(f"{section}-")]:
        raise UnknownLine(f"The section {section} has no line {outside[0]!r}.", "Name lines, or a section, not both.")
    return tuple(line for line in every if (not ids or line.id in ids) and section in {None, line.section})


def _unknown(kind: str, name: str, known: Sequence[str]) -> UnknownLine:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    within = [each for each in known if name and name in each and each not in near]
    listed = f"There are {', '.join(known)}." if kind == "section" else "`ragready check --last` lists them."
    remedy = f"Did you mean {', '.join([*near, *within][:3])}?" if near or within else listed
    return UnknownLine(f"The checklist has no {kind} {name!r}.", remedy)


def _refused(reason: str) -> InvalidSettings:
    return InvalidSettings(f"{FILE.name} cannot be used: {reason}.", "eval/checklist/lines.py says what a line holds.")
