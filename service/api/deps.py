"""What routes ask for in their signatures."""

from typing import Annotated, Any

from fastapi import Depends, Request

from service.core.app import App
from service.core.roles import Act, check_role
from service.core.types import Caller


# Coroutines, although they wait for nothing: FastAPI would send a plain function to a thread at every request.
async def _app(request: Request) -> App:
    app: App = request.app.state.ragready
    return app


async def _caller(request: Request) -> Caller:
    """Whoever holds the key, which RequireKey has found out before any route is looked for."""
    caller: Caller = request.state.caller
    return caller


Parts = Annotated[App, Depends(_app)]
Asker = Annotated[Caller, Depends(_caller)]


def needs(act: Act) -> Any:
    """A dependency of a route: the caller's role must allow `act`. Raises Forbidden."""

    async def check(caller: Asker) -> None:
        check_role(caller, act)

    return Depends(check)
