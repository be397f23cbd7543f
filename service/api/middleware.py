"""What surrounds every request: a limit on the body, the key, the caller's trace, and a count of responses."""

from opentelemetry import context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import refusal, response
from service.api.keys import bearer, caller_of_key
from service.core.app import App
from service.core.errors import BodyTooLarge, RagreadyError
from service.rag.threads import in_thread

UPLOADS_PATH = "/v1/documents"


class BodyLimit:
    """Refuses a body over the limit, whether its length is announced or not. Uploads have a limit of their own."""

    def __init__(self, app: ASGIApp, max_bytes: int, uploads_max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._uploads_max_bytes = uploads_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        uploads = (scope["method"], scope["path"]) == ("POST", UPLOADS_PATH)
        max_bytes = self._uploads_max_bytes if uploads else self._max_bytes
        read = 0
        started = False

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > max_bytes:
                raise _too_large(read, max_bytes, uploads)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            announced = dict(scope["headers"]).get(b"content-length", b"0")
            if announced.isdigit() and int(announced) > max_bytes:
                raise _too_large(int(announced), max_bytes, uploads)
            await self._app(scope, limited, noted)
        except BodyTooLarge as error:
            if started:
                raise
            await response(error, scope["path"])(scope, receive, send)


def _too_large(size: int, max_bytes: int, uploads: bool) -> BodyTooLarge:
    setting = "RAGREADY_MAX_UPLOAD_MEBIBYTES" if uploads else "RAGREADY_MAX_BODY_BYTES"
    return BodyTooLarge(
        f"The body has {size:,} bytes or more; {max_bytes:,} are allowed.", f"Send less, or raise {setting}."
    )


class RequireKey:
    """Refuses every path under /v1 without a key, before a body is read or a route is looked for.

    Whose key it is stands in the request's state. When nobody can tell, the request fails and is not refused.
    """

    def __init__(self, app: ASGIApp, parts: App, key: str) -> None:
        self._app = app
        self._parts = parts
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == "/v1" or scope["path"].startswith("/v1/")):
            given = bearer(Headers(scope=scope).get("authorization"))
            try:
                caller = await in_thread(caller_of_key, self._parts, self._key, given)
            except RagreadyError as error:
                await refusal(error, scope["path"])(scope, receive, send)
                return
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


class CountRequests:
    """Counts responses by route template and status class, both from closed sets."""

    def __init__(self, app: ASGIApp, counter: Counter) -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._counter.labels(route=route, status=f"{message['status'] // 100}xx").inc()
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)


class JoinTrace:
    """Makes whatever a request does part of the trace that its `traceparent` header names (W3C Trace Context).

    A header that is malformed, or there twice, is as good as none. Baggage is not taken: it may hold anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parents = Headers(scope=scope).getlist("traceparent") if scope["type"] == "http" else []
        if len(parents) != 1:
            await self._app(scope, receive, send)
            return
        states = Headers(scope=scope).getlist("tracestate")
        given = {"traceparent": parents[0], **({"tracestate": ",".join(states)} if states else {})}
        token = context.attach(_W3C.extract(given, context.get_current()))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)


_W3C = TraceContextTextMapPropagator()
