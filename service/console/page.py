"""Puts the page on the API at "/": its paths, its headers, and the keys that open it.

The API's own paths never reach nicegui. Nothing of a visitor is stored here: whose key a browser showed, by the key's
id, stands in a signed cookie, so any replica with the same settings' key knows it, and no replica trusts it for longer
than one question. nicegui keeps one application a process, so `mount` runs once.
"""

import hashlib
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

from service.api.errors import refusal
from service.api.keys import caller_of_id, caller_of_key
from service.console.ask import question_page
from service.console.problem import problem
from service.console.text import text
from service.core.answers import Caller
from service.core.app import App
from service.core.errors import RagreadyError, Unauthorised
from service.rag.threads import in_thread

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
_SHOWN = "key shown"


def mount(api: FastAPI, app: App, key: str) -> None:
    """Serve the page at "/" of `api` to whoever shows a key once, in `/?key=KEY` or in the page's own form.

    `key` is that of the settings, which also signs the cookies: a new one closes every page.
    """
    # only app.storage.user and app.storage.general write here; the page uses neither, and the default is ./.nicegui
    Storage.path = app.settings.data_folder / "console"
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")

    @ui.page("/", title="Ragready", language="en-US")
    async def show(request: Request) -> Response | None:
        given = request.query_params.get("key")
        if given and (opened := await _shown(app, key, given, request)):
            return opened
        ui.add_css(style)
        key_id = str(request.session.get(_SHOWN, ""))

        async def who() -> Caller:
            return await in_thread(caller_of_id, app, key_id)

        try:
            await who()
        except Unauthorised:
            _key_form(refused=given is not None or bool(key_id))
        except RagreadyError as error:
            ui.status_code(error.status)
            problem(error)
        else:
            await question_page(app, who)
        return None

    async def key_sent(request: Request) -> Response:
        given = parse_qs((await request.body()).decode(errors="replace")).get("key", [""])[0]
        return await _shown(app, key, given, request) or RedirectResponse("/?key=", status_code=303)

    nicegui.app.add_api_route("/", key_sent, methods=["POST"], response_model=None, include_in_schema=False)
    cookie_secret = hashlib.sha256(b"ragready console cookie " + key.encode()).hexdigest()
    ui.run_with(api, **_OPTIONS, storage_secret=cookie_secret, session_middleware_kwargs=_COOKIE)
    _keep_to_own_paths(api)


async def _shown(app: App, settings_key: str, given: str, request: Request) -> Response | None:
    """Remember whose key was shown and lead to the page; None when it is nobody's."""
    try:
        caller = await in_thread(caller_of_key, app, settings_key, given)
    except Unauthorised:
        return None
    except RagreadyError as error:
        return refusal(error, request.url.path)
    request.session[_SHOWN] = caller.id
    return RedirectResponse("/", status_code=303)


def _key_form(refused: bool) -> None:
    """A plain HTML form: posted, so that the key is in no address, history or log."""
    ui.status_code(401)
    with ui.element("div").classes("page"), ui.element("form").props("method=post action=/").classes("key-form"):
        text("Ragready", "h1")
        text("Enter an API key of this service. In development, the link that ragready up prints carries one.", "p")
        if refused:
            text("This is not a key of this service, or not any more.", "p", "problem").props("role=alert")
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
