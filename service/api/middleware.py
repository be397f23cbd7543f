"""What surrounds every request: a limit on the body, and a count of responses by route."""

from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import response
from service.api.keys import check_key
from service.core.errors import BodyTooLarge, Unauthorised


class BodyLimit:
    """Refuses a body over the limit, whether its length is announced or not."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0
        started = False

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise self._error(read)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            announced = dict(scope["headers"]).get(b"content-length", b"0")
            if announced.isdigit() and int(announced) > self._max_bytes:
                raise self._error(int(announced))
            await self._app(scope, limited, noted)
        except BodyTooLarge as error:
            if started:
                raise
            await response(error)(scope, receive, send)

    def _error(self, size: int) -> BodyTooLarge:
        return BodyTooLarge(
            f"The body has {size:,} bytes or more; {self._max_bytes:,} are allowed.",
            "Send less, or raise RAGREADY_MAX_BODY_BYTES.",
        )


class RequireKey:
    """Refuses every path under /v1 without the key, before a body is read or a route is looked for."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == "/v1" or scope["path"].startswith("/v1/")):
            try:
                check_key(Headers(scope=scope).get("authorization"), self._key)
            except Unauthorised as error:
                await response(error)(scope, receive, send)
                return
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
