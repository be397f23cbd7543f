"""Every failure as a problem document (RFC 9457) with a stable code; nothing of a traceback leaves the process."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.api.openai_errors import error_body, speaks_openai, status_of
from service.api.schemas import ProblemBody
from service.core.errors import InvalidRequest, RagreadyError, RateLimited

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger("ragready.api")


def problem(error: RagreadyError, status: int | None = None) -> ProblemBody:
    """The problem document of an error; `status` replaces the error's own."""
    return ProblemBody(
        type=f"urn:ragready:error:{error.code}",
        title=error.title,
        status=status or error.status,
        code=error.code,
        detail=error.detail,
        remedy=error.remedy,
    )


def response(error: RagreadyError, path: str, status: int | None = None) -> JSONResponse:
    """The HTTP response of an error to a request for `path`; on OpenAI's paths in OpenAI's shape."""
    body = problem(error, status)
    headers = {"WWW-Authenticate": "Bearer"} if body.status == 401 else {}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if speaks_openai(path):
        return JSONResponse(error_body(error).model_dump(), status_code=status_of(body.status), headers=headers)
    return JSONResponse(body.model_dump(), status_code=body.status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every kind of failure with a problem document."""
    app.add_exception_handler(RagreadyError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def refusal(error: RagreadyError, path: str) -> JSONResponse:
    """The HTTP response of an error that ends a request; what is not the caller's fault is logged."""
    if error.status >= 500:
        _log.error("request failed", code=error.code, detail=error.detail)
    return response(error, path)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RagreadyError)  # noqa: S101  # Starlette calls it for this class only
    return refusal(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as above
    found = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return response(InvalidRequest("; ".join(found) + ".", "See /docs for the schema."), request.url.path)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # as above
    if isinstance(error.__cause__, RagreadyError):  # FastAPI wraps what reading the body raises
        return response(error.__cause__, request.url.path)
    status = InvalidRequest.status if error.status_code == 400 else error.status_code
    answer = response(InvalidRequest(f"{error.detail}.", "See /docs for the paths."), request.url.path, status)
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request failed unexpectedly", kind=type(error).__name__, exc_info=error)
    unexpected = RagreadyError("The request could not be served.", "The log names the cause; try again.")
    return response(unexpected, request.url.path)
