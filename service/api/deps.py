"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from service.core.app import App


def _app(request: Request) -> App:
    app: App = request.app.state.ragready
    return app


def _caller(request: Request) -> str:
    """The tenant of whoever holds the key, which RequireKey has checked before any route is looked for."""
    tenant: str = request.app.state.ragready.settings.tenant
    return tenant


Parts = Annotated[App, Depends(_app)]
Tenant = Annotated[str, Depends(_caller)]
