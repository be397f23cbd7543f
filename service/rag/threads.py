"""The one bridge from the async path of a question to the blocking stores and encoder."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function on a worker thread; context variables, and so the current span, go along."""
    return await asyncio.to_thread(function, *args, **kwargs)
