"""What routes ask for in their signatures."""

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from service.api.schemas import ProblemBody
from service.core.answers import Caller
from service.core.app import App
from service.core.roles import Act, check_role


# Coroutines, although they wait for nothing: FastAPI would send a plain function to a thread at every request.
async def _app(request: Request) -> App:
    app: App = request.app.state.ragready
    return app


async def _caller(request: Request) -> Caller:
    """Whoever holds the key, which RequireKey has found out before any route is looked for."""
    caller: Caller = request.state.caller
    return caller


_PROBLEM: dict[str, Any] = {"model": ProblemBody, "content": {"application/problem+json": {}}}
FAILURES: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 403, 404, 413, 422, 429, 503), _PROBLEM)
# RequireKey finds out whose key it is; this only tells the OpenAPI document, and so the page at /docs, how to send it.
KEY = Security(HTTPBearer(auto_error=False))
Parts = Annotated[App, Depends(_app)]
Asker = Annotated[Caller, Depends(_caller)]


def needs(act: Act) -> Any:
    """A dependency of a route: the caller's role must allow `act`. Raises Forbidden."""

    async def check(caller: Asker) -> None:
        check_role(caller, act)

    return Depends(check)
