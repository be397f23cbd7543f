"""How passages are found: one module a strategy, each with one function of the same signature.

The demo is no strategy of the service: service.rag.demo stands apart, and only the judge asks it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from service.core.answers import Question
from service.core.app import App
from service.core.errors import UnknownStrategy
from service.rag.access import Reach
from service.rag.asking import Asking
from service.rag.strategies import agentic, hybrid, naive
from service.rag.strategies.found import Found

Find: TypeAlias = Callable[[App, Question, Reach, Asking], Awaitable[Found]]
STRATEGIES: Mapping[str, Find] = {"hybrid": hybrid.find, "naive": naive.find, "agentic": agentic.find}


def checked(name: str) -> str:
    """`name` if it is a strategy. Raises UnknownStrategy."""
    if name in STRATEGIES:
        return name
    raise UnknownStrategy(f"There is no strategy {name!r}.", f"Strategies: {', '.join(STRATEGIES)}.")


async def find(app: App, asked: Question, reach: Reach, asking: Asking) -> Found:
    """What the question's strategy finds in its reach. Raises StoreProblem."""
    return await STRATEGIES[asked.strategy](app, asked, reach, asking)
