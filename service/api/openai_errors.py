"""Failures in the shape that clients of OpenAI expect, on the paths that they call."""

from pydantic import BaseModel

from service.core.errors import RagreadyError

_PATHS = ("/v1/chat/", "/v1/models")
# What OpenAI calls them, where a client may look at the code.
_CODES = {"unknown-model": "model_not_found", "unauthorised": "invalid_api_key", "rate-limited": "rate_limit_exceeded"}
_PARAMETERS = {"unknown-model": "model"}


class ErrorBody(BaseModel):
    """What went wrong and what to do, in words and as a code."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorBody(BaseModel):
    """A failure."""

    error: ErrorBody


def speaks_openai(path: str) -> bool:
    """Whether a path belongs to the OpenAI-compatible API."""
    return path.startswith(_PATHS)


def status_of(status: int) -> int:
    """The status that OpenAI gives: what does not match the schema is a bad request there."""
    return 400 if status == 422 else status


def error_body(error: RagreadyError) -> OpenAIErrorBody:
    """An error as OpenAI's clients read it."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    return OpenAIErrorBody(
        error=ErrorBody(
            message=f"{error.detail} {error.remedy}",
            type="rate_limit_error" if error.status == 429 else kind,
            param=_PARAMETERS.get(error.code),
            code=_CODES.get(error.code, error.code),
        )
    )
