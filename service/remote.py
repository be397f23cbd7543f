"""Asks a running service over HTTP: its problem documents come back as the errors that they name."""

from pathlib import Path
from typing import Any

import httpx

from service.core.errors import (
    Forbidden,
    InvalidRequest,
    RagreadyError,
    RateLimited,
    TargetUnavailable,
    Unauthorised,
    UnknownTrace,
)
from service.core.settings import Settings

_TIMEOUT_SECONDS = 10.0
_REMEDY = "Start it with `ragready up`, or name another with --url."
_NAMED = {error.code: error for error in (Forbidden, InvalidRequest, RateLimited, Unauthorised, UnknownTrace)}


def get(settings: Settings, path: str, url: str | None = None) -> dict[str, Any]:
    """The JSON object at `path` of the service at `url`, or of the one that these settings start.

    Sends the settings' key, or the one in the data folder. Raises TargetUnavailable and what the service refuses with.
    """
    base = (url or _own_url(settings)).rstrip("/")
    try:
        response = httpx.get(base + path, headers=_key_header(settings), timeout=_TIMEOUT_SECONDS)
        body = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise TargetUnavailable(f"{base} does not answer: {type(error).__name__}.", _REMEDY) from error
    if response.is_success and isinstance(body, dict):
        return body
    raise _refusal(base, response.status_code, body if isinstance(body, dict) else {})


def _own_url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  # only compared
    return f"http://{host}:{settings.port}"


def _key_header(settings: Settings) -> dict[str, str]:
    key, kept = settings.api_key.get_secret_value() if settings.api_key else "", _key_file(settings)
    if not key and kept.exists():
        key = kept.read_text().strip()
    return {"Authorization": f"Bearer {key}"} if key else {}


def _key_file(settings: Settings) -> Path:
    return settings.data_folder / "api-key"


def _refusal(base: str, status: int, body: dict[str, Any]) -> RagreadyError:
    error = _NAMED.get(str(body.get("code")))
    if error is None:
        return TargetUnavailable(f"{base} answers with status {status} {body.get('code', '')}".rstrip() + ".", _REMEDY)
    return error(str(body.get("detail", "")), str(body.get("remedy", "")))
