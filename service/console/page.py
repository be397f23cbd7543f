"""Puts the page on the API at "/": its paths, its headers, and the key that opens it.

The API's own paths never reach nicegui. Nothing of a visitor is stored here: that a browser showed the key stands in a
signed cookie, so any replica with the same key knows it. nicegui keeps one application a process, so `mount` runs once.
"""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import nicegui
from fastapi import FastAPI, Request
from nicegui import ui
from nicegui.storage import Storage
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.console.ask import question_page
from service.console.text import text
from service.core.app import App

HEADERS = {
    # nicegui's page is inline scripts around Vue's template compiler, which needs eval; other origins stay shut
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_COOKIE = {"session_cookie": "ragready_console", "same_site": "lax", "max_age": 7 * 24 * 3600}
_OPTIONS: dict[str, Any] = {"dark": None, "tailwind": False, "show_welcome_message": False}
_SHOWN = "showed the key"


def mount(api: FastAPI, app: App, key: str) -> None:
    """Serve the page at "/" of `api` to whoever shows `key` once, in `/?key=KEY` or in the page's own form."""
    # only app.storage.user and app.storage.general write here; the page uses neither, and the default is ./.nicegui
    Storage.path = app.settings.data_folder / "console"
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")

    def is_key(given: str) -> bool:
        return hmac.compare_digest(given.encode(), key.encode())

    @ui.page("/", title="Ragready", language="en-US")
    async def show(request: Request) -> Response | None:
        given = request.query_params.get("key")
        if given is not None and is_key(given):
            return _opened(request)
        ui.add_css(style)
        if request.session.get(_SHOWN):
            await question_page(app)
        else:
            _key_form(refused=given is not None)
        return None

    nicegui.app.add_api_route("/", _key_sent(is_key), methods=["POST"], response_model=None, include_in_schema=False)
    cookie_secret = hashlib.sha256(b"ragready console cookie " + key.encode()).hexdigest()
    ui.run_with(api, **_OPTIONS, storage_secret=cookie_secret, session_middleware_kwargs=_COOKIE)
    _keep_to_own_paths(api)


def _opened(request: Request) -> Response:
    request.session[_SHOWN] = True
    return RedirectResponse("/", status_code=303)


def _key_sent(is_key: Callable[[str], bool]) -> Callable[[Request], object]:
    async def key_sent(request: Request) -> Response:
        given = parse_qs((await request.body()).decode(errors="replace")).get("key", [""])[0]
        return _opened(request) if is_key(given) else RedirectResponse("/?key=", status_code=303)

    return key_sent


def _key_form(refused: bool) -> None:
    """A plain HTML form: posted, so that the key is in no address, history or log."""
    ui.status_code(401)
    with ui.element("div").classes("page"), ui.element("form").props("method=post action=/").classes("key-form"):
        text("Ragready", "h1")
        text("Enter the API key of this service. In development, the link that ragready up prints carries it.", "p")
        if refused:
            text("This is not the key of this service.", "p", "problem").props("role=alert")
        ui.input("Key", password=True).props("name=key outlined autofocus autocomplete=current-password")
        ui.button("Open", color=None).props("type=submit unelevated no-caps").classes("act")


def _keep_to_own_paths(api: FastAPI) -> None:
    """Replace nicegui's mount, which takes every path and with it the API's 404 and 405, by the page's own paths."""
    api.router.routes[:] = [route for route in api.router.routes if getattr(route, "app", None) is not nicegui.app]
    page = WithHeaders(nicegui.app)
    api.router.routes += [
        Route("/", page, methods=["GET", "POST"]),
        Route("/favicon.ico", page),
        Route("/_nicegui{rest:path}", page, methods=["GET", "POST"]),
        WebSocketRoute("/_nicegui_ws/{rest:path}", page),
    ]


class WithHeaders:
    """Puts the page's security headers on every response of an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; the application below sees it unchanged."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, with_headers)
