"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Header, Request

from service.api.keys import check_key
from service.core.app import App


def _app(request: Request) -> App:
    app: App = request.app.state.ragready
    return app


def _caller(request: Request, authorization: Annotated[str | None, Header()] = None) -> str:
    check_key(authorization, request.app.state.api_key)
    tenant: str = request.app.state.ragready.settings.tenant
    return tenant


Parts = Annotated[App, Depends(_app)]
Tenant = Annotated[str, Depends(_caller)]
