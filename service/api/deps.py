"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from service.core.app import App
from service.core.types import Caller, local_caller


def _app(request: Request) -> App:
    app: App = request.app.state.ragready
    return app


def _caller(request: Request) -> Caller:
    """Whoever holds the key, which RequireKey has checked before any route is looked for."""
    return local_caller(request.app.state.ragready.settings.tenant)


Parts = Annotated[App, Depends(_app)]
Asker = Annotated[Caller, Depends(_caller)]
