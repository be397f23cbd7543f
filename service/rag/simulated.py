"""A simulated chat model, `sim:PROFILE`: for load tests without cost, and for showing what a bad model does.

It only imitates a model and is labelled as such wherever it answers. The waiting is the simulation itself. What it says
is made up in service.rag.imitation from the prompt that it really gets.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from service.core.errors import ModelBrokeOff, UnknownModel
from service.rag import imitation

PREFIX = "sim:"
Behaviour: TypeAlias = Literal["obey", "confabulate", "leak", "timeout", "break"]
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)
EXAMPLE = "sim:ttft300-itl15-len150-obey"
_FIGURE = re.compile(r"(ttft|itl|len)(\d{1,6})")
_TOKEN = re.compile(r"\s*\S+")


@dataclass(frozen=True)
class Profile:
    """Milliseconds to the first token and between two, tokens at most, and what the model does wrong."""

    first_token_ms: int = 0
    between_tokens_ms: int = 0
    max_tokens: int = 150
    behaviours: frozenset[str] = field(default_factory=frozenset)


_FIELDS = {"ttft": "first_token_ms", "itl": "between_tokens_ms", "len": "max_tokens"}


def profile(name: str) -> Profile:
    """The profile that a name such as `sim:ttft300-itl15-len150-obey` spells, parts in any order.

    A part that is not there keeps its default: no waiting, 150 tokens. Raises UnknownModel naming what is not a part.
    """
    figures: dict[str, int] = {}
    behaviours: set[str] = set()
    for part in name.removeprefix(PREFIX).split("-"):
        if part in BEHAVIOURS and part not in behaviours:
            behaviours.add(part)
        elif (figure := _FIGURE.fullmatch(part)) and _FIELDS[figure[1]] not in figures:
            figures[_FIELDS[figure[1]]] = int(figure[2])
        else:
            raise UnknownModel(
                f"{part!r} in {name!r} is no part of a simulated model, or stands there twice.",
                f"Parts: ttftMS, itlMS, lenTOKENS, {', '.join(BEHAVIOURS)}; for example {EXAMPLE}.",
            )
    made = Profile(**figures, behaviours=frozenset(behaviours))
    if made.max_tokens == 0:
        raise UnknownModel(f"{name!r} would say nothing.", "Let len be 1 or more.")
    return made


class Simulated:
    """Says the same for the same prompt, in pieces, at the pace of its profile."""

    simulated = True

    def __init__(self, name: str) -> None:
        """Raises UnknownModel when the name spells no profile."""
        self.name = name
        self.profile = profile(name)

    async def stream(self, system: str, user: str) -> AsyncGenerator[str, None]:
        """The answer, a token at a time. Raises ModelBrokeOff in its middle when the profile says `break`."""
        behaviours = self.profile.behaviours
        if "timeout" in behaviours:
            await asyncio.Event().wait()
        said = imitation.rewritten(user) or imitation.said(imitation.read(system, user), behaviours)
        tokens = _TOKEN.findall(said)[: self.profile.max_tokens]
        if "break" in behaviours:
            tokens = tokens[: max(len(tokens) // 2, 1)]
        await asyncio.sleep(self.profile.first_token_ms / 1e3)
        for place, token in enumerate(tokens):
            if place and self.profile.between_tokens_ms:
                await asyncio.sleep(self.profile.between_tokens_ms / 1e3)
            yield token
        if "break" in behaviours:
            raise ModelBrokeOff(f"{self.name} broke off after {len(tokens)} tokens.", "It was told to, by its profile.")
